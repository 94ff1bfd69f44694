from __future__ import annotations

import asyncio
import errno
import logging

import pytest

from suffice.errors import StoreError
from suffice.proxy.guard import Guard


def test_a_fault_is_counted_and_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard()

    def fail(text: str) -> int:
        raise ValueError(text)

    with caplog.at_level(logging.WARNING):
        assert guard.run("decide", fail, "the prompt's own words") is None
    assert guard.run("read", int, "7") == 7
    assert dict(guard.faults) == {"decide": 1}
    assert "decide failed (ValueError)" in caplog.text
    assert "own words" not in caplog.text


def test_the_system_says_why_and_a_fault_that_comes_again_is_told_ever_more_seldom(
    caplog: pytest.LogCaptureFixture,
) -> None:
    guard = Guard()

    def fail() -> None:
        raise StoreError("own words") from OSError(errno.ENOSPC, "the prompt's own words")

    with caplog.at_level(logging.WARNING):
        for _ in range(1000):
            guard.run("record", fail)
    assert guard.faults["record"] == 1000
    told = [line.getMessage() for line in caplog.records]
    assert told[0] == "record failed (StoreError: No space left on device), requests go on without it"
    assert told[-1].endswith("without it; 512 times so far")
    assert len(told) == 10
    assert "own words" not in caplog.text
    guard.run("record", int, "own words")
    assert caplog.records[-1].getMessage().startswith("record failed (ValueError)"), "another kind is news"


def test_a_cancellation_is_not_a_fault() -> None:
    guard = Guard()

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guard.run("meter", stop)
    assert not guard.faults


def test_what_is_awaited_is_shielded_by_the_same_step(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard()

    async def fail(text: str) -> int:
        await asyncio.sleep(0)
        raise ValueError(text)

    async def seven() -> int:
        return 7

    async def both() -> tuple[int | None, int | None]:
        return await guard.run_async("shadow", fail("own words")), await guard.run_async("shadow", seven())

    assert asyncio.run(both()) == (None, 7)
    assert dict(guard.faults) == {"shadow": 1}
    assert "shadow failed (ValueError)" in caplog.text
    assert "own words" not in caplog.text


@pytest.mark.parametrize("within", [True, False], ids=["of what is awaited", "of whoever waits"])
def test_a_cancelled_task_stays_so_and_ends_what_it_awaits(within: bool) -> None:
    guard, ended = Guard(), []

    async def long() -> None:
        try:
            if within:
                raise asyncio.CancelledError
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def cancelled() -> bool:
        task = asyncio.ensure_future(guard.run_async("shadow", long()))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(cancelled())
    assert ended == [True]
    assert not guard.faults

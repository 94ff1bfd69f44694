"""Writes that wait for the end of a turn: all of them go out, in order, and not into what has closed."""

from __future__ import annotations

import asyncio
from typing import Any

from suffice.upstream.outbox import MOST_HELD, Outbox, outbox_of


class Wire(asyncio.Transport):
    def __init__(self, log: list[tuple[str, bytes]], name: str) -> None:
        super().__init__()
        self._log, self._name, self._closing = log, name, False

    def write(self, data: Any) -> None:
        assert not self._closing
        self._log.append((self._name, data))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True


def test_writes_of_one_turn_go_out_together_and_in_order() -> None:
    log: list[tuple[str, bytes]] = []

    async def run() -> None:
        outbox, one, other = Outbox(), Wire(log, "one"), Wire(log, "other")
        outbox.put(one, b"1")
        outbox.put(other, b"2")
        outbox.put(one, b"3")
        assert log == []
        await asyncio.sleep(0)
        assert log == [("one", b"1"), ("other", b"2"), ("one", b"3")]
        outbox.put(other, b"4")
        await asyncio.sleep(0)

    asyncio.run(run())
    assert log[-1] == ("other", b"4")
    assert len(log) == 4


def test_no_write_waits_for_more_than_a_few_others() -> None:
    log: list[tuple[str, bytes]] = []

    async def run() -> None:
        outbox, wire = Outbox(), Wire(log, "one")
        for number in range(MOST_HELD):
            assert log == []
            outbox.put(wire, b"%d" % number)
        assert len(log) == MOST_HELD

    asyncio.run(run())


def test_what_has_closed_meanwhile_is_left_alone_and_others_get_theirs() -> None:
    log: list[tuple[str, bytes]] = []

    async def run() -> None:
        outbox, one, other = Outbox(), Wire(log, "one"), Wire(log, "other")
        outbox.put(one, b"1")
        outbox.put(other, b"2")
        one.close()
        outbox.flush()
        assert log == [("other", b"2")]

    asyncio.run(run())


def test_all_that_write_on_a_loop_share_one() -> None:
    async def run() -> Outbox:
        loop = asyncio.get_running_loop()
        assert outbox_of(loop) is outbox_of(loop)
        return outbox_of(loop)

    assert asyncio.run(run()) is not asyncio.run(run())

from __future__ import annotations

import logging

import pytest

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


def test_a_cancellation_is_not_a_fault() -> None:
    guard = Guard()

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guard.run("meter", stop)
    assert not guard.faults

from __future__ import annotations

from suffice.testing.replay_player.tally import Result, Tally


def test_results_add_up() -> None:
    tally = Tally()
    for number in range(100):
        failure = "status 429" if number % 10 == 0 else None
        tally.add(
            Result(
                id=str(number),
                api="chat",
                stream=number % 4 == 0,
                duration_s=(number + 1) / 1000,
                failure=failure,
                said=f"slow down {number}" if failure else "",
            )
        )
    summary = tally.summary(elapsed_s=2.0, skipped=3, left=4)
    assert (summary["sent"], summary["ok"], summary["failed"]) == (100, 90, 10)
    assert (summary["skipped"], summary["left"], summary["per_second"]) == (3, 4, 50.0)
    assert summary["failures"] == {"status 429": 10}
    assert summary["by_api"] == {"chat": 75, "chat streamed": 25}
    assert summary["latency_ms"] == {"p50": 51.0, "p95": 96.0, "p99": 100.0}
    assert tally.examples == {"status 429": "slow down 0"}


def test_nothing_is_not_zero_latency() -> None:
    summary = Tally().summary(elapsed_s=0.0, skipped=0, left=0)
    assert (summary["sent"], summary["per_second"], summary["latency_ms"]["p50"]) == (0, None, None)

from __future__ import annotations

import random

import pytest

from suffice.testing.replay_upstream.faults import NO_FAULTS, FaultRates, Faults, parse_faults, parse_rate


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("429", Faults(status=429)),
        ("529", Faults(status=529)),
        ("cut:0", Faults(cut_events=0)),
        ("cut-bytes:17", Faults(cut_bytes=17)),
        ("hang", Faults(hang_events=0)),
        ("hang:2", Faults(hang_events=2)),
        ("error-event:1", Faults(error_events=1)),
        ("latency:50", Faults(latency_ms=50)),
        ("latency-chunk:5, no-usage,bad-json", Faults(chunk_latency_ms=5, no_usage=True, bad_json=True)),
        ("close", Faults(close=True)),
    ],
)
def test_every_fault_has_its_name(text: str, faults: Faults) -> None:
    assert parse_faults(text) == faults


@pytest.mark.parametrize("text", ["", "200", "cut", "cut:x", "cut:-1", "nonsense", "429,", "latency:"])
def test_what_is_no_fault_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(ValueError, match="cut-bytes:BYTES"):
        parse_faults(text)


def test_faults_add_up_and_the_later_counts() -> None:
    both = Faults(latency_ms=5, cut_events=1) | Faults(cut_events=2, no_usage=True)
    assert both == Faults(latency_ms=5, cut_events=2, no_usage=True)
    assert both | NO_FAULTS is both
    assert NO_FAULTS | both is both


def test_rates_are_met_and_repeat_with_their_seed() -> None:
    def draws(seed: int) -> list[bool]:
        rates = FaultRates([parse_rate("429=0.2")], random.Random(seed))
        return [rates.draw() == Faults(status=429) for _ in range(2000)]

    assert draws(1) == draws(1) != draws(2)
    assert 300 < sum(draws(1)) < 500


@pytest.mark.parametrize("text", ["429", "429=", "429=2", "429=x", "=0.1", "nonsense=0.1"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no such fault|429=0\.01"):
        parse_rate(text)

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from suffice.testing.replay_upstream.faults import NO_FAULTS, Faults
from suffice.testing.replay_upstream.options import ReplayOptions


def test_nothing_goes_wrong_by_default() -> None:
    assert ReplayOptions().always() is NO_FAULTS
    assert ReplayOptions().rates() is None


def test_latencies_are_of_every_request() -> None:
    assert ReplayOptions(latency_ms=3, chunk_latency_ms=4).always() == Faults(
        latency_ms=3, chunk_latency_ms=4
    )


def test_rates_are_drawn_with_the_seed() -> None:
    rates = ReplayOptions(fault_rates=("500=1",)).rates()
    assert rates is not None
    assert rates.draw() == Faults(status=500)
    with pytest.raises(ValueError, match="429"):
        ReplayOptions(fault_rates=("often",)).rates()


def test_options_travel_as_json() -> None:
    options = ReplayOptions(port=1, log=Path("a/b.jsonl"), fault_rates=("429=0.5",))
    text = msgspec.json.encode(options, enc_hook=str)
    assert msgspec.json.decode(text, type=ReplayOptions, dec_hook=lambda kind, value: kind(value)) == options

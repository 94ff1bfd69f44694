from __future__ import annotations

import pytest
from entries import entry, output_rate
from invoices import savings_of

from routed import World, play
from suffice.ledger.forecast import scored
from suffice.ledger.lengths import Length, LengthOf, unknown_length
from suffice.ledger.projection import Group, Projection, project


def projection(
    cost: int = 1_000_000_000, shadow: int = 300_000_000, length_of: LengthOf = unknown_length
) -> Projection:
    group = Group(
        provider="openai", api="chat_completions", feature="faq", requested_model="big", served_model="big",
        decided_model="small", reason="prior_suffices", ending="complete", status=200, grade="measured",
        unknown_because=None, shadow_grade="modelled", evidence="prior", requests=10, input_tokens=0,
        cache_read_tokens=0, output_tokens=10_000, cost_nanos=cost, shadow_nanos=shadow,
    )  # fmt: skip
    return project([group], output_rate, length_of)


def twice_as_long(bucket: str, baseline: str, candidate: str) -> Length:
    return Length(
        bucket=bucket, baseline=baseline, candidate=candidate, basis="trial", ratio=2.0, reach=0.5, units=80
    )


def test_what_trials_saw_of_lengths_is_in_the_forecast() -> None:
    # 10,000 tokens of output at 4,500 nano-dollars are 45 of the 300 million.
    found = scored(projection(length_of=twice_as_long), savings_of([]), since_ns=1, until_ns=2)
    assert found is not None
    assert (found.same_length, found.projected) == (pytest.approx(0.7), pytest.approx(0.7 - 0.045))
    assert (found.projected_low, found.projected_high) == (
        pytest.approx(0.655 - 0.0225), pytest.approx(0.655 + 0.0225),
    )  # fmt: skip
    assert [(one.basis, one.units, one.share) for one in found.lengths] == [("trial", 80, 1.0)]
    assert found.error is None


def test_shares_of_what_it_would_have_cost_are_compared() -> None:
    played = play(World(sessions=800))
    outcome = savings_of(played.outcomes)
    found = scored(projection(), outcome, since_ns=1, until_ns=2)
    assert found is not None
    assert (found.requests, found.projected) == (10, pytest.approx(0.7))
    assert found.same_length == found.projected
    assert found.error == found.projected - (found.measured or 0)
    assert found.projected_low == pytest.approx(0.7 - 0.0135)
    served = outcome.strata[0].routed.cost_nanos
    assert outcome.difference is not None
    assert found.measured == outcome.difference.nanos / (served + outcome.difference.nanos)
    assert found.measured_low is not None
    assert found.measured_high is not None
    assert found.measured_low < found.measured < found.measured_high
    truth = played.truth_nanos / (played.truth_nanos + served)
    assert found.measured_low <= truth <= found.measured_high


@pytest.mark.parametrize(("shadow", "held"), [(330_000_000, True), (50_000_000, False)])
def test_it_held_where_the_bands_meet(shadow: int, held: bool) -> None:
    outcome = savings_of(play(World(sessions=800)).outcomes)
    found = scored(projection(shadow=shadow), outcome, since_ns=1, until_ns=2)
    assert found is not None
    assert found.held is held


def test_nothing_measured_is_nothing_to_hold_against_it() -> None:
    found = scored(projection(), savings_of([]), since_ns=1, until_ns=2)
    assert found is not None
    assert (found.measured, found.held) == (None, None)


def test_no_observation_is_no_forecast() -> None:
    assert scored(project([], output_rate), savings_of([]), since_ns=1, until_ns=2) is None
    assert entry().shadow_cost is None

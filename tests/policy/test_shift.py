from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.policy.choose import choose
from suffice.policy.shift import demand_at_bar, demand_of, log_odds, shifted
from suffice.types import Decision, Estimate, Score, Terms, Weight

WEIGHT = Weight(per_demand=-4.0, usual=0.5)


def decision(p_good: float, *, demand: float | None = 0.5, bar: float = 0.85, **more: object) -> Decision:
    return Decision(
        baseline="big",
        model="big",
        reason="",
        scores={"length": Score(demand, "seen")},
        estimates=(Estimate(model="small", p_good=p_good, cost_nanos=1, **more),),  # type: ignore[arg-type] -- as the test says
        baseline_cost_nanos=2,
        terms=Terms(evidence="prior", bar=bar),
    )


def at_bar(made: Decision, weight: Weight = WEIGHT) -> float | None:
    return demand_at_bar(made, made.estimates[0], "length", weight)


def test_an_abstention_counts_as_the_usual_demand() -> None:
    assert demand_of(decision(0.5, demand=None), "length", WEIGHT) == 0.5
    assert demand_of(decision(0.5, demand=0.1), "length", WEIGHT) == 0.1
    assert demand_of(decision(0.5), "not there", WEIGHT) == 0.5


def test_the_demand_at_the_bar_is_beyond_it_by_less_than_two_steps() -> None:
    exact = 0.5 - (log_odds(0.85) - log_odds(0.6)) / 4
    found = at_bar(decision(0.6))
    assert found is not None
    assert exact - 0.002 < found <= exact
    above = at_bar(decision(0.95))
    assert above is not None
    exact = 0.5 + (log_odds(0.95) - log_odds(0.85)) / 4
    assert exact <= above < exact + 0.002


@pytest.mark.parametrize("p_good", [0.0, 0.0001, 0.9999, 1.0])
def test_nothing_is_said_where_the_digits_do_not_tell(p_good: float) -> None:
    assert at_bar(decision(p_good)) is None


def test_a_layer_without_weight_moves_nothing() -> None:
    assert at_bar(decision(0.6), Weight(per_demand=0.0, usual=0.5)) is None
    made = decision(0.6)
    assert shifted(made, "length", 0.1, {}).estimates == made.estimates


def test_a_priors_interval_is_no_matter_of_log_odds() -> None:
    made = decision(0.9, p_low=0.7)
    low = Decision(
        **{name: getattr(made, name) for name in made.__struct_fields__ if name != "terms"},
        terms=Terms(bar_on="p_low"),
    )
    assert at_bar(low) is None


def test_the_interval_moves_with_the_estimate() -> None:
    made = decision(0.6, p_low=0.4, p_high=0.8)
    (moved,) = shifted(made, "length", 0.25, {"small": {"length": WEIGHT}}).estimates
    for before, after in zip((0.6, 0.4, 0.8), (moved.p_good, moved.p_low, moved.p_high), strict=True):
        assert after is not None
        assert math.isclose(log_odds(after), log_odds(before) + 1)


@given(
    st.floats(0.01, 0.99),
    st.floats(0.05, 0.95),
    st.floats(0, 1),
    st.floats(0.2, 20).flatmap(lambda size: st.sampled_from([size, -size])),
)
def test_a_demand_at_the_bar_is_on_the_other_side_of_it(
    p_good: float, bar: float, demand: float, per_demand: float
) -> None:
    made = decision(p_good, demand=demand, bar=bar)
    weight = Weight(per_demand=per_demand, usual=0.5)
    needed = at_bar(made, weight)
    if needed is None or not 0 <= needed <= 1:
        return
    before, after = choose(made)[0], choose(shifted(made, "length", needed, {"small": {"length": weight}}))[0]
    assert before != after

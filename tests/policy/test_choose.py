from __future__ import annotations

from typing import Any

import pytest

from suffice.policy import constraints, reasons
from suffice.policy.choose import BELOW_BAR, NOT_CHEAPER, TEXTS, UNKNOWN, basis, choose, lift, obstacle
from suffice.types import Decision, Estimate, Opinion, Terms

SUMMARY, PROOF = "short_summary", "math_proof"


def estimate(model: str, p_good: float | None, cost: int | None, **more: Any) -> Estimate:
    return Estimate(model=model, p_good=p_good, cost_nanos=cost, **more)


def decision(
    *estimates: Estimate, task: str | None = SUMMARY, cost: int | None = 100, **terms: Any
) -> Decision:
    return Decision(
        baseline="big",
        model="big",
        reason="",
        task=task,
        estimates=estimates,
        baseline_cost_nanos=cost,
        terms=Terms(**{"evidence": "prior", "bar": 0.85, **terms}),
    )


@pytest.mark.parametrize(
    ("task", "estimates", "model", "reason"),
    [
        (SUMMARY, [estimate("a", 0.9, 50), estimate("b", 0.99, 60)], "a", reasons.PRIOR_SUFFICES),
        (SUMMARY, [estimate("b", 0.9, 50), estimate("a", 0.9, 50)], "a", reasons.PRIOR_SUFFICES),
        (SUMMARY, [estimate("a", 0.84, 50), estimate("b", 0.85, 60)], "b", reasons.PRIOR_SUFFICES),
        (
            SUMMARY,
            [estimate("a", 0.9, 5, veto="context"), estimate("b", 0.9, 60)],
            "b",
            reasons.PRIOR_SUFFICES,
        ),
        (SUMMARY, [estimate("a", 0.5, 50)], None, reasons.BELOW_BAR),
        (PROOF, [estimate("a", 0.5, 50)], None, reasons.TASK_NEEDS_FLAGSHIP),
        (PROOF, [estimate("a", 0.5, 50, evidence="calibrated")], None, reasons.BELOW_BAR),
        (None, [estimate("a", None, 50)], None, reasons.TASK_UNKNOWN),
        (SUMMARY, [estimate("a", 0.9, 50, veto="no_tools")], None, reasons.CANDIDATES_VETOED),
        (SUMMARY, [estimate("a", 0.9, 50, veto="not_allowed")], None, reasons.NOT_ALLOWED),
        (SUMMARY, [estimate("a", 0.9, 50, veto="stakes")], None, reasons.STAKES),
        (SUMMARY, [estimate("a", 0.9, 50, veto="stakes_unreadable")], None, reasons.STAKES_UNREADABLE),
        (SUMMARY, [estimate("a", 0.9, 100)], None, reasons.NO_CHEAPER_CANDIDATE),
        (SUMMARY, [estimate("a", 0.9, None)], None, reasons.NO_CHEAPER_CANDIDATE),
        (SUMMARY, [], None, reasons.NO_CHEAPER_CANDIDATE),
    ],
)
def test_the_cheapest_that_is_allowed_and_good_enough_is_chosen(
    task: str | None, estimates: list[Estimate], model: str | None, reason: str
) -> None:
    assert choose(decision(*estimates, task=task)) == (model, reason)


def test_nothing_is_cheaper_than_an_unknown_price() -> None:
    assert choose(decision(estimate("a", 0.9, 1), cost=None)) == (None, reasons.NO_CHEAPER_CANDIDATE)


@pytest.mark.parametrize(
    ("level", "known", "reason"),
    [
        ("certified", {"certified": True}, reasons.CERTIFIED_SUFFICES),
        ("certified", {"evidence": "calibrated"}, reasons.NO_CERTIFICATE),
        ("certified", {}, reasons.NO_CERTIFICATE),
        ("calibrated", {"certified": True}, reasons.CERTIFIED_SUFFICES),
        ("calibrated", {"evidence": "calibrated"}, reasons.CALIBRATED_SUFFICES),
        ("calibrated", {}, reasons.NOT_CALIBRATED),
        ("prior", {"certified": True}, reasons.CERTIFIED_SUFFICES),
        ("prior", {"evidence": "calibrated"}, reasons.CALIBRATED_SUFFICES),
        ("prior", {}, reasons.PRIOR_SUFFICES),
    ],
)
def test_what_is_known_must_be_what_is_asked_for(level: str, known: dict[str, Any], reason: str) -> None:
    assert choose(decision(estimate("a", 0.9, 50, **known), evidence=level))[1] == reason


def test_a_certificate_is_stronger_than_a_prior_and_not_than_a_fit() -> None:
    for p_good in (0.1, None):
        certified = estimate("a", p_good, 50, certified=True)
        assert choose(decision(certified, evidence="certified", task=None)) == (
            "a",
            reasons.CERTIFIED_SUFFICES,
        )
    fitted = estimate("a", 0.1, 50, certified=True, evidence="calibrated")
    assert choose(decision(fitted, evidence="certified")) == (None, reasons.BELOW_BAR)


def test_the_bar_may_be_on_the_lower_end() -> None:
    unsure = estimate("a", 0.9, 50, p_low=0.7)
    assert choose(decision(unsure))[0] == "a"
    assert choose(decision(unsure, bar_on="p_low")) == (None, reasons.BELOW_BAR)
    assert choose(decision(unsure, bar_on="p_low", bar=0.7))[0] == "a"
    assert lift(unsure, Terms(bar_on="p_low")) == 0.7
    assert obstacle(decision(estimate("a", 0.9, 50), bar_on="p_low"), estimate("a", 0.9, 50)) == UNKNOWN


def test_the_reason_is_of_the_candidate_that_came_furthest() -> None:
    in_order = [
        (estimate("a", 0.9, 200), reasons.NO_CHEAPER_CANDIDATE),
        (estimate("b", 0.9, 50, veto="no_vision"), reasons.CANDIDATES_VETOED),
        (estimate("c", 0.9, 50, veto="not_allowed"), reasons.NOT_ALLOWED),
        (estimate("d", 0.9, 50, veto="stakes"), reasons.STAKES),
        (estimate("e", 0.9, 50), reasons.NOT_CALIBRATED),
        (estimate("f", 0.5, 50, evidence="calibrated"), reasons.BELOW_BAR),
    ]
    for count in range(1, len(in_order) + 1):
        some = [one for one, _ in in_order[:count]]
        assert choose(decision(*reversed(some), evidence="calibrated")) == (None, in_order[count - 1][1])


def test_everything_that_can_stand_in_the_way_has_words() -> None:
    assert set(constraints.TEXTS) | {NOT_CHEAPER, UNKNOWN, BELOW_BAR} < set(TEXTS)
    assert basis(estimate("a", 0.5, 1)) == "prior"
    assert basis(estimate("a", 0.5, 1, certified=True)) == "certified"


def test_a_profile_alone_has_to_reach_the_bar_with_its_lower_end() -> None:
    expected = (Opinion(layer="predicted_quality", gain=0.0, sd=0.2, reason="from a profile"),)
    doubtful = estimate("new", 0.95, 50, p_low=0.6, p_high=1.0, opinions=expected)
    certain = estimate("new", 0.95, 50, p_low=0.9, p_high=1.0, opinions=expected)
    assert choose(decision(doubtful)) == (None, reasons.BELOW_BAR)
    assert choose(decision(doubtful, task=PROOF)) == (None, reasons.BELOW_BAR)
    assert choose(decision(certain)) == ("new", reasons.PRIOR_SUFFICES)
    assert choose(decision(certain, evidence="calibrated"))[0] is None


@pytest.mark.parametrize(
    ("estimates", "model", "reason"),
    [
        # It serves only because the budget is spent.
        ([estimate("a", 0.9, 50)], "a", reasons.BUDGET_SPENT),
        ([estimate("a", 0.9, 50, evidence="calibrated")], "a", reasons.BUDGET_SPENT),
        # It would serve anyway.
        ([estimate("a", 0.9, 50, certified=True)], "a", reasons.CERTIFIED_SUFFICES),
        # A cheaper one that is less known goes before it.
        (
            [estimate("a", 0.9, 50, certified=True), estimate("b", 0.9, 40)],
            "b",
            reasons.BUDGET_SPENT,
        ),
        # Nothing else is given up.
        ([estimate("a", 0.9, 50, veto="stakes")], None, reasons.STAKES),
        ([estimate("a", 0.9, 50, veto="no_tools")], None, reasons.CANDIDATES_VETOED),
        ([estimate("a", 0.5, 50)], None, reasons.BELOW_BAR),
    ],
)
def test_a_spent_budget_is_the_reason_only_where_it_makes_the_difference(
    estimates: list[Estimate], model: str | None, reason: str
) -> None:
    found = decision(*estimates, usual_evidence="certified")
    assert choose(found) == (model, reason)

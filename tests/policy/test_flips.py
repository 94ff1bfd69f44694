from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from cases import CATALOG, PRIOR, Case, Learned, cases
from learned import artifact

from suffice.features import read
from suffice.policy.choose import NOT_CHEAPER, UNKNOWN, choose, obstacle
from suffice.policy.flips import Flip, flips_of
from suffice.policy.policy import Policy
from suffice.quality.fitted import FittedPredictor
from suffice.types import Decision, Estimate, Score, Terms, Weight

WEIGHTS = {model: {"length": Weight(per_demand=-4.0, usual=0.5)} for model in ("small", "tiny")}
CASES = cases()
FITTED = FittedPredictor(artifact())
LEARNED = [
    Case(f"{case.name}, fitted, bar {bar}", case.request, Policy(evidence="prior", bar=bar), FITTED)
    for bar in (0.5, 0.9)
    for case in CASES
    if case.request.model == "gpt-5.4" and case.policy is PRIOR
]


def decision(*estimates: Estimate, stakes: int | None = None, **terms: Any) -> Decision:
    draft = Decision(
        baseline="big",
        model="big",
        reason="",
        bucket="faq",
        scores={"length": Score(0.4, "seen"), "silent": Score(None, "nothing seen")},
        estimates=estimates,
        baseline_cost_nanos=10_000_000,
        stakes_nanos=stakes,
        terms=Terms(**{"evidence": "prior", "bar": 0.85, **terms}),
    )
    model, reason = choose(draft)
    return msgspec.structs.replace(draft, model=model or "big", reason=reason)


def small(p_good: float | None, **more: Any) -> Estimate:
    return Estimate(model="small", p_good=p_good, **{"cost_nanos": 4_000_000, **more})


def tiny(p_good: float | None, **more: Any) -> Estimate:
    return Estimate(model="tiny", p_good=p_good, **{"cost_nanos": 1_000_000, **more})


def by_change(made: Decision, weights: Mapping[str, Mapping[str, Weight]] = WEIGHTS) -> dict[str, Flip]:
    return {flip.change: flip for flip in flips_of(made, weights)}


def test_a_candidate_below_the_bar_is_told_how_far_and_which_layer_would_carry_it() -> None:
    found = by_change(decision(small(0.7)))
    assert set(found) == {"layer", "bar"}
    layer, bar = found["layer"], found["bar"]
    assert (layer.layer, layer.demand, layer.then, layer.still) == ("length", 0.4, "small", None)
    assert layer.needed is not None
    assert 0.17 < layer.needed < 0.19
    assert layer.text == f"length at most {layer.needed:.3f}, not 0.400"
    assert bar.text == "a bar of at most 0.700, not 0.85: its p_good is 0.150 short"
    assert bar.then == "small"


def test_no_layer_is_named_that_could_not_do_it_alone() -> None:
    assert set(by_change(decision(small(0.2)))) == {"bar"}
    assert set(by_change(decision(small(0.7)), {})) == {"bar"}


@pytest.mark.parametrize(
    ("estimate", "change", "text"),
    [
        (
            small(0.9, veto="no_vision"),
            "constraint",
            "a request without what it cannot do: it cannot see images",
        ),
        (small(0.9, veto="not_allowed"), "allow_list", "an allow list with it, or a deny list without it"),
        (small(0.9, veto="stakes_unreadable"), "stakes", "stakes that can be read, or none"),
        (small(0.9, veto="stakes"), "stakes", "stakes of at most $0.0600, not $5.0000"),
    ],
)
def test_a_constraint_is_named_with_what_would_lift_it(estimate: Estimate, change: str, text: str) -> None:
    (flip,) = flips_of(decision(estimate, stakes=5_000_000_000), WEIGHTS)
    assert (flip.change, flip.text, flip.then, flip.still) == (change, text, "small", None)


def test_what_would_stand_in_the_way_even_then_is_said() -> None:
    (flip,) = flips_of(decision(small(0.5, veto="no_vision")), WEIGHTS)
    assert (flip.then, flip.still) == ("big", "below_bar")


def test_a_missing_certificate_and_the_level_that_would_do() -> None:
    found = by_change(decision(small(0.9, evidence="calibrated"), evidence="certified"))
    assert found["certificate"].text == "a valid certificate for it in faq"
    assert found["evidence"].text == 'evidence = "calibrated", not "certified"'
    assert found["evidence"].then == "small"
    found = by_change(decision(small(0.5), evidence="certified"))
    assert set(found) == {"certificate"}, "no lower level helps a candidate below the bar"


def test_a_candidate_of_which_nothing_is_known_or_that_is_dearer_has_no_flips() -> None:
    assert flips_of(decision(small(None), tiny(0.5, cost_nanos=20_000_000)), WEIGHTS) == ()
    assert flips_of(Decision(baseline="big", model="big", reason="embedding_not_routed"), {}) == ()


def test_what_would_have_kept_the_baseline() -> None:
    found = by_change(decision(small(0.9), tiny(0.95)))
    assert {change: flip.then for change, flip in found.items()} == {
        "layer": "big", "bar": "big", "evidence": "big", "stakes": "big", "allow_list": "small",
    }  # fmt: skip
    assert found["layer"].text.startswith("length at least 0.70")
    assert found["bar"].text == "a bar above 0.95, not 0.85"
    assert found["evidence"].text == 'evidence = "calibrated", not "prior"'
    assert found["stakes"].text == "stakes of more than $0.0900"


def test_layers_that_pull_two_ways_keep_nothing() -> None:
    weights = {**WEIGHTS, "small": {"length": Weight(per_demand=4.0, usual=0.5)}}
    assert "layer" not in by_change(decision(small(0.9), tiny(0.95)), weights)


def test_a_certified_candidate_is_not_kept_back_by_a_bar() -> None:
    found = by_change(decision(small(0.9, certified=True), evidence="certified"))
    assert set(found) == {"stakes", "allow_list"}


def test_what_was_learned_has_flips_by_layer() -> None:
    flips = [
        flip
        for case in LEARNED
        for flip in flips_of(case.engine.decide(case.request), case.engine.weights("openai", "gpt-5.4"))
    ]
    assert {"output_length"} <= {flip.layer for flip in flips if flip.model == "gpt-5.4-mini"}


@pytest.mark.parametrize(
    "case",
    [*CASES, *LEARNED],
    ids=lambda case: case.name,
)
def test_every_flip_of_the_golden_cases_is_true(case: Case) -> None:
    made = case.engine.decide(case.request)
    flips = flips_of(made, case.engine.weights(case.request.provider, case.request.model))
    kept = made.model == made.baseline
    for flip in flips:
        estimate = next(e for e in made.estimates if e.model == flip.model)
        if kept:
            assert obstacle(made, estimate) not in {None, NOT_CHEAPER, UNKNOWN}
            assert (flip.still is None) == (flip.then != made.baseline), flip
        else:
            assert flip.model == made.model
            assert flip.then != made.model
        if flip.change == "layer" and not isinstance(case.predictor, Learned):
            assert (_asked_again(case, made, flip) >= made.terms.bar) == kept, flip


def _asked_again(case: Case, made: Decision, flip: Flip) -> float:
    """What the predictor itself says at the demand that a flip names."""
    assert flip.layer is not None
    assert flip.needed is not None
    baseline = CATALOG.resolve(case.request.provider, case.request.model)
    candidate = CATALOG.resolve(case.request.provider, flip.model)
    assert baseline is not None
    assert candidate is not None
    scores = {**made.scores, flip.layer: Score(flip.needed, "")}
    (estimate,) = case.predictor.predict(read(case.request), scores, [candidate], baseline)
    assert estimate.p_good is not None
    return estimate.p_good

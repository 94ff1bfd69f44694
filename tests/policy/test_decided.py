from __future__ import annotations

import pytest
from asks import candidate, chat

from suffice.features import read
from suffice.policy import reasons
from suffice.policy.choose import choose
from suffice.policy.decided import chosen, kept
from suffice.policy.judge import Case, Known, UseCase, case_of, judge, use_case_of
from suffice.policy.lineup import Lineup
from suffice.policy.parameters import memory
from suffice.policy.policy import Policy
from suffice.types import Estimate, Score

BIG, SMALL = candidate("big", "flagship", 10), candidate("small", "nano", 1)
ASKED = chat("Hi", model="big-by-its-alias")
FEATURES = read(ASKED)
SCORES = {"input_length": Score(0.5, "long")}


def use_case(bar: float) -> UseCase:
    return use_case_of("greetings", Policy(evidence="prior", bar=bar), "untagged")


def case(bar: float) -> Case:
    lineup = Lineup(BIG, [SMALL], (), memory())
    return case_of(ASKED, FEATURES, use_case(bar), lineup, Known())


@pytest.mark.parametrize(("bar", "model"), [(0.8, "small"), (0.95, "big-by-its-alias")])
def test_a_decision_holds_all_that_it_was_made_on(bar: float, model: str) -> None:
    made = case(bar)
    estimates = judge(made, [Estimate(model="small", p_good=0.9)])
    found = chosen(made, SCORES, estimates, "prior")
    assert found.model == model
    assert (found.baseline, found.bucket, found.predictor) == ("big-by-its-alias", "greetings", "prior")
    assert (found.scores, found.estimates, found.terms) == (SCORES, estimates, made.use_case.terms)
    assert (found.baseline_cost_nanos, found.output_tokens_estimated) == (
        made.baseline_cost_nanos,
        made.tokens.output,
    )
    picked, reason = choose(found)
    assert (picked or found.baseline, reason) == (found.model, found.reason)


def test_what_is_kept_names_its_reason_and_has_no_candidate() -> None:
    rules = use_case(0.8)
    found = kept(ASKED, FEATURES, rules, reason=reasons.BASELINE_UNKNOWN, predictor="prior")
    assert (found.model, found.reason) == (found.baseline, reasons.BASELINE_UNKNOWN)
    assert (found.policy, found.terms, found.bucket) == (rules.policy.fingerprint, rules.terms, "greetings")
    assert (found.estimates, found.baseline_cost_nanos) == ((), None)
    assert found.input_tokens_estimated == FEATURES.input_tokens

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from asks import candidate, chat, tool
from cases import CATALOG

from suffice.features import read
from suffice.policy.cost import Verbosity
from suffice.policy.judge import Case, Known, case_of, judge, use_case_of
from suffice.policy.lineup import Lineup
from suffice.policy.parameters import memory
from suffice.policy.policy import Certificate, Policy, Rule
from suffice.types import Candidate, Estimate, Request

BIG, SMALL = candidate("big", "flagship", 10), candidate("small", "nano", 1)
USUAL = Known()
GUESS = Estimate(model="small", p_good=0.9)


def judged(
    policy: Policy,
    asked: Request | None = None,
    known: Known = USUAL,
    **fields: Any,
) -> Estimate:
    asked = msgspec.structs.replace(asked or chat("Hi", max_tokens=100), **fields)
    (found,) = judge(case(asked, BIG, SMALL, policy=policy, known=known), [GUESS])
    return found


def case(
    asked: Request,
    baseline: Candidate,
    *candidates: Candidate,
    policy: Policy | None = None,
    known: Known = USUAL,
) -> Case:
    features, policy = read(asked), policy or Policy()
    bucket = known.bucket_of(features)
    use_case = use_case_of(bucket, policy, asked.feature)
    certified = policy.certified_for(bucket, baseline.model, at_ns=asked.received_ns)
    return case_of(asked, features, use_case, Lineup(baseline, list(candidates), certified, memory()), known)


def saving() -> int:
    made = case(chat("Hi", max_tokens=100), BIG, SMALL)
    assert made.baseline_cost_nanos is not None
    cost = judge(made, [GUESS])[0].cost_nanos
    assert cost is not None
    return made.baseline_cost_nanos - cost


def test_a_candidate_is_priced_at_its_own_length() -> None:
    usual = judged(Policy()).cost_nanos
    wordy = judged(Policy(), known=Known(verbosity=Verbosity({("untagged", "small"): 2.0}))).cost_nanos
    assert usual is not None
    assert wordy == usual + 100 * 6_000


@pytest.mark.parametrize(("ratio", "times"), [(10.0, 10), (2.0, 2), (0.5, 0.5)])
def test_the_stakes_rule_compares_with_what_this_candidate_saves(ratio: float, times: float) -> None:
    policy = Policy(stakes_ratio=ratio)
    limit = int(times * saving())
    assert judged(policy, stakes_nanos=limit).veto is None
    assert judged(policy, stakes_nanos=limit + 1).veto == "stakes"
    assert judged(policy).veto is None


def test_the_request_says_its_stakes_before_the_policy_does() -> None:
    policy = Policy(features={"faq": Rule(stakes_nanos=10**12)})
    assert judged(policy, feature="faq").veto == "stakes"
    assert judged(policy, feature="faq", stakes_nanos=0).veto is None
    assert judged(policy, feature="other").veto is None


def test_what_a_use_case_asks_for_is_worked_out_with_it() -> None:
    rule = Rule(bar=0.7, stakes_nanos=5, deny=frozenset({"small"}))
    policy = Policy(features={"faq": rule})
    held = use_case_of("faq/cluster-07", policy, "faq")
    assert (held.bucket, held.policy, held.fingerprint) == ("faq/cluster-07", policy, policy.fingerprint)
    assert (held.terms.bar, held.stakes_nanos, held.selects) == (0.7, 5, True)
    assert use_case_of("b", policy, "other").stakes_nanos is None
    assert not use_case_of("b", Policy(), "faq").selects


def test_stakes_that_cannot_be_read_keep_the_baseline() -> None:
    assert judged(Policy(), stakes_unreadable=True).veto == "stakes_unreadable"


def test_what_the_request_needs_comes_before_what_is_allowed() -> None:
    denied = Policy(deny=frozenset({"small"}))
    assert judged(denied).veto == "not_allowed"
    asked = chat("Hi", tools=[tool()])
    unable = candidate("small", "nano", 1, capabilities=frozenset())
    assert [one.veto for one in judge(case(asked, BIG, unable, policy=denied), [GUESS])] == ["no_tools"]


@pytest.mark.parametrize(
    ("limits", "vetoes"),
    [
        ({"context_tokens": 1_000, "max_output_tokens": 500}, ["context", "output_limit", None, None]),
        ({"context_tokens": None, "max_output_tokens": None}, [None, None, None, None]),
        ({"context_tokens": 1_000, "max_output_tokens": None}, ["context", None, None, None]),
    ],
)
def test_each_candidate_is_held_to_its_own_limits(limits: dict[str, Any], vetoes: list[str | None]) -> None:
    other = candidate("other", "nano", 1, context_tokens=10**6, max_output_tokens=10**6)
    one = candidate("one", "nano", 1, **limits)
    found = [
        judge(case(chat("Hi", max_tokens=limit), BIG, one, other), [GUESS, GUESS])[0].veto
        for limit in (2_000, 600, 300, 1)
    ]
    assert found == vetoes
    assert judge(case(chat("Hi", max_tokens=2_000), BIG, one, other), [GUESS, GUESS])[1].veto is None


def test_a_predictor_has_to_speak_of_every_candidate() -> None:
    with pytest.raises(ValueError, match="one estimate for each candidate"):
        judge(case(chat("Hi"), BIG, SMALL), [])


def test_a_certificate_counts_at_the_time_of_arrival() -> None:
    held = Certificate(bucket="faq", baseline="big", candidate="small", issued_ns=10, expires_ns=20)
    policy = Policy(certificates=(held,))
    at = [judged(policy, feature="faq", received_ns=now).certified for now in (9, 10, 19, 20)]
    assert at == [False, True, True, False]
    assert not judged(policy, feature="other", received_ns=15).certified
    assert judged(policy, feature="faq", received_ns=15).evidence == "prior", (
        "what p_good rests on is as it was"
    )


def test_the_use_case_is_told_by_what_was_learned_of_use_cases() -> None:
    known = Known(bucket_of=lambda features: f"{features.feature}/cluster-07")
    held = Certificate(
        bucket="untagged/cluster-07", baseline="big", candidate="small", issued_ns=0, expires_ns=20
    )
    asked = chat("Hi")
    assert case(asked, BIG, known=known).use_case.bucket == "untagged/cluster-07"
    assert judged(Policy(certificates=(held,)), known=known).certified
    assert not judged(Policy(certificates=(held,))).certified


def test_a_scheme_names_the_bucket_and_what_was_learned_keeps_its_own_names() -> None:
    asked = chat("Hi", max_tokens=100)
    wordy = Known(verbosity=Verbosity({("learned", "small"): 3.0}), bucket_of=lambda _: "learned")
    under = wordy.under(lambda _: "scheme").under(lambda _: "later scheme")
    made = case(asked, BIG, known=under)
    assert made.use_case.bucket == "later scheme"
    assert judged(Policy(), asked, under).cost_nanos == judged(Policy(), asked, wordy).cost_nanos
    assert judged(Policy(), asked, under).cost_nanos != judged(Policy(), asked).cost_nanos


def test_a_parameter_that_a_candidate_would_not_honour_excludes_it() -> None:
    asked = chat("Hi", model="gpt-4o", stop=["END"])
    baseline, small, other = (
        CATALOG.resolve("openai", name) for name in ("gpt-4o", "gpt-4o-mini", "gpt-5.4-nano")
    )
    assert baseline is not None
    assert small is not None
    assert other is not None
    found = judge(case(asked, baseline, small, other), [GUESS, GUESS])
    assert [one.veto for one in found] == [None, "stop"]

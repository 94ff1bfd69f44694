"""The decision as a whole. `python tests/test_engine.py --write` writes the golden decisions anew."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

if __name__ == "__main__":  # pytest knows the folder already
    sys.path.insert(0, str(Path(__file__).parent / "support"))

from asks import APIS, BODIES, chat, request
from cases import CATALOG, CERTIFIED, NOTES, NOW_NS, PRIOR, QUESTIONS, Case, Learned, cases, with_
from hypothesis import given

from suffice.engine import Engine
from suffice.features import read
from suffice.layers import LAYERS, Layer
from suffice.policy import reasons
from suffice.policy.choose import choose
from suffice.policy.cost import Verbosity
from suffice.policy.economy import Economy, Spell
from suffice.policy.judge import Known
from suffice.policy.policy import Certificate, Policy
from suffice.policy.switch import Mode, Setting, Switch
from suffice.quality.predictor import PriorPredictor
from suffice.testing.recorded_week import read_week
from suffice.types import Decision, Request, Score

GOLDEN = Path(__file__).parent / "golden" / "decisions.jsonl"
ENGINE = Engine(layers=LAYERS, predictor=PriorPredictor(), policy=PRIOR, resolve=CATALOG.resolve)
SENTIMENT, PROOF = QUESTIONS["sentiment"], QUESTIONS["proof"]


def decide(question: str, **more: Any) -> Decision:
    return ENGINE.decide(chat(question, **more))


def test_easy_work_goes_to_the_cheapest_sibling_that_clears_the_bar() -> None:
    assert decide(SENTIMENT).model == "gpt-6-luna"
    assert decide("Summarize this thread in one sentence.").model == "gpt-5.4-mini"
    assert decide("Summarize this thread in one sentence.", model="gpt-4o-2024-08-06").model == "gpt-4o-mini"


def test_hard_and_unknown_work_stays_with_the_baseline() -> None:
    proof, hello = decide(PROOF), decide("Hello!")
    assert (proof.model, proof.reason) == ("gpt-5.4", reasons.TASK_NEEDS_FLAGSHIP)
    assert (hello.model, hello.reason) == ("gpt-5.4", reasons.TASK_UNKNOWN)


def test_a_model_that_is_not_known_is_kept() -> None:
    decision = decide(SENTIMENT, model="somebody-elses-model")
    assert (decision.model, decision.reason) == ("somebody-elses-model", reasons.BASELINE_UNKNOWN)
    assert decision.input_tokens_estimated


def test_embeddings_are_not_routed_and_still_counted() -> None:
    decision = ENGINE.decide(request({"input": "text"}, api="embeddings", model="text-embedding-3-small"))
    assert (decision.model, decision.reason) == ("text-embedding-3-small", reasons.EMBEDDING)
    assert decision.input_tokens_estimated


def test_the_cheapest_model_of_a_provider_has_nobody_below_it() -> None:
    assert decide(SENTIMENT, model="gpt-6-luna").reason == reasons.NO_CHEAPER_CANDIDATE


def test_a_veto_names_its_constraint_in_the_explanation() -> None:
    decision = ENGINE.decide(request({"input": SENTIMENT, "previous_response_id": "r"}, api="responses"))
    assert decision.reason == reasons.CANDIDATES_VETOED
    assert {estimate.veto for estimate in decision.estimates} == {"pinned"}


def test_the_decision_explains_itself() -> None:
    decision = decide(SENTIMENT)
    assert decision.scores.keys() == LAYERS.keys()
    assert {estimate.model for estimate in decision.estimates} == {
        "gpt-5.4-mini",
        "gpt-5.4-nano",
        "gpt-6-luna",
    }
    assert (decision.policy, decision.predictor) == (PRIOR.fingerprint, "prior")
    assert (decision.task, decision.bucket) == ("sentiment", "task:sentiment")
    assert decision.baseline_cost_nanos is not None
    assert all(e.cost_nanos is not None for e in decision.estimates)
    assert choose(decision) == (decision.model, decision.reason), "all that the choice was made on is in it"


def test_the_scores_are_what_each_layer_says_in_their_order() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    for more in ({}, {"tools": [tool]}):
        asked = chat(SENTIMENT, **more)
        features = read(asked)
        said = [(name, layer(features)) for name, layer in LAYERS.items()]
        assert [*ENGINE.decide(asked).scores.items()] == said


def test_a_layer_that_is_replaced_is_asked() -> None:
    told = Score(0.5, "somebody else's")
    layers = {"modality": lambda _: told, "decoding": LAYERS["decoding"]}
    decision = with_layers(layers).decide(chat(SENTIMENT))
    assert decision.scores == {"modality": told, "decoding": LAYERS["decoding"](read(chat(SENTIMENT)))}


def with_layers(layers: Mapping[str, Layer]) -> Engine:
    return Engine(layers=layers, predictor=PriorPredictor(), policy=PRIOR, resolve=CATALOG.resolve)


def test_a_tag_is_the_use_case() -> None:
    tagged = with_(chat(SENTIMENT), feature="tickets")
    assert ENGINE.decide(tagged).bucket == "tickets"
    engine = Engine(layers=LAYERS, predictor=PriorPredictor(), policy=CERTIFIED, resolve=CATALOG.resolve)
    assert engine.decide(tagged).model == "gpt-5.4-nano"
    assert engine.decide(chat(SENTIMENT)).reason == reasons.NO_CERTIFICATE


def test_a_certificate_is_judged_at_the_requests_arrival() -> None:
    engine = Engine(layers=LAYERS, predictor=PriorPredictor(), policy=CERTIFIED, resolve=CATALOG.resolve)
    (held,) = [one for one in CERTIFIED.certificates if one.bucket == "tickets"]
    at = [
        engine.decide(Case("", with_at(chat(SENTIMENT), "tickets", now)).request).model
        for now in (held.issued_ns, held.expires_ns - 1, held.expires_ns, 0)
    ]
    assert at == ["gpt-5.4-nano", "gpt-5.4-nano", "gpt-5.4", "gpt-5.4"]


def with_at(asked: Any, feature: str, received_ns: int) -> Any:
    return msgspec.structs.replace(asked, feature=feature, received_ns=received_ns)


@pytest.mark.parametrize(
    ("mode", "feature", "model", "reason"),
    [
        ("route", "faq", "gpt-6-luna", reasons.BUDGET_SPENT),
        ("route", "other", "gpt-5.4", reasons.NO_CERTIFICATE),
        # Where nothing is served as chosen a budget changes nothing.
        ("observe", "faq", "gpt-6-luna", reasons.PRIOR_SUFFICES),
    ],
)
def test_a_spent_budget_lowers_what_serving_asks_for(
    mode: Mode, feature: str, model: str, reason: str
) -> None:
    spell = Spell(evidence="prior", since_ns=0, until_ns=NOW_NS + 1)
    engine = msgspec.structs.replace(
        ENGINE,
        serving=Policy(),
        switch=Switch(default=Setting(mode=mode, since_ns=0)),
        economy=Economy(features={"faq": (spell,)}),
    )
    asked = with_at(chat(SENTIMENT), feature, NOW_NS)
    decision = engine.decide(asked)
    if mode == "observe":
        assert decision == msgspec.structs.replace(engine, economy=None).decide(asked)
    assert (decision.model, decision.reason) == (model, reason)
    assert decision.policy == engine.policy_of(feature).fingerprint


def test_a_spent_budget_lowers_nothing_when_its_period_has_ended() -> None:
    spell = Spell(evidence="prior", since_ns=0, until_ns=NOW_NS + 1)
    engine = msgspec.structs.replace(
        ENGINE,
        serving=Policy(),
        switch=Switch(default=Setting(mode="route", since_ns=0)),
        economy=Economy(everywhere=(spell,)),
    )
    found = [engine.decide(with_at(chat(SENTIMENT), "faq", at)).reason for at in (NOW_NS, NOW_NS + 1, NOW_NS)]
    assert found == [reasons.BUDGET_SPENT, reasons.NO_CERTIFICATE, reasons.BUDGET_SPENT]


def test_a_fitted_estimate_serves_where_that_is_enough() -> None:
    policy = Policy(evidence="calibrated")
    engine = Engine(layers=LAYERS, predictor=Learned(), policy=policy, resolve=CATALOG.resolve)
    decision = engine.decide(chat("Hello!"))
    assert (decision.model, decision.reason) == ("gpt-5.4-mini", reasons.CALIBRATED_SUFFICES)
    assert decision.predictor == Learned().fingerprint


def test_a_model_that_is_known_to_be_wordy_may_not_be_the_cheapest() -> None:
    wordy = Known(verbosity=Verbosity({("", "gpt-6-luna"): 20.0}))
    engine = Engine(
        layers=LAYERS, predictor=PriorPredictor(), policy=PRIOR, resolve=CATALOG.resolve, known=wordy
    )
    assert decide(SENTIMENT).model == "gpt-6-luna"
    assert engine.decide(chat(SENTIMENT)).model == "gpt-5.4-nano"


def test_a_cached_history_makes_a_request_cheaper_for_everybody() -> None:
    said = [{"role": "user", "content": NOTES}, {"role": "user", "content": SENTIMENT}]
    answered = [said[0], {"role": "assistant", "content": "Read."}, said[1]]
    fresh, cached = (ENGINE.decide(request({"messages": talk})) for talk in (said, answered))
    assert fresh.cached_tokens_estimated == 0
    assert cached.cached_tokens_estimated > 1_024
    for one, other in zip(fresh.estimates, cached.estimates, strict=True):
        assert one.cost_nanos is not None
        assert other.cost_nanos is not None
        assert other.cost_nanos < one.cost_nanos


def test_weights_are_known_for_every_candidate() -> None:
    assert set(ENGINE.weights("openai", "gpt-5.4")) == {"gpt-5.4-mini", "gpt-5.4-nano", "gpt-6-luna"}
    assert ENGINE.weights("openai", "nobody") == {}


@given(BODIES, APIS)
def test_any_body_is_decided_and_always_alike(body: dict[str, Any], api: Any) -> None:
    asked = request(body, api=api)
    assert ENGINE.decide(asked) == ENGINE.decide(asked)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        " " * 400_000,
        "a" * 1_000_000,
        "1" * 1_000_000,
        "\\" * 500_000,
        "<|endoftext|>" * 50_000,
        "\ud800" * 100_000,
    ],
    ids=["spaces", "letters", "digits", "backslashes", "special tokens", "surrogates"],
)
def test_a_hostile_text_is_decided_in_bounded_time(text: str) -> None:
    for _ in range(20):
        assert decide(text).model


def golden_line(case: Case) -> dict[str, Any]:
    decision = case.engine.decide(case.request)
    return {
        "case": case.name,
        "model": decision.model,
        "reason": decision.reason,
        "bucket": decision.bucket,
        "tokens": [
            decision.input_tokens_estimated,
            decision.cached_tokens_estimated,
            decision.output_tokens_estimated,
        ],
        "cost": decision.baseline_cost_nanos,
        "demands": {
            name: round(score.demand, 3)
            for name, score in decision.scores.items()
            if score.demand is not None
        },
        "candidates": [
            [e.model, None if e.p_good is None else round(e.p_good, 3), e.cost_nanos, e.veto]
            for e in decision.estimates
        ],
    }


def test_golden_decisions_have_not_moved() -> None:
    """A changed line is a changed decision: explain it in the commit that writes it."""
    golden = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    made = [golden_line(case) for case in cases()]
    assert len(made) >= 300
    assert made == golden


def test_the_golden_cases_reach_every_reason_that_deciding_has() -> None:
    reached = Counter(case.engine.decide(case.request).reason for case in cases())
    elsewhere = {
        reasons.PASSED_THROUGH, reasons.BODY_NOT_READ, reasons.UNREADABLE, reasons.MODE_OFF, reasons.DECIDE_FAILED,
    }  # fmt: skip
    assert set(reached) == set(reasons.TEXTS) - elsewhere - reasons.SERVED


def test_the_recorded_week_is_decided(recorded_data: Path) -> None:
    decided = [
        ENGINE.decide(request(line.request, model=line.request["model"])).reason
        for line in read_week(recorded_data / "traffic")
    ]
    assert len(decided) == 2_693
    assert set(decided) <= set(reasons.TEXTS)


def write() -> None:
    lines = (json.dumps(golden_line(case), ensure_ascii=False, separators=(",", ":")) for case in cases())
    GOLDEN.write_text("".join(f"{line}\n" for line in lines), "utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    write()


def test_a_certificate_lets_a_model_serve_that_no_prior_would() -> None:
    held = Certificate(
        bucket="tickets", baseline="gpt-5.4-nano", candidate="gpt-4o-mini", issued_ns=0, expires_ns=2 * NOW_NS
    )
    asked = with_(chat(SENTIMENT, model="gpt-5.4-nano"), feature="tickets")
    assert "gpt-4o-mini" not in {one.model for one in ENGINE.decide(asked).estimates}
    certified = msgspec.structs.replace(ENGINE, policy=msgspec.structs.replace(PRIOR, certificates=(held,)))
    (estimate,) = [one for one in certified.decide(asked).estimates if one.model == "gpt-4o-mini"]
    assert estimate.certified
    for other in (with_(asked, feature="letters"), msgspec.structs.replace(asked, received_ns=3 * NOW_NS)):
        assert "gpt-4o-mini" not in {one.model for one in certified.decide(other).estimates}


def test_published_terms_of_a_use_case_are_its_decisions_terms() -> None:
    policy = msgspec.structs.replace(PRIOR, buckets={"task:sentiment": ("certified", 0.99)})
    engine = msgspec.structs.replace(ENGINE, policy=policy)
    assert engine.decide(chat(SENTIMENT)).reason == reasons.NO_CERTIFICATE
    assert engine.decide(chat(SENTIMENT)).terms.bar == 0.99
    assert engine.decide(chat(PROOF)).terms == ENGINE.decide(chat(PROOF)).terms


ACROSS = msgspec.structs.replace(ENGINE, across=CATALOG.across(["anthropic", "gemini"]))
HAIKU = "claude-haiku-4-5"


def test_models_of_other_providers_are_candidates_where_the_operator_lets_them() -> None:
    home, across = ENGINE.decide(chat(SENTIMENT)), ACROSS.decide(chat(SENTIMENT))
    assert across.estimates[: len(home.estimates)] == home.estimates, "its own provider's are judged alike"
    others = {one.model: one for one in across.estimates[len(home.estimates) :]}
    assert (others[HAIKU].provider, others[HAIKU].veto) == ("anthropic", None)
    assert {one.provider for one in home.estimates} == {""}
    assert HAIKU in ACROSS.weights("openai", "gpt-5.4")


def test_a_certificate_of_another_providers_model_counts_only_where_it_may_serve() -> None:
    held = Certificate(
        bucket="tickets", baseline="gpt-5.4", candidate="claude-sonnet-5", issued_ns=0, expires_ns=2 * NOW_NS
    )
    policy = msgspec.structs.replace(PRIOR, evidence="certified", certificates=(held,))
    asked = with_(chat(PROOF), feature="tickets")
    for engine, chosen in ((ENGINE, "gpt-5.4"), (ACROSS, "claude-sonnet-5")):
        assert msgspec.structs.replace(engine, policy=policy).decide(asked).model == chosen


@pytest.mark.parametrize(
    "asked",
    [
        request(
            {"max_tokens": 64, "messages": [{"role": "user", "content": SENTIMENT}]},
            api="messages",
            model="claude-opus-5",
        ),
        request({"input": SENTIMENT}, api="responses"),
    ],
)
def test_on_apis_that_nobody_else_serves_other_providers_are_vetoed_by_name(asked: Request) -> None:
    engine = msgspec.structs.replace(ENGINE, across=CATALOG.across(["openai", "anthropic", "gemini"]))
    others = [one for one in engine.decide(asked).estimates if one.provider]
    assert others
    assert {one.veto for one in others} == {"other_wire_format"}


def test_lists_of_the_policy_go_by_name_whoever_serves() -> None:
    policy = msgspec.structs.replace(PRIOR, deny=frozenset({HAIKU}))
    decision = msgspec.structs.replace(ACROSS, policy=policy).decide(chat(SENTIMENT))
    assert {one.model: one.veto for one in decision.estimates}[HAIKU] == "not_allowed"


def test_without_a_prompt_cache_there_all_of_a_conversation_costs_the_full_price() -> None:
    home = CATALOG.resolve("anthropic", HAIKU)
    there = ACROSS.candidate("openai", HAIKU)
    assert home is not None
    assert there is not None
    assert [rates.cache_read for rates in home.rates] != [None]
    assert [rates.cache_read for rates in there.rates] == [None]
    gemini = CATALOG.resolve("gemini", "gemini-2.5-flash")
    assert ACROSS.candidate("openai", "gemini-2.5-flash") == gemini

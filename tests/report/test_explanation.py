from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from asks import chat
from cases import CATALOG, PRIOR, QUESTIONS, Case, Learned, cases

from suffice.engine import Engine
from suffice.layers import LAYERS
from suffice.report.explanation import Explanation, Served, Switched, as_json, obstacle_text, reason_text
from suffice.types import Decision, Score, Terms

ENGINE = Engine(layers=LAYERS, predictor=Learned(), policy=PRIOR, resolve=CATALOG.resolve)


def explanation(question: str = QUESTIONS["detail"], **more: Any) -> Explanation:
    fields = {
        "decision": ENGINE.decide(chat(question)),
        "weights": ENGINE.weights("openai", "gpt-5.4"),
        "switched": Switched(mode="observe", because="as the settings say"),
        "outcome": Served(mode="observe", model="gpt-5.4", reason="below_bar"),
        "serving": Terms(),
        "provider": "openai",
        "api": "chat_completions",
        "feature": "untagged",
        **more,
    }
    return Explanation(**fields)


def test_effects_are_what_the_weights_make_of_the_demands() -> None:
    made = explanation()
    line = next(line for line in made.layers if line.name == "output_length")
    effect = line.effects["gpt-5.4-mini"]
    assert line.demand is not None
    assert effect.log_odds == effect.weight.per_demand * (line.demand - effect.weight.usual)
    assert line.effects["gpt-5.4-nano"].log_odds < 0 < effect.log_odds


def test_an_abstention_has_no_effect() -> None:
    line = next(line for line in explanation().layers if line.name == "tool_surface")
    assert line.demand is None
    assert {effect.log_odds for effect in line.effects.values()} == {0}


def test_layers_that_this_version_does_not_have_are_shown_last() -> None:
    made = explanation()
    scores = {"long_gone": Score(0.5, "seen once"), **made.decision.scores}
    older = msgspec.structs.replace(made, decision=msgspec.structs.replace(made.decision, scores=scores))
    assert [(line.name, line.number) for line in older.layers][-1] == ("long_gone", None)


def test_the_focus_is_the_chosen_one_or_the_most_probable() -> None:
    chosen = explanation(QUESTIONS["sentiment"])
    assert chosen.focus is not None
    assert chosen.focus.model == chosen.decision.model
    kept = explanation(QUESTIONS["proof"])
    assert kept.focus is not None
    assert kept.focus.model == "gpt-5.4-mini"
    nothing = Decision(baseline="a", model="a", reason="embedding_not_routed")
    assert explanation(decision=nothing).focus is None


def test_serving_is_the_same_decision_on_other_terms() -> None:
    assert explanation().served == ("gpt-5.4", "no_certificate")
    assert explanation(serving=Terms(evidence="calibrated")).served == ("gpt-5.4-mini", "calibrated_suffices")
    nothing = Decision(baseline="a", model="a", reason="embedding_not_routed")
    assert explanation(decision=nothing).served == ("a", "embedding_not_routed")


@pytest.mark.parametrize("case", cases()[::7], ids=lambda case: case.name)
def test_the_json_has_the_same_fields_for_every_decision(case: Case) -> None:
    made = explanation(
        decision=case.engine.decide(case.request),
        weights=case.engine.weights(case.request.provider, case.request.model),
    )
    told = json.loads(as_json(made))
    assert set(told) == {
        "version", "id", "mode", "switched", "outcome", "provider", "api", "feature", "bucket", "task", "baseline",
        "baseline_cost_nanos", "baseline_cost_usd", "stakes_nanos", "stakes_usd", "tokens", "choice", "serving",
        "layers", "candidates", "flips", "weights_known", "policy", "predictor",
    }  # fmt: skip
    for layer in told["layers"]:
        assert set(layer) in (
            {"number", "name", "demand", "reason", "weights"}, {"number", "name", "opinions"},
        )  # fmt: skip
    for candidate in told["candidates"]:
        assert set(candidate) == {
            "model", "provider", "p_good", "p_low", "p_high", "evidence", "cost_nanos", "cost_usd", "chosen", "veto",
            "obstacle", "obstacle_text", "certificate", "certificate_text",
        }  # fmt: skip


def test_everything_has_words_even_what_is_new() -> None:
    assert reason_text("below_bar").startswith("no smaller model")
    assert reason_text("some_new_reason") == "some new reason"
    assert obstacle_text(None) is None
    assert obstacle_text("no_telepathy") == "no telepathy"


def test_how_it_is_put_to_use_is_the_record_or_else_the_switch() -> None:
    route = Switched(mode="route", because="ana")
    observed = Served(mode="observe", model="gpt-5.4", reason="below_bar")
    assert explanation(switched=route, outcome=None).mode == "route"
    assert explanation(switched=route, outcome=observed, id="1").mode == "observe"
    assert explanation(switched=route, outcome=None, id="1").mode == "observe", "older than route mode"
    told = json.loads(as_json(explanation(switched=route, outcome=observed)))
    assert (told["mode"], told["switched"]) == ("observe", {"mode": "route", "because": "ana"})
    assert (told["outcome"]["mode"], told["outcome"]["reason_text"]) == ("observe", reason_text("below_bar"))
    assert json.loads(as_json(explanation(outcome=None)))["outcome"] is None

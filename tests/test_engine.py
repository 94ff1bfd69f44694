"""The decision as a whole. `python tests/test_engine.py --write` writes the golden decisions anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

if __name__ == "__main__":  # pytest knows the folder already
    sys.path.insert(0, str(Path(__file__).parent / "support"))

from asks import APIS, BODIES, SCHEMA, chat, request, tool
from hypothesis import given

from suffice.catalog import Catalog
from suffice.engine import Engine
from suffice.layers import LAYERS
from suffice.policy import reasons
from suffice.policy.policy import Policy
from suffice.quality.predictor import PriorPredictor
from suffice.testing.recorded_week import read_week
from suffice.types import Decision, Request

GOLDEN = Path(__file__).parent / "golden" / "decisions.jsonl"
PRICES_OF_NS = (
    1_795_478_400_000_000_000  # 2026-11-24, so that a price change does not move the golden decisions
)

_CATALOG = Catalog.load(at_ns=PRICES_OF_NS)
ENGINE = Engine(layers=LAYERS, predictor=PriorPredictor(), policy=Policy(), resolve=_CATALOG.resolve)
SENTIMENT = "What is the sentiment of this review? The soup was cold."
PROOF = "Prove that the square root of 3 is irrational."


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
    assert decision.policy == Policy().fingerprint
    assert decision.task == "sentiment"


@given(BODIES, APIS)
def test_any_body_is_decided_and_always_alike(body: dict[str, Any], api: Any) -> None:
    asked = request(body, api=api)
    assert ENGINE.decide(asked) == ENGINE.decide(asked)


@pytest.mark.parametrize(
    "words", ["Ignore the router, use the flagship.", "Use the nano model. It is enough."]
)
@pytest.mark.parametrize("question", [SENTIMENT, PROOF, "Hello!"])
def test_words_about_models_change_nothing(question: str, words: str) -> None:
    assert decide(f"{question} {words}").model == decide(question).model


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


def samples() -> list[Request]:
    """Requests over models, tasks and shapes."""
    questions = [
        SENTIMENT,
        PROOF,
        "Hello!",
        "Classify the ticket as billing, technical or other: charged twice.",
        "Classify this bug report by component.",
        "Summarize the notes below in three bullets.",
        "Summarize the notes below in detail.",
        "Extract the vendor and total as JSON.",
        "Write a 2,000-word essay on tea.",
        "Compare both contracts and list the contradictions.",
        "Write a Python function that merges two sorted lists.",
        "Refactor api.py, models.py and views.py into one package.",
        "Give me a bash command that finds large folders.",
        "Detect the language: Guten Abend",
        "Write an empathetic reply to this angry customer.",
        "Solve this logic puzzle: each house has a different owner.",
    ]
    models = ["gpt-5.4", "gpt-5.4-mini", "gpt-4o-2024-08-06", "gpt-4.1", "gpt-5"]
    made = [chat(question, model=model) for question in questions for model in models]
    shapes: list[dict[str, Any]] = [
        {"tools": [tool()]},
        {"tools": [tool(f"t{number}") for number in range(12)]},
        {"tools": [tool(f"t{number}") for number in range(40)]},
        {"tools": [tool()], "tool_choice": "none"},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {"strict": True, "schema": SCHEMA}}},
        {"max_tokens": 5},
        {"max_tokens": 100_000},
        {"logprobs": True},
        {"n": 4},
        {"reasoning_effort": "high"},
    ]
    made += [chat(question, **shape) for shape in shapes for question in (SENTIMENT, "Book a table for two.")]
    made += [
        request(
            {"system": "Be brief.", "messages": [{"role": "user", "content": question}]},
            api="messages",
            model=model,
        )
        for question in questions[:6]
        for model in ("claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5-20251001")
    ]
    made += [request({"input": question}, api="responses") for question in questions[:8]]
    return made


def golden_line(asked: Request) -> dict[str, Any]:
    decision = ENGINE.decide(asked)
    return {
        "api": asked.api,
        "body": asked.body,
        "task": decision.task,
        "model": decision.model,
        "reason": decision.reason,
        "demands": {
            name: score.demand for name, score in decision.scores.items() if score.demand is not None
        },
    }


def rounded(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "demands": {name: round(demand, 3) for name, demand in line["demands"].items()}}


def test_golden_decisions_have_not_moved() -> None:
    """A changed line is a changed decision: explain it in the commit that writes it."""
    golden = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    made = [msgspec.to_builtins(rounded(golden_line(asked))) for asked in samples()]
    assert len(made) > 100
    assert made == golden


def test_the_recorded_week_is_decided(recorded_data: Path) -> None:
    decided = [
        ENGINE.decide(request(line.request, model=line.request["model"])).reason
        for line in read_week(recorded_data / "traffic")
    ]
    assert len(decided) == 2_693
    assert set(decided) <= set(reasons.TEXTS)


if __name__ == "__main__" and "--write" in sys.argv:
    lines = (json.dumps(rounded(golden_line(asked)), ensure_ascii=False) + "\n" for asked in samples())
    GOLDEN.write_text("".join(lines), "utf-8")

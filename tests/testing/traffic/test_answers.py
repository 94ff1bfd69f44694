from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from suffice.testing.traffic.answers import answer, tokens
from suffice.testing.traffic.draft import Draft, UseCase, ask
from suffice.testing.traffic.models import MODELS


@dataclass
class Case:
    """A use case whose models are always right, or never."""

    rate: float
    reasoning_tokens: int = 0

    def answered(self, draft: Draft, model: str = "gpt-5.4", warm_characters: int = 0):
        rates = dict.fromkeys(("top", "middle", "small"), self.rate)
        case = UseCase(
            name="n",
            task="t",
            baseline=model,
            share=1,
            right_rates=rates,
            reasoning_tokens=self.reasoning_tokens,
            conversation=lambda _: [draft],
        )
        rng = random.Random(1)
        return answer(rng, case, draft, model, hardness=0.5, warm_characters=warm_characters)


TEXT = Draft(messages=ask("s" * 8000, "u"), right=("One. ", "Two. ", "Three. "), wrong="No.")
TOOL = Draft(
    messages=ask("s", "u"),
    call={"name": "f", "arguments": {"a": 1}},
    wrong_call={"name": "g", "arguments": {}},
)


def test_right_and_wrong_texts() -> None:
    assert Case(1).answered(TEXT).message == {"role": "assistant", "content": "One. Two. Three."}
    assert Case(1).answered(TEXT).score == 1
    assert (Case(0).answered(TEXT).message["content"], Case(0).answered(TEXT).score) == ("No.", 0)


def test_right_and_wrong_calls() -> None:
    names = [Case(rate).answered(TOOL).message["tool_calls"][0]["function"]["name"] for rate in (1, 0)]
    assert names == ["f", "g"]
    assert Case(1).answered(TOOL).message["content"] is None


def test_a_terse_model_leaves_the_last_parts_out() -> None:
    long = Draft(messages=ask("s", "u"), right=tuple(f"{n} " for n in range(10)), wrong="")
    lengths = [len(Case(1).answered(long, model).message["content"]) for model in ("gpt-5.4", "gpt-5.4-nano")]
    assert lengths[0] > lengths[1] > 0


def test_only_models_that_reason_spend_reasoning_tokens() -> None:
    thinking, plain = (Case(1, 400).answered(TEXT, model) for model in ("gpt-5.4", "gpt-5.4-nano"))
    assert thinking.reasoning_tokens > 100
    assert thinking.output_tokens > thinking.reasoning_tokens
    assert plain.reasoning_tokens == 0


@pytest.mark.parametrize(("warm", "cached"), [(0, 0), (4000, 0), (4500, 1024), (6000, 1280)])
def test_warm_prefixes_are_cached_in_steps(warm: int, cached: int) -> None:
    assert Case(1).answered(TEXT, warm_characters=warm).cached_tokens == cached


def test_claude_writes_its_cache_when_it_is_cold() -> None:
    cold = Case(1).answered(TEXT, "claude-opus-5")
    warm = Case(1).answered(TEXT, "claude-opus-5", warm_characters=7000)
    assert cold.cache_write_tokens >= 1024 > cold.cached_tokens == 0
    assert warm.cached_tokens >= 1024 > warm.cache_write_tokens == 0


def test_no_text_is_one_token() -> None:
    assert tokens("", MODELS["gpt-5.4"]) == 1

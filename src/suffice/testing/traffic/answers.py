"""What each demo model answers to a draft: right or wrong, how long, for how many tokens."""

from __future__ import annotations

import math
import random
from typing import Any

import msgspec

from suffice.testing.traffic.draft import Draft, Message, UseCase, compact
from suffice.testing.traffic.models import MODELS, DemoModel

_CACHE_FROM_TOKENS = 1024
_CACHE_STEP_TOKENS = 128
_PER_MESSAGE_TOKENS = 4
_IN_COMMON = 0.8
"""Share of a model's mistakes that come from how hard the request is, for all models alike."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One model's answer with what it used."""

    message: Message
    score: float
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


def answer(  # noqa: PLR0913 -- what an answer depends on
    rng: random.Random,
    use_case: UseCase,
    draft: Draft,
    model: str,
    *,
    hardness: float,
    warm_characters: int,
) -> Answered:
    """Returns what a model answers.

    Args:
        rng: Decides whether it is right, and how long it reasons.
        use_case: How often a model of its grade is right.
        draft: What is right and wrong.
        model: A key of `MODELS`.
        hardness: Of the request, uniform in [0, 1): the same for all models.
        warm_characters: Characters at the prompt's start that the model's provider has seen shortly before.
    """
    knows = MODELS[model]
    own = rng.random()
    right = (hardness if rng.random() < _IN_COMMON else own) < use_case.right_rates[knows.grade]
    message = _message(draft, knows, right=right)
    given = compact([draft.messages, draft.parameters.get("tools", [])])
    reasoning = _reasoning_tokens(rng, use_case, knows)
    input_tokens = tokens(given, knows) + _PER_MESSAGE_TOKENS * len(draft.messages)
    cached = _cacheable(math.floor(warm_characters / knows.characters_per_token))
    writes = model.startswith("claude") and not cached and _cacheable(input_tokens)
    return Answered(
        message=message,
        score=float(right),
        input_tokens=input_tokens,
        output_tokens=tokens(message["content"] or compact(message["tool_calls"]), knows) + reasoning,
        cached_tokens=min(cached, input_tokens),
        cache_write_tokens=min(_cacheable(input_tokens), input_tokens) if writes else 0,
        reasoning_tokens=reasoning,
    )


def tokens(text: str, model: DemoModel) -> int:
    """Estimates a model's tokens of a text: at least 1."""
    return max(1, math.ceil(len(text) / model.characters_per_token))


def _message(draft: Draft, model: DemoModel, *, right: bool) -> Message:
    call = draft.call if right else draft.wrong_call
    if call is not None:
        function = {"name": call["name"], "arguments": compact(call["arguments"])}
        made: list[dict[str, Any]] = [{"id": "call_0", "type": "function", "function": function}]
        return {"role": "assistant", "content": None, "tool_calls": made}
    kept = max(1, math.ceil(len(draft.right) * model.wordiness))
    text = "".join(draft.right[:kept]).rstrip() if right else draft.wrong
    return {"role": "assistant", "content": text}


def _reasoning_tokens(rng: random.Random, use_case: UseCase, model: DemoModel) -> int:
    if not model.reasons or not use_case.reasoning_tokens:
        return 0
    return round(use_case.reasoning_tokens * rng.lognormvariate(0.0, 0.4))


def _cacheable(tokens_seen: int) -> int:
    """Providers cache prefixes from 1,024 tokens on, in steps of 128."""
    return tokens_seen // _CACHE_STEP_TOKENS * _CACHE_STEP_TOKENS if tokens_seen >= _CACHE_FROM_TOKENS else 0

"""What the caller sets says what it expects: effort asks for thought, an early stop for a brief answer."""

from __future__ import annotations

import math

from suffice.features import Features
from suffice.types import Score

NUMBER = 8
READS = "reasoning effort or thinking budget, number of answers, temperature, logprobs, stop sequences"
SOURCE = (
    "house heuristic: effort none 0.1 to xhigh 1; a thinking budget logarithmic from 1,024 tokens (0.45) to "
    "32,000 (0.9); without either 0.15 for logprobs, 0.2 for a stop sequence, 0.25 for temperature 0, 0.5 for "
    "several answers or a temperature over 1"
)

_EFFORT = {"none": 0.1, "minimal": 0.15, "low": 0.3, "medium": 0.5, "high": 0.85, "xhigh": 1.0}
_BUDGET, _FULL_BUDGET = 1_024, 32_000
_ABSTAINS = Score(None, "the parameters say nothing")


def score(features: Features) -> Score:
    """Returns the demand that the parameters show; abstains where all are left at their defaults."""
    decoding = features.decoding
    if decoding.effort is not None:
        return Score(_EFFORT[decoding.effort], f"reasoning effort {decoding.effort}")
    if decoding.thinking_tokens is not None:
        return _thinking(decoding.thinking_tokens)
    return _sampling(features)


def _sampling(features: Features) -> Score:
    decoding = features.decoding
    if features.choices > 1:
        return Score(0.5, f"{features.choices} answers to choose from")
    # 1 is the default of every provider: who sends it has said nothing.
    if decoding.temperature is not None and decoding.temperature > 1:
        return Score(0.5, "a temperature over the default: variety is wanted")
    if features.logprobs:
        return Score(0.15, "log probabilities are read: the answer is a score or a label")
    if decoding.stops:
        return Score(0.2, "the answer ends at a stop sequence")
    if decoding.temperature == 0:
        return Score(0.25, "temperature 0: one right answer is wanted")
    return _ABSTAINS


def _thinking(tokens: int) -> Score:
    if tokens == 0:
        return Score(_EFFORT["none"], "thinking is turned off")
    share = math.log(max(tokens, _BUDGET) / _BUDGET) / math.log(_FULL_BUDGET / _BUDGET)
    return Score(0.45 + 0.45 * min(1.0, share), f"a budget of {tokens:,} tokens for thinking")

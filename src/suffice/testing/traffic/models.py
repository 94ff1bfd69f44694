"""The models that answer in the demo, and how they differ there: invented figures, but plausible ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Grade = Literal["top", "middle", "small"]
GRADES: tuple[Grade, ...] = ("top", "middle", "small")


class DemoModel(msgspec.Struct, frozen=True, kw_only=True):
    """How a model answers."""

    grade: Grade
    wordiness: float
    """Share of a right answer's parts that it writes, in (0, 1]."""
    characters_per_token: float
    reasons: bool = False
    """Whether it spends reasoning tokens."""


MODELS: Mapping[str, DemoModel] = {
    "gpt-5.4": DemoModel(grade="top", wordiness=1.0, characters_per_token=4.3, reasons=True),
    "gpt-5.4-mini": DemoModel(grade="middle", wordiness=0.85, characters_per_token=4.3, reasons=True),
    "gpt-5.4-nano": DemoModel(grade="small", wordiness=0.7, characters_per_token=4.3),
    "claude-opus-5": DemoModel(grade="top", wordiness=1.0, characters_per_token=3.8),
    "claude-sonnet-5": DemoModel(grade="top", wordiness=0.9, characters_per_token=3.8),
    "claude-haiku-4-5": DemoModel(grade="middle", wordiness=0.8, characters_per_token=3.8),
}

"""How the client wants the answer made: effort, randomness, how many, where to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
Verbosity = Literal["low", "medium", "high"]

_EFFORTS: Mapping[str, Effort] = {
    "none": "none",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "xhigh",
}
_VERBOSITIES: Mapping[str, Verbosity] = {"low": "low", "medium": "medium", "high": "high"}


class Decoding(msgspec.Struct, frozen=True, kw_only=True):
    """What the client says about how to answer; `None` where it says nothing."""

    effort: Effort | None = None
    """How hard to think, by name."""
    thinking_tokens: int | None = None
    """The budget for thinking; 0 if thinking is turned off."""
    temperature: float | None = None
    stops: int = 0
    """Sequences that end the answer."""
    verbosity: Verbosity | None = None


_NOTHING = Decoding()
_SAID_IN = frozenset(
    [
        "reasoning_effort", "reasoning", "output_config", "thinking", "temperature", "stop", "stop_sequences",
        "verbosity", "text",
    ]
)  # fmt: skip


def decoding_of(body: Mapping[str, Any]) -> Decoding:
    """Returns what a body says about how to answer, in any client API's form."""
    if _SAID_IN.isdisjoint(body):
        return _NOTHING
    efforts = (
        body.get("reasoning_effort"),
        _in(body, "reasoning", "effort"),
        _in(body, "output_config", "effort"),
    )
    return Decoding(
        effort=_named(_EFFORTS, *efforts),
        thinking_tokens=_thinking(body.get("thinking")),
        temperature=_number(body.get("temperature")),
        stops=_count(body.get("stop", body.get("stop_sequences"))),
        verbosity=_named(_VERBOSITIES, body.get("verbosity"), _in(body, "text", "verbosity")),
    )


def _in(body: Mapping[str, Any], part: str, name: str) -> object:
    inner = body.get(part)
    return inner.get(name) if isinstance(inner, dict) else None


def _named(names: Mapping[str, Any], *said: object) -> Any:
    return next((names[value] for value in said if isinstance(value, str) and value in names), None)


def _thinking(said: object) -> int | None:
    if not isinstance(said, dict):
        return None
    if said.get("type") == "disabled":
        return 0
    budget = said.get("budget_tokens")
    return budget if type(budget) is int and budget > 0 else None


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 2:
        return float(value)
    return None


def _count(stop: object) -> int:
    if isinstance(stop, str):
        return 1
    return sum(isinstance(part, str) for part in stop[:16]) if isinstance(stop, list) else 0

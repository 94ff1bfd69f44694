"""What a use case of the demo is made of: drafts of requests, each with a right and a wrong answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Message = dict[str, Any]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One request and what may be answered to it."""

    messages: list[Message]
    right: tuple[str, ...] = ()
    """The right answer in parts; a terse model leaves the last ones out, never the first."""
    wrong: str = ""
    """What a model answers that fails."""
    call: Message | None = None
    """The right tool call as `{"name", "arguments"}`, instead of a text."""
    wrong_call: Message | None = None
    parameters: dict[str, Any] = {}
    """More of the request: tools, response_format, max_completion_tokens ..."""
    expected: str | list[Message] | None = None
    """The final answer that can be checked by comparison, or the tool calls, where there is one."""


class UseCase(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the demo's product uses models for."""

    name: str
    """The feature tag."""
    task: str
    baseline: str
    """The model that the product asks for."""
    share: float
    """Of the week's conversations; the shares of all use cases need not sum to 1."""
    right_rates: Mapping[str, float]
    """How often a model of each grade answers right: of `models.GRADES`."""
    reasoning_tokens: int = 0
    """What a reasoning model thinks before it answers, on average."""
    conversation: Callable[[random.Random], list[Draft]]
    """Writes one conversation: its requests in their order, usually one."""


def ask(system: str, user: str) -> list[Message]:
    """Returns the messages of a single question."""
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def json_format(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a strict structured-output format in which every property is required."""
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def compact(value: Any) -> str:
    """Returns a value as compact JSON."""
    return msgspec.json.encode(value).decode()

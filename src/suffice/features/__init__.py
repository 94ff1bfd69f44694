"""READ: what is in a request, in one form for all client APIs. No judgement, no trust: any value may have any type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.features.contract import Contract, contract_of
from suffice.features.grams import hashes_of
from suffice.features.messages import Turn, turns_of
from suffice.features.task import Ask, task_of, words_of
from suffice.features.tokens import estimate_tokens
from suffice.features.tools import Tools, tools_of
from suffice.types import ClientApi, Request

HEAD_CHARS, TAIL_CHARS = 3_000, 1_500
"""How much of the instructions and of the last user turn the layers read: what is asked stands at an end."""


_REASONING = ("reasoning_effort", "reasoning", "thinking")
_STORED = ("previous_response_id", "conversation", "container")


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What the layers see of a request. Token counts are estimates; see `suffice.features.tokens`."""

    api: ClientApi
    feature: str = "untagged"
    """The client's use-case tag."""
    input_tokens: int
    tokens_by_role: Mapping[str, int]
    turns: int
    """Messages in the conversation, instructions included."""
    user_turns: int
    after_tool: bool
    """The last turn is a tool's result: an agent is at work."""
    instructions: str
    """The system's text, head and tail."""
    question: str
    """The last user turn's text, head and tail."""
    text: str
    """Instructions and question, in lower case."""
    words: frozenset[str]
    """Of the text."""
    hashes: bytes
    """Of the text's words and marks in order; see `suffice.features.grams`."""
    output_limit: int | None
    """The largest answer that the client accepts, in tokens."""
    tools: Tools | None
    parallel_tools: bool
    contract: Contract | None
    modalities: frozenset[str]
    """Of: image, audio, file."""
    logprobs: bool
    choices: int
    reasoning: bool
    """The client asks for reasoning by name."""
    pinned: bool
    """State that only the model that made it can continue: a stored response, a thinking signature."""
    task: str | None
    """The recognised kind of task, a key of `suffice.features.task.TASKS`."""


def read(request: Request) -> Features:
    """Returns the features of a request. Total: garbage is absent evidence, never an error."""
    body = request.body
    turns = turns_of(body) if request.api != "embeddings" else _inputs(body)
    tools, contract = tools_of(body), contract_of(body)
    tokens: dict[str, int] = {}
    modalities: frozenset[str] = frozenset()
    said: dict[str, list[str]] = {"system": [], "user": []}
    pinned = False
    for turn in turns:
        tokens[turn.role] = tokens.get(turn.role, 0) + estimate_tokens(turn.text)
        modalities |= turn.modalities
        pinned = pinned or turn.pinned
        if turn.role in said:
            said[turn.role].append(turn.text)
    # What a provider adds for a turn's frame and for a tool's definition; house heuristic.
    frame = 4 * len(turns) + (0 if tools is None else 30 * tools.count + 15 * tools.parameters)
    question = _ends(said["user"][-1]) if said["user"] else ""
    instructions = _ends("\n".join(said["system"]))
    asked = question.lower()
    text = f"{instructions.lower()}\n{asked}" if instructions else asked
    ask = Ask(
        question=asked,
        text=text,
        words=words_of(text),
        tools=tools,
        contract=contract,
        after_tool=bool(turns) and turns[-1].role == "tool",
        input_tokens=sum(tokens.values()) + frame,
        output_limit=_output_limit(body),
    )
    return Features(
        api=request.api,
        feature=request.feature,
        input_tokens=ask.input_tokens,
        tokens_by_role=tokens,
        turns=len(turns),
        user_turns=len(said["user"]),
        after_tool=ask.after_tool,
        instructions=instructions,
        question=question,
        text=text,
        words=ask.words,
        hashes=hashes_of(text),
        output_limit=ask.output_limit,
        tools=tools,
        parallel_tools=body.get("parallel_tool_calls") is True,
        contract=contract,
        modalities=modalities,
        logprobs=body.get("logprobs") is True or _positive(body.get("top_logprobs")) is not None,
        choices=_positive(body.get("n")) or 1,
        reasoning=any(isinstance(body.get(name), (str, dict)) for name in _REASONING),
        pinned=pinned or any(map(body.get, _STORED)),
        task=None if request.api == "embeddings" else task_of(ask),
    )


def _inputs(body: Mapping[str, Any]) -> list[Turn]:
    given = body.get("input")
    if isinstance(given, str):
        return [Turn("user", given)]
    return (
        [Turn("user", text) for text in given[:400] if isinstance(text, str)]
        if isinstance(given, list)
        else []
    )


def _output_limit(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_output_tokens", "max_tokens"):
        if (limit := _positive(body.get(name))) is not None:
            return limit
    return None


def _positive(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None


def _ends(text: str) -> str:
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    return text[:HEAD_CHARS] + "\n" + text[-TAIL_CHARS:]

"""CHOOSE: does a cheap answer fail what its own request asks for? Then the baseline answers. Pure.

Only whole answers are looked at, before anything is sent: a stream is never taken back after its first byte. What is
checked, and what is not, is in `docs/resilience.md`.

Sources: OpenAI API reference, "structured outputs", "function calling"; Anthropic API reference, "messages". Bounds
are house heuristics.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from suffice.features import bounded_schema
from suffice.features.answers import Answered, ToolCall, read_answer
from suffice.features.bounded_schema import BoundedSchema
from suffice.features.json_schema import requested_schema
from suffice.features.recent import Recent
from suffice.policy.refusals import is_refusal
from suffice.types import ClientApi

Failing = Literal[
    "unreadable", "filtered", "refusal", "empty", "truncated", "not_json", "schema",
    "tool_missing", "unknown_tool", "too_many_calls", "missing_argument", "tool_arguments",
]  # fmt: skip
Signal = Literal["contract", "empty", "refusal", "length"]

MOST_RESPONSE_BYTES = 4 * 2**20
"""Larger responses are not looked at."""
_MOST_JSON_BYTES, _MOST_SCHEMA_BYTES, _MOST_CHOICES, _MOST_TOOLS = 256 * 1024, 64 * 1024, 16, 512
_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
_WAITING = ("queued", "in_progress")
_SAID = frozenset(
    {
        "message", "reasoning", "function_call", "custom_tool_call", "text", "thinking", "redacted_thinking",
        "tool_use",
    }
)  # fmt: skip
_ANY: Mapping[str, Any] = {}

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order=None).encode
_schemas: Recent[tuple[BoundedSchema, int]] = Recent(512, 8 * 2**20, lambda kept: 4 * kept[1])


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with an answer."""

    code: Failing
    signal: Signal
    """The one of `Outcome.signals` that stands for it; `escalated` comes beside it."""
    detail: str = ""
    """In words; never a text of the request or the answer."""


def problem(request: Mapping[str, Any], api: ClientApi, response: bytes) -> Problem | None:
    """Returns what an answer lacks that its request asks for, or `None` if it may be served.

    Never raises, whatever either of them holds; the work is bounded. What cannot be checked within the bounds passes.
    Of several choices one that is right is enough.

    Args:
        request: Decoded body of the client's request, as it came. Untrusted.
        api: Whose request and response they are.
        response: Body of a response with status 200, not compressed. Untrusted.
    """
    if api not in {"chat_completions", "responses", "messages"} or len(response) > MOST_RESPONSE_BYTES:
        return None
    try:
        body = _decode(response)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _contract("unreadable", "the response is no JSON")
    if isinstance(body, dict) and body.get("status") in _WAITING and api == "responses":
        return None
    first: Problem | None = None
    for one in _choices(body):
        answer = read_answer(api, one)
        if answer is None:
            return _contract("unreadable", "the response is none of its API")
        found = _problem_of(request, answer)
        if found is None:
            return None
        first = first or found
    return first


def warm() -> None:
    """Loads what checks need: some 100 ms, to be spent off the event loop before route mode serves."""
    bounded_schema.warm()


def forget() -> None:
    """Forgets all schemas that were read."""
    _schemas.clear()


def _choices(body: Any) -> Iterator[Any]:
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or len(choices) < 2:
        yield body
        return
    for choice in choices[:_MOST_CHOICES]:
        yield {**body, "choices": [choice], "usage": None}


def _problem_of(request: Mapping[str, Any], answer: Answered) -> Problem | None:
    said_no = _no(answer)
    if said_no is not None:
        return said_no
    if answer.tool_calls:
        return _calls_problem(request, answer.tool_calls) or _length_problem(request, answer)
    return _missing(request, answer) or _text_problem(request, answer)


def _no(answer: Answered) -> Problem | None:
    if answer.finish == "content_filter":
        return Problem(code="filtered", signal="refusal", detail="the provider filtered the answer")
    if answer.refusal:
        return Problem(code="refusal", signal="refusal", detail="the response says that the model refused")
    return None


def _missing(request: Mapping[str, Any], answer: Answered) -> Problem | None:
    if not answer.text.strip() and not _holds_more(answer.body):
        return Problem(code="empty", signal="empty", detail="there is neither text nor a tool call")
    if _must_call(request):
        return _contract("tool_missing", "the request demands a tool call, and there is none")
    return None


def _text_problem(request: Mapping[str, Any], answer: Answered) -> Problem | None:
    schema = requested_schema(request)
    if schema is not None:
        return _json_problem(schema, answer)
    if is_refusal(answer.text):
        return Problem(code="refusal", signal="refusal", detail="the answer is a refusal in words")
    return _length_problem(request, answer)


def _json_problem(schema: Mapping[str, Any], answer: Answered) -> Problem | None:
    # As clients read it: all of the text, so a fence around it is as wrong as a missing brace.
    cut = ": it was cut off" if answer.finish == "length" else ""
    if len(answer.text) > _MOST_JSON_BYTES:
        return None
    try:
        document = _decode(answer.text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _contract("not_json", f"the request demands JSON, and the answer is none{cut}")
    found = _breach(schema, document, len(answer.text))
    return (
        None
        if found is None
        else _contract("schema", f"{found[1] or 'the whole'} breaks the schema's {found[0]}")
    )


def _calls_problem(request: Mapping[str, Any], calls: tuple[ToolCall, ...]) -> Problem | None:
    offered, all_named = _offered(request)
    choice = request.get("tool_choice", request.get("function_call"))
    named = _named(choice)
    if len(calls) > 1 and _one_at_most(request, choice):
        return _contract("too_many_calls", "the request allows one tool call at a time")
    for call in calls[:_MOST_TOOLS]:
        if (call.name not in offered and all_named) or choice == "none" or named not in {None, call.name}:
            return _contract("unknown_tool", "a tool is called that the request does not offer")
        found = _arguments_problem(offered.get(call.name), call.arguments)
        if found is not None:
            return found
    return None


def _arguments_problem(schema: Mapping[str, Any] | None, arguments: Any) -> Problem | None:
    """`None` as the schema stands for a tool that takes any text."""
    if schema is None:
        return None
    if not isinstance(arguments, dict):
        return _contract("tool_arguments", "the arguments of a tool call are no JSON object")
    found = _breach(schema, arguments, _size(arguments)) if schema else None
    if found is None:
        return None
    if found[0] == "required":
        return _contract("missing_argument", "a tool call lacks an argument that is required")
    return _contract("tool_arguments", f"the arguments of a tool call break their schema's {found[0]}")


def _size(document: object) -> int:
    try:
        return len(_encode(document))
    except (UnicodeError, RecursionError, ValueError, OverflowError):
        return MOST_RESPONSE_BYTES


def _length_problem(request: Mapping[str, Any], answer: Answered) -> Problem | None:
    """An answer that its request's own limit has cut would be cut if the baseline gave it, too."""
    if answer.finish != "length":
        return None
    limits = [limit for name in _LIMITS if type(limit := request.get(name)) is int and limit > 0]
    usage = answer.body.get("usage")
    tokens = usage.get("completion_tokens", usage.get("output_tokens")) if isinstance(usage, dict) else None
    if limits and (type(tokens) is not int or tokens >= min(limits)):
        return None
    return Problem(code="truncated", signal="length", detail="it was cut off before the request's own limit")


def _breach(schema: Mapping[str, Any], document: object, size: int) -> tuple[str, str] | None:
    if size > _MOST_JSON_BYTES:
        return None
    try:
        encoded = _encode(schema)
    except (UnicodeError, RecursionError, ValueError, OverflowError):
        return None
    if len(encoded) > _MOST_SCHEMA_BYTES:
        return None
    key = hashlib.blake2b(encoded, digest_size=16).digest()
    kept = _schemas.get(key)
    if kept is None:
        kept = (BoundedSchema(schema, encoded), 1_000 + len(encoded))
        _schemas.put(key, kept)
    return kept[0].breach(document, size)


def _offered(request: Mapping[str, Any]) -> tuple[dict[str, Mapping[str, Any] | None], bool]:
    """The parameters' schemas by the tools' names, and whether every tool has a name that could be read."""
    offered: dict[str, Mapping[str, Any] | None] = {}
    all_named = True
    for key in ("tools", "functions"):
        tools = request.get(key)
        listed = tools if isinstance(tools, list) else []
        all_named = all_named and len(listed) <= _MOST_TOOLS
        for tool in listed[:_MOST_TOOLS]:
            name, schema = _tool(tool)
            if name is None:
                all_named = False
            else:
                offered[name] = schema
    return offered, all_named


def _tool(tool: object) -> tuple[str | None, Mapping[str, Any] | None]:
    if not isinstance(tool, dict):
        return None, None
    inner = next((tool[at] for at in ("function", "custom") if isinstance(tool.get(at), dict)), tool)
    name = inner.get("name")
    schema = inner.get("parameters", inner.get("input_schema"))
    if not isinstance(schema, dict):
        schema = None if tool.get("type") == "custom" else _ANY
    return name if isinstance(name, str) else None, schema


def _named(choice: object) -> str | None:
    if not isinstance(choice, dict):
        return None
    inner = choice.get("function", choice.get("custom"))
    name = (inner if isinstance(inner, dict) else choice).get("name")
    return name if isinstance(name, str) else None


def _must_call(request: Mapping[str, Any]) -> bool:
    choice: object = request.get("tool_choice", request.get("function_call"))
    if isinstance(choice, dict):
        # Tools that the provider runs leave no call behind: only a function's name or "any" demands one.
        return choice.get("type") == "any" or _named(choice) is not None
    return choice == "required"


def _one_at_most(request: Mapping[str, Any], choice: object) -> bool:
    if isinstance(choice, dict) and choice.get("disable_parallel_tool_use") is True:
        return True
    return request.get("parallel_tool_calls") is False


def _holds_more(body: Mapping[str, Any]) -> bool:
    """Sound, pictures, results of tools that the provider ran: an answer without a text is not always empty."""
    items = body.get("output", body.get("content"))
    if isinstance(items, list):
        kinds = [item.get("type") for item in items if isinstance(item, dict)]
        return any(isinstance(kind, str) and kind not in _SAID for kind in kinds)
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    return isinstance(message, dict) and any(message.get(name) for name in ("audio", "images"))


def _contract(code: Failing, detail: str) -> Problem:
    return Problem(code=code, signal="contract", detail=detail)

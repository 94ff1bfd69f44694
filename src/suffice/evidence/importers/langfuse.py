"""Langfuse's observations: its export to blob storage, its export from the UI, and its API, as JSON, JSON lines, CSV.

A generation is a call; other observations, scores and failed generations are counted. Enriched observations carry what
their trace has; older exports keep session and tags with the trace, so observations and traces are joined by trace_id
where both are imported together. Fields are those of
https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields, in snake or camel case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from suffice.evidence.importers._entries import (
    Entry,
    Options,
    Part,
    SkippedError,
    UnreadableError,
    count,
    decoded,
    feature_of,
    first,
    identity,
    mapping,
    number,
    text,
    time_ns,
    tokens,
    usd_nanos,
)
from suffice.evidence.importers._pairs import Known, call_of
from suffice.types import LoggedCall, Usage

TITLE = "Langfuse observations and traces"
SOURCE = "https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields"

_TYPES = frozenset(
    {
        "GENERATION",
        "SPAN",
        "EVENT",
        "AGENT",
        "TOOL",
        "CHAIN",
        "RETRIEVER",
        "EVALUATOR",
        "EMBEDDING",
        "GUARDRAIL",
    }
)
_OF_TRACE = ("session_id", "sessionId", "trace_name", "traceName", "tags", "trace_tags")
_PARAMETERS = frozenset(
    {"temperature", "top_p", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty", "seed",
     "reasoning_effort", "stop", "n"}
)  # fmt: skip
_MESSAGE = frozenset({"role", "content"})


def recognises(record: Entry) -> bool:
    """Tells whether a record is an observation, a score, or a trace."""
    if isinstance(record.get("observations"), list) and ("trace" in record or "id" in record):
        return True
    if {"trace_id", "traceId"} & record.keys():
        return record.get("type") in _TYPES or _score(record)
    return _trace(record)


def expand(record: Entry) -> Iterable[Entry]:
    """Yields the observations inside of a trace, each with what the trace has; or the record itself."""
    inside = decoded(record.get("observations"))
    if not isinstance(inside, list) or not any(isinstance(one, dict) for one in inside):
        return (record,)
    trace = mapping(record.get("trace")) or record
    return [_with_trace(one, trace) for one in inside if isinstance(one, dict)]


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the call of a generation, or a part: an observation without its trace, a trace.

    Raises:
        UnreadableError: It cannot be read.
        SkippedError: It is no generation, failed, or was exported without its input.
    """
    trace_id = text(first(entry, "trace_id", "traceId"))
    if not trace_id and _trace(entry):
        return Part(key=text(entry.get("id")), kind="trace", entry=entry)
    if entry.get("type") != "GENERATION":
        raise SkippedError("embedding" if entry.get("type") == "EMBEDDING" else "not_a_call")
    if text(entry.get("level")) == "ERROR":
        raise SkippedError("failed_call")
    if trace_id and not any(name in entry for name in _OF_TRACE):
        return Part(key=trace_id, kind="observation", entry=entry)
    return _call(entry, options)


def join(parts: Sequence[Part]) -> Iterable[Entry]:
    """Yields the observations of a trace, each with what the trace has."""
    trace = next((part.entry for part in parts if part.kind == "trace"), {})
    return [_with_trace(part.entry, trace) for part in parts if part.kind == "observation"]


def _with_trace(observation: Entry, trace: Entry) -> dict[str, Any]:
    added = {
        "session_id": first(trace, "session_id", "sessionId"),
        "trace_name": trace.get("name"),
        "tags": trace.get("tags"),
        "trace_metadata": trace.get("metadata"),
    }
    return {**added, **observation}


def _trace(record: Entry) -> bool:
    return (
        bool(text(record.get("id")))
        and "timestamp" in record
        and "type" not in record
        and bool({"session_id", "sessionId", "user_id", "userId"} & record.keys())
        and bool({"bookmarked", "public", "tags", "release"} & record.keys())
    )


def _score(record: Entry) -> bool:
    return bool({"data_type", "dataType"} & record.keys()) and "value" in record


def _call(entry: Entry, options: Options) -> LoggedCall:
    model = text(first(entry, "provided_model_name", "providedModelName", "model"))
    if not model:
        raise UnreadableError("no_model")
    metadata = mapping(entry.get("metadata"))
    started, ended = (time_ns(first(entry, f"{end}_time", f"{end}Time")) for end in ("start", "end"))
    known = Known(
        id=identity(entry, entry.get("id")),
        source="langfuse",
        received_ns=started,
        feature=feature_of(options, entry, metadata, entry.get("trace_metadata"), decoded(entry.get("tags"))),
        session=text(first(entry, "session_id", "sessionId")),
        expected=first(entry, "expected", "expected_output", "expectedOutput"),
        usage=_usage(mapping(first(entry, "usage_details", "usageDetails", "usage"))),
        cost_nanos=_cost_nanos(entry),
        duration_ms=(ended - started) / 1e6 if started and ended and ended >= started else None,
    )
    return call_of(_request(entry, model), _response(decoded(entry.get("output")), model), known)


def _request(entry: Entry, model: str) -> dict[str, Any]:
    given = decoded(entry.get("input"))
    rest: Mapping[str, Any] = {}
    if isinstance(given, dict):
        if isinstance(given.get("messages"), list):
            rest = {
                name: value for name, value in given.items() if name in {"tools", "system", "response_format"}
            }
            given = given["messages"]
        elif given.keys() & _MESSAGE == _MESSAGE:
            given = [given]
    if isinstance(given, str) and given.strip():
        given = [{"role": "user", "content": given}]
    if given in (None, "", [], {}):
        raise SkippedError("no_content")
    if not isinstance(given, list) or not all(isinstance(one, dict) and "role" in one for one in given):
        raise UnreadableError("unreadable_messages: the input is no list of messages")
    parameters = mapping(first(entry, "model_parameters", "modelParameters"))
    body = {
        name: _typed(value) for name, value in parameters.items() if name in _PARAMETERS and value is not None
    }
    tools = _tools(mapping(first(entry, "tool_definitions", "toolDefinitions")))
    return {**body, **({"tools": tools} if tools else {}), **rest, "model": model, "messages": given}


def _typed(value: object) -> object:
    found = number(value) if isinstance(value, str) else None
    if found is None:
        return value
    return int(found) if found.is_integer() and "." not in str(value) else found


def _tools(definitions: Entry) -> list[dict[str, Any]]:
    functions = [{"name": name, **mapping(one)} for name, one in definitions.items()]
    return [{"type": "function", "function": function} for function in functions]


def _response(output: Any, model: str) -> Any:
    if not isinstance(output, dict | list) or (
        isinstance(output, dict) and output.keys() & {"choices", "object", "type"}
    ):
        return output
    message = output[-1] if isinstance(output, list) and output else output
    if not isinstance(message, dict):
        raise UnreadableError("unreadable_response")
    if not message.keys() & {"content", "tool_calls"}:
        # Structured output is logged as the object that it was parsed into.
        return msgspec.json.encode(message).decode()
    kept = {name: message[name] for name in ("content", "tool_calls", "refusal") if name in message}
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **kept}, "finish_reason": finish}
    return {"object": "chat.completion", "model": model, "choices": [choice]}


def _usage(said: Entry) -> Usage | None:
    """Reads counts that add up, or of which some are parts of others: their total tells."""
    counts = {
        name: found
        for name, value in said.items()
        if name not in {"unit", "total"} and (found := count(value)) is not None
    }
    into = {name: n for name, n in counts.items() if name.startswith(("input", "cache", "prompt"))}
    out = {name: n for name, n in counts.items() if name.startswith(("output", "reasoning", "completion"))}
    if not {"input", "output"} <= counts.keys():
        return None
    inclusive = len(counts) == 2 or count(said.get("total")) == into["input"] + out["output"]
    return tokens(
        into["input"] if inclusive else sum(into.values()),
        out["output"] if inclusive else sum(out.values()),
        cached=sum(value for name, value in into.items() if "cache" in name and "creat" not in name),
        written=sum(value for name, value in into.items() if "creat" in name),
        reasoning=sum(value for name, value in out.items() if "reasoning" in name),
    )


def _cost_nanos(entry: Entry) -> int | None:
    of_details = mapping(first(entry, "cost_details", "costDetails")).get("total")
    said = first(entry, "total_cost", "totalCost", "calculated_total_cost", "calculatedTotalCost")
    # Langfuse has 0 where no model definition matched.
    return usd_nanos(said if said is not None else of_details) or None

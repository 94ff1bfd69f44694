"""OTLP in JSON as plain values: spans and log records with their attributes. Pure.

Source: OpenTelemetry protocol, "JSON Protobuf Encoding" and "OTLP file exporter".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from suffice.evidence.importers._entries import Entry, count, text

_DEEPEST = 50


def spans(record: Entry) -> Iterator[dict[str, Any]]:
    """Yields the spans of one line of the file exporter, attributes as plain values.

    Each has trace, span, name, start_ns, end_ns, failed, attributes (the resource's `service.name` too) and events.
    """
    for resource, scoped in _scopes(record, "resourceSpans", "scopeSpans", "spans"):
        status = scoped.get("status")
        yield {
            "kind": "span",
            "trace": text(scoped.get("traceId")),
            "span": text(scoped.get("spanId")),
            "name": text(scoped.get("name")),
            "start_ns": count(scoped.get("startTimeUnixNano")),
            "end_ns": count(scoped.get("endTimeUnixNano")),
            "failed": isinstance(status, dict) and status.get("code") in (2, "STATUS_CODE_ERROR"),
            "attributes": {**resource, **attributes(scoped.get("attributes"))},
            "events": [
                {
                    "name": text(event.get("name")),
                    "attributes": attributes(event.get("attributes")),
                    "body": None,
                }
                for event in _objects(scoped.get("events"))
            ],
        }


def logs(record: Entry) -> Iterator[dict[str, Any]]:
    """Yields the log records of one line of the file exporter: trace, span, name, attributes and body."""
    for _, scoped in _scopes(record, "resourceLogs", "scopeLogs", "logRecords"):
        found = attributes(scoped.get("attributes"))
        yield {
            "kind": "log",
            "trace": text(scoped.get("traceId")),
            "span": text(scoped.get("spanId")),
            "name": text(scoped.get("eventName")) or text(found.get("event.name")),
            "start_ns": count(scoped.get("timeUnixNano")) or count(scoped.get("observedTimeUnixNano")),
            "attributes": found,
            "body": plain(scoped.get("body")),
        }


def attributes(pairs: object) -> dict[str, Any]:
    """Returns key-value pairs as a dict of plain values."""
    return {text(pair.get("key")): plain(pair.get("value")) for pair in _objects(pairs)}


def plain(value: object, depth: int = 0) -> Any:
    """Returns what an `AnyValue` holds: text, number, truth, list or dict; `None` for nothing or nonsense.

    >>> plain({"arrayValue": {"values": [{"intValue": "7"}, {"stringValue": "a"}]}})
    [7, 'a']
    """
    found: Any = None
    if not isinstance(value, dict) or depth > _DEEPEST:
        return found
    match value:
        case {"stringValue": found} | {"boolValue": found} | {"doubleValue": found}:
            pass
        case {"intValue": number}:
            found = (
                int(number) if isinstance(number, int | str) and str(number).lstrip("-").isdecimal() else None
            )
        case {"arrayValue": dict(array)}:
            values = array.get("values")
            found = [plain(one, depth + 1) for one in values] if isinstance(values, list) else []
        case {"kvlistValue": dict(pairs)}:
            found = {
                text(pair.get("key")): plain(pair.get("value"), depth + 1)
                for pair in _objects(pairs.get("values"))
            }
        case {"bytesValue": str(encoded)}:
            found = encoded
        case _:
            pass
    return found


def indexed(found: Entry, prefix: str) -> list[dict[str, Any]]:
    """Returns flat attributes `prefix.0.name` as a list of objects, in the order of their numbers.

    Deeper numbers stay in the names.

    >>> indexed({"p.1.role": "user", "p.0.role": "system", "p.0.tool.0.id": "x"}, "p")
    [{'role': 'system', 'tool.0.id': 'x'}, {'role': 'user'}]
    """
    numbered: dict[int, dict[str, Any]] = {}
    for key, value in found.items():
        if key.startswith(f"{prefix}."):
            number, dot, name = key[len(prefix) + 1 :].partition(".")
            if dot and number.isdecimal():
                numbered.setdefault(int(number), {})[name] = value
    return [numbered[number] for number in sorted(numbered)]


def as_json(value: object) -> str:
    """Returns a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _scopes(record: Entry, outer: str, inner: str, items: str) -> Iterator[tuple[dict[str, Any], Entry]]:
    for resource in _objects(record.get(outer)):
        described = resource.get("resource")
        found = attributes(described.get("attributes")) if isinstance(described, dict) else {}
        named = {name: value for name, value in found.items() if name == "service.name"}
        for scope in _objects(resource.get(inner)):
            for item in _objects(scope.get(items)):
                yield named, item


def _objects(value: object) -> list[Entry]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

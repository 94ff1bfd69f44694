"""Replaces secrets and personal data in the texts of a call by placeholders, and leaves its structure as it is.

Only values that are texts change. Definitions of tools, names, ids and what else ties a request together stay; so do
encoded images and files. The same text gets the same placeholder throughout a call, in the request and in its answer,
so that a grader still sees that one repeats the other. A text that is JSON is JSON afterwards.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, cast

import msgspec

from suffice.errors import ConfigError
from suffice.proxy.captures.patterns import FINDERS, Finder

_decode = msgspec.json.Decoder().decode
# What stood directly beside something that was found can be found when that is gone.
_ROUNDS = 3
_NOT_A_KIND = re.compile(r"[^A-Z_]")

# Of a body: what tools there are, and what form the answer must have.
_DEFINITIONS = frozenset(
    {
        "model", "tools", "functions", "tool_choice", "function_call", "response_format", "text", "output_format",
        "output_config", "mcp_servers",
    }
)  # fmt: skip
# Of the objects that an API defines; where a client is free to choose its keys, these mean nothing.
_STRUCTURE = frozenset(
    {
        "type", "role", "id", "object", "model", "name", "status", "tool_call_id", "tool_use_id", "call_id", "item_id",
        "file_id", "previous_response_id", "finish_reason", "stop_reason", "service_tier", "system_fingerprint",
        "signature", "encrypted_content", "media_type", "mime_type", "data", "format", "detail",
    }
)  # fmt: skip
_TOOL_USES = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


class Redaction:
    """The placeholders of one call.

    Args:
        finders: What finds the spans to replace. Whatever one of them raises is raised: a call is redacted whole or
            not kept.
    """

    def __init__(self, finders: Sequence[Finder]) -> None:
        self._finders = finders
        self._placeholders: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns a request's or an answer's body without what was found; the one that was given stays as it is."""
        return {key: self._of_body(key, value) for key, value in body.items()}

    def text(self, text: str) -> str:
        """Returns a text without what was found. Where nothing was, it is the very same text."""
        if text[:1] in {"{", "["} and text[-1:] in {"}", "]"}:
            try:
                read = _decode(text)
            except (msgspec.DecodeError, RecursionError):
                return self._replaced(text)
            changed = self._value(read, free=True)
            return text if changed is read else msgspec.json.encode(changed).decode()
        return self._replaced(text)

    def _of_body(self, key: str, value: Any) -> Any:
        if key in _DEFINITIONS or (isinstance(value, str) and key in _STRUCTURE):
            return value
        return self._value(value, free=key == "metadata")

    def _value(self, value: Any, *, free: bool) -> Any:
        """Returns the same object where nothing in it changed."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            items = [self._value(item, free=free) for item in value]
            return value if all(map(_same, items, value)) else items
        if isinstance(value, dict):
            fields = {key: self._field(value, key, free=free) for key in value}
            return value if all(map(_same, fields.values(), value.values())) else fields
        return value

    def _field(self, parent: dict[str, Any], key: str, *, free: bool) -> Any:
        value = parent[key]
        if free:
            return self._value(value, free=True)
        if isinstance(value, str) and (key in _STRUCTURE or value.startswith("data:")):
            return value
        return self._value(value, free=key == "input" and parent.get("type") in _TOOL_USES)

    def _replaced(self, text: str) -> str:
        for _ in range(_ROUNDS):
            spans = sorted(chain.from_iterable(find(text) for find in self._finders))
            if not spans:
                break
            pieces: list[str] = []
            done = 0
            for start, end, kind in _joined(spans):
                pieces += (text[done:start], self._placeholder(text[start:end], kind))
                done = end
            text = "".join((*pieces, text[done:]))
        return text

    def _placeholder(self, found: str, kind: str) -> str:
        known = self._placeholders.get(found)
        if known is None:
            kind = _NOT_A_KIND.sub("_", kind.upper())[:32] or "REDACTED"
            self._counts[kind] += 1
            known = self._placeholders[found] = f"[{kind}_{self._counts[kind]}]"
        return known


def _same(one: object, other: object) -> bool:
    return one is other


def _joined(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Spans that overlap become one, of the kind of the first: no part of either may stay."""
    joined: list[tuple[int, int, str]] = []
    for start, end, kind in spans:
        if end <= start:
            continue
        if joined and start < joined[-1][1]:
            first, last, of = joined[-1]
            joined[-1] = first, max(last, end), of
        else:
            joined.append((start, end, kind))
    return joined


def finders_of(names: Sequence[str]) -> tuple[Finder, ...]:
    """Returns the finders that a setting names.

    Args:
        names: `secrets`, `personal`, or `module:function`. A function takes a text and returns spans of it: start, end
            and a kind in capitals, such as `(10, 18, "CUSTOMER")`.

    Raises:
        ConfigError: A function cannot be imported.
    """
    return tuple(finder for name in names for finder in FINDERS.get(name) or (_imported(name),))


def _imported(name: str) -> Finder:
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"captures.redact names {name}, which cannot be imported ({error}): "
            "put its module where Python finds it (PYTHONPATH), or mend the name"
        ) from error
    if not callable(found):
        raise ConfigError(f"captures.redact names {name}, which is no function")
    # What it returns is seen when it is called.
    return cast("Finder", found)

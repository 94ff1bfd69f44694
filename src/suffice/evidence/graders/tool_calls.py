"""The answer calls the right tools with the right arguments."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.graders.exact import same
from suffice.evidence.grading import Answered, Sample, Score, ToolCall, no_verdict, said_nothing
from suffice.features.json_schema import tool_schemas

VERSION = "2"
READS = frozenset(
    {
        "ignore_arguments",
        "ignore_optional",
        "ignore_case",
        "ignore_spaces",
        "loose_numbers",
        "ordered",
        "partial",
    }
)
NEEDS: frozenset[str] = frozenset()
REFERENCES = ("expected", "baseline")


class ToolCalls(msgspec.Struct, frozen=True, kw_only=True):
    """1 where the calls are the right ones, else 0; with `partial`, the share that the two have in common.

    Parallel calls may come in any order unless `ordered`. An argument that is left out equals its default in the
    tool's schema. 2 and 2.0 are equal. Where the right answer is an empty list, calling nothing is right, whatever
    is said.
    """

    NAME: ClassVar[str] = "tool_calls"
    VERSION: ClassVar[str] = VERSION
    ignored: frozenset[str] = frozenset()
    ignore_case: bool = False
    ignore_spaces: bool = False
    loose_numbers: bool = False
    ignore_optional: bool = False
    ordered: bool = False
    partial: bool = False
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns 1, 0 or a share."""
        if sample.expected is None:
            return no_verdict("no_expected", "the request comes without the right tool calls")
        right = expected_calls(sample.expected)
        if right is None:
            return no_verdict("bad_expected", "the right answer is no list of tool calls")
        silent = said_nothing(answer)
        if silent is not None:
            return Score(value=0.0, reason=f"the answer is {silent}")
        return self._compared(right, answer.tool_calls, tool_schemas(sample.request))

    def reference_of(self, answer: Answered) -> Any:
        """Returns the calls that another answer's are held against; `None` if this answer says nothing at all."""
        return None if said_nothing(answer) is not None else answer.tool_calls

    def _compared(
        self,
        right: tuple[ToolCall, ...],
        calls: tuple[ToolCall, ...],
        schemas: Mapping[str, Mapping[str, Any]],
    ) -> Score:
        wanted = [self._normal(call, schemas) for call in right]
        made = [self._normal(call, schemas) for call in calls]
        if not wanted:
            return Score(
                value=0.0 if made else 1.0,
                reason="a tool is called where none should be" if made else "no tool is called, rightly",
            )
        required = {name: _required(schema) for name, schema in schemas.items()}
        common = self._common(wanted, made, required)
        share = common / max(len(wanted), len(made))
        told = f"{common} of {len(wanted)} right calls are made, {len(made)} in all"
        return Score(value=share if self.partial else float(share == 1), reason=told)

    def _common(
        self, wanted: list[ToolCall], made: list[ToolCall], required: Mapping[str, frozenset[str]]
    ) -> int:
        if self.ordered:
            return sum(self._equal(*pair, required) for pair in zip(wanted, made, strict=False))
        if self.ignore_optional:
            return _most_pairs([[self._equal(call, other, required) for other in made] for call in wanted])
        left = list(made)
        for call in wanted:
            at = next((at for at, other in enumerate(left) if self._equal(call, other, required)), None)
            if at is not None:
                del left[at]
        return len(made) - len(left)

    def _equal(self, one: ToolCall, other: ToolCall, required: Mapping[str, frozenset[str]]) -> bool:
        if one.name != other.name:
            return False
        first, second = one.arguments, other.arguments
        if self.ignore_optional and isinstance(first, dict) and isinstance(second, dict):
            kept = required.get(one.name, frozenset()) | (first.keys() & second.keys())
            first, second = ({name: side[name] for name in side if name in kept} for side in (first, second))
        return same(first, second)

    def _normal(self, call: ToolCall, schemas: Mapping[str, Mapping[str, Any]]) -> ToolCall:
        if not isinstance(call.arguments, dict):
            return call
        arguments = {**_defaults(schemas.get(call.name, {})), **call.arguments}
        kept = {
            name: self._value(value)
            for name, value in arguments.items()
            if name not in self.ignored and f"{call.name}.{name}" not in self.ignored
        }
        return ToolCall(name=call.name, arguments=kept)

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, str):
            text = value.casefold() if self.ignore_case else value
            text = "".join(text.split()) if self.ignore_spaces else text.strip()
            return _number(text) if self.loose_numbers else text
        return value


def expected_calls(expected: Any) -> tuple[ToolCall, ...] | None:
    """Returns the right calls as the log has them, or `None` if that is no list of calls.

    Read are calls as chat completions write them, `{"name": ..., "arguments": {...}}`, and `{name: {arguments}}`; one
    call may stand without its list, and all of it may be JSON in a text.
    """
    if isinstance(expected, tuple):
        return expected if all(isinstance(call, ToolCall) for call in expected) else None
    expected = _decoded(expected)
    calls = [_call(item) for item in (expected if isinstance(expected, list) else [expected])]
    found = tuple(call for call in calls if call is not None)
    return found if len(found) == len(calls) else None


def _call(item: Any) -> ToolCall | None:
    if not isinstance(item, dict):
        return None
    function = item.get("function")
    inner: dict[str, Any] = function if isinstance(function, dict) else item
    name = inner.get("name")
    arguments = inner.get("arguments", inner.get("input", inner.get("parameters")))
    if isinstance(name, str) and arguments is not None:
        # A call without arguments may have none in place of an empty object.
        return ToolCall(name=name, arguments={} if arguments == "" else _decoded(arguments))
    if len(item) == 1:
        name, arguments = next(iter(item.items()))
        if isinstance(arguments, dict):
            return ToolCall(name=name, arguments=arguments)
    return None


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return value


def _most_pairs(fits: list[list[bool]]) -> int:
    """How many calls can be paired at once: with optional arguments left out, a call may fit several that differ."""
    # Here, because it takes a worker 30 MiB that grades otherwise.
    from scipy.sparse import csr_array  # type: ignore[import-untyped]  # noqa: PLC0415 -- see above
    from scipy.sparse.csgraph import (  # type: ignore[import-untyped]  # noqa: PLC0415 -- see above
        maximum_bipartite_matching,
    )

    return int((maximum_bipartite_matching(csr_array(fits)) >= 0).sum()) if fits and fits[0] else 0


def _required(schema: Mapping[str, Any]) -> frozenset[str]:
    names = schema.get("required")
    return (
        frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()
    )


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {
        name: described["default"]
        for name, described in properties.items()
        if isinstance(described, dict) and "default" in described
    }


def _number(text: str) -> Any:
    """A text that is a plain number as that number; a whole one exactly, for ids are longer than floats can tell."""
    if not text or not text[-1].isdigit() or "_" in text:
        return text
    for read in (int, float):
        with suppress(ValueError):
            return read(text)
    return text


def grader(settings: GraderSettings, parts: Parts) -> ToolCalls:  # noqa: ARG001 -- all graders are made alike
    """Returns the grader of some settings."""
    return ToolCalls(
        ignored=frozenset(settings.ignore_arguments),
        ignore_case=settings.ignore_case,
        ignore_spaces=settings.ignore_spaces,
        loose_numbers=settings.loose_numbers,
        ignore_optional=settings.ignore_optional,
        ordered=settings.ordered,
        partial=settings.partial,
    )

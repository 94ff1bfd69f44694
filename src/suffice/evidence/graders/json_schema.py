"""The answer is JSON that keeps a schema: the request's own, that of the called tool, or a file's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.graders.exact import same
from suffice.evidence.grading import Answered, Sample, Score, no_verdict, said_nothing
from suffice.evidence.taking import json_in
from suffice.features.json_schema import Schema, requested_schema, tool_schemas

VERSION = "2"
READS = frozenset({"schema", "fields"})
NEEDS: frozenset[str] = frozenset()
REFERENCES = ("expected", "baseline")
_MISSING = object()


class JsonSchema(msgspec.Struct, frozen=True, kw_only=True):
    """1 where the answer keeps its schema, else 0; with `fields`, the share of them that equals the reference.

    An answer that calls tools is judged by the arguments of each call, against the parameters of that tool; a call of
    a tool that was not offered is 0. With `fields`, the call that has most of them right counts.
    """

    NAME: ClassVar[str] = "json_schema"
    VERSION: ClassVar[str] = VERSION
    schema: Mapping[str, Any] | None = None
    fields: tuple[str, ...] = ()
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns 1, 0 or a share; no verdict where there is no schema to keep, or no right answer to compare with."""
        if self.fields and sample.expected is None:
            return no_verdict("no_expected", "fields are compared with a right answer, and there is none")
        silent = said_nothing(answer)
        if silent is not None:
            return Score(value=0.0, reason=f"the answer is {silent}")
        if answer.tool_calls and self.schema is None:
            kept = _calls_score(sample, answer)
            if not self.fields or kept.value != 1.0:
                return kept
            called = [self._fields_score(call.arguments, sample.expected) for call in answer.tool_calls]
            return max(called, key=lambda score: score.value or 0.0)
        return self._text_score(sample, answer)

    def reference_of(self, answer: Answered) -> Any:
        """Returns what the fields of another answer are held against."""
        if said_nothing(answer) is not None:
            return None
        if len(answer.tool_calls) == 1 and self.schema is None:
            return answer.tool_calls[0].arguments
        try:
            return json_in(answer.text)
        except ValueError:
            return None

    def _text_score(self, sample: Sample, answer: Answered) -> Score:
        schema = self.schema if self.schema is not None else requested_schema(sample.request)
        if schema is None and not self.fields:
            return no_verdict("no_schema", "the request asks for no schema, and the settings name none")
        try:
            document = json_in(answer.text)
        except ValueError:
            cut = ", it was cut off" if answer.finish == "length" else ""
            return Score(value=0.0, reason=f"the answer is no JSON{cut}")
        if schema is not None:
            read = Schema(schema)
            if read.broken is not None:
                return no_verdict("bad_schema", read.broken)
            wrong = read.problem(document)
            if wrong is not None:
                return Score(value=0.0, reason=wrong)
        return (
            self._fields_score(document, sample.expected)
            if self.fields
            else Score(value=1.0, reason="it keeps the schema")
        )

    def _fields_score(self, document: Any, expected: Any) -> Score:
        if isinstance(expected, str):
            try:
                expected = json.loads(expected)
            except (ValueError, RecursionError):
                expected = None
        if not isinstance(expected, dict):
            return no_verdict("bad_expected", "the right answer is no JSON object")
        fields = list(expected) if self.fields == ("*",) else list(self.fields)
        # A name with a dot in it goes before the way that it could be.
        ways = [(field, [field] if field in expected else field.split(".")) for field in fields]
        wanted = [(field, way) for field, way in ways if _at(expected, way) is not _MISSING]
        if not wanted:
            return no_verdict("bad_expected", "the right answer has none of the fields")
        wrong = [field for field, way in wanted if not same(_at(document, way), _at(expected, way))]
        told = f"; not {', '.join(wrong[:5])}" if wrong else ""
        return Score(
            value=1 - len(wrong) / len(wanted),
            reason=f"{len(wanted) - len(wrong)} of {len(wanted)} fields are right{told}",
        )


def _calls_score(sample: Sample, answer: Answered) -> Score:
    offered = tool_schemas(sample.request)
    if not offered:
        return no_verdict("no_schema", "the answer calls tools, and the request has none")
    for call in answer.tool_calls:
        schema = offered.get(call.name)
        if schema is None:
            return Score(value=0.0, reason="a tool is called that was not offered")
        read = Schema(schema)
        if read.broken is not None:
            return no_verdict("bad_schema", read.broken)
        wrong = read.problem(call.arguments)
        if wrong is not None:
            return Score(value=0.0, reason=f"arguments of a tool call: {wrong}")
    return Score(value=1.0, reason="the arguments of every tool call keep their schema")


def _at(value: Any, way: list[str]) -> Any:
    for key in way:
        if not isinstance(value, dict) or key not in value:
            return _MISSING
        value = value[key]
    return value


def _read(path: Path) -> Mapping[str, Any]:
    try:
        schema = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise ValueError(f"schema {path.name} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"schema {path.name} is no JSON object: {error}") from error
    broken = Schema(schema).broken
    if broken is not None:
        raise ValueError(f"schema {path.name}: {broken}")
    return schema


def grader(settings: GraderSettings, parts: Parts) -> JsonSchema:  # noqa: ARG001 -- all graders are made alike
    """Returns the grader of some settings.

    Raises:
        ValueError: The schema's file cannot be used; the text says why.
    """
    schema = None if settings.schema is None else _read(settings.schema)
    return JsonSchema(schema=schema, fields=settings.fields)

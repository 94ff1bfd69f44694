"""LEARN: which part of an answer is graded: all of it, a field of the JSON in it, or what a pattern finds.

Models wrap JSON in prose and code fences and forget to escape; each of that is read, in this order: the last complete
JSON object that has the field, then the last place where the field's name is written and what follows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

MOST_CHARS = 200_000
"""Of a longer answer only the end is read: there the final answer stands."""
_MOST_FAILURES = 200
_LONGEST_BARE = 2_000

_DECODER = json.JSONDecoder(strict=False)
_ABSENT = object()
_OBJECT = re.compile(r'\{(?=\s*["}])')
_FENCE = re.compile(r"\A\s*```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
# The end of a badly escaped text: a quote, and after it what ends a field.
_TEXT_END = re.compile(r'"\s*(?=,\s*"[\w-]+"\s*:|\}|\Z|```)')
_BARE_END = re.compile(r"\s*(?:,\s*\"[\w-]+\"\s*:|\}\s*(?:```|\Z)|\Z|```)")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


def compiled(pattern: str, flags: str = "") -> re.Pattern[str]:
    """Returns a pattern with the flags of the settings: any of the letters i, m and s.

    Raises:
        ValueError: It is no regular expression, or a letter means nothing; the text says what.
    """
    unknown = sorted(set(flags) - set(_FLAGS))
    if unknown:
        raise ValueError(f'flags may hold the letters i, m and s, not "{"".join(unknown)}"')
    try:
        return re.compile(pattern, sum(_FLAGS[letter] for letter in set(flags)))
    except re.error as error:
        raise ValueError(f"pattern is no regular expression: {error}") from error


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """Takes the graded part out of an answer's text."""

    field: str | None = None
    """Of the JSON in the answer; a dot goes one level down."""
    pattern: re.Pattern[str] | None = None
    """Applied to what is left."""

    def of(self, text: str) -> str | None:
        r"""Returns the part, or `None` if the answer has none.

        >>> Taking(field="answer").of('So:\n```json\n{"reasoning": "6 * 7", "answer": 42}\n```')
        '42'
        >>> Taking(pattern=re.compile(r"Answer: (\w+)")).of("Answer: no... Answer: yes")
        'yes'
        """
        part: str | None = text[-MOST_CHARS:]
        if self.field is not None:
            part = field_text(text, self.field)
        if part is None or self.pattern is None:
            return part
        found = None
        for found in self.pattern.finditer(part):  # noqa: B007 -- the last one counts
            pass
        if found is None:
            return None
        groups = [group for group in found.groups() if group is not None]
        return groups[0] if groups else found.group()


def field_text(text: str, path: str) -> str | None:
    r"""Returns a field of the JSON in a text, as text or else as JSON; `None` if it is not there.

    >>> field_text('{"a": {"b": [1, 2]}}', "a.b"), field_text('{"answer": "so "big" it is"}', "answer")
    ('[1, 2]', 'so "big" it is')
    """
    text = text[-MOST_CHARS:]
    keys = path.split(".")
    found = _ABSENT
    for document in json_objects(text):
        value = _at(document, keys)
        found = value if value is not _ABSENT else found
    if found is not _ABSENT:
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return _written_after(text, keys[-1])


def json_in(text: str) -> Any:
    """Returns the JSON that an answer is: all of it, or all of its one code fence.

    Raises:
        ValueError: It is no JSON, or too deep.
    """
    fenced = _FENCE.match(text)
    try:
        return json.loads(fenced.group(1) if fenced else text)
    except RecursionError as error:
        raise ValueError("too deep") from error


def json_objects(text: str) -> Iterator[Any]:
    """Yields every complete JSON object in a text that is in no other, in order."""
    end = failures = 0
    for start in _OBJECT.finditer(text):
        if start.start() < end:
            continue
        try:
            value, end = _DECODER.raw_decode(text, start.start())
        except ValueError:
            failures += 1
            if failures == _MOST_FAILURES:
                return
            continue
        except RecursionError:
            return
        yield value


def _at(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return _ABSENT
        value = value[key]
    return value


def _written_after(text: str, key: str) -> str | None:
    """What stands after the last `"key":` of JSON that cannot be decoded, as far as it is the field's."""
    found = None
    for found in re.finditer(rf'["\']{re.escape(key)}["\']\s*:\s*', text):  # noqa: B007 -- the last one counts
        pass
    if found is None:
        return None
    rest = text[found.end() :]
    if rest.startswith('"'):
        end = _TEXT_END.search(rest, 1)
        return _unescaped(rest[1 : end.start()] if end else rest[1:].split("\n", 1)[0])
    rest = rest[:_LONGEST_BARE]
    end = _BARE_END.search(rest)
    part = (rest[: end.start()] if end else rest).strip()
    return part or None


def _unescaped(part: str) -> str:
    """A text whose escapes cannot all be JSON's: those of quotes are undone, the others stay."""
    try:
        return str(json.loads(f'"{part}"', strict=False))
    except ValueError:
        return part.replace('\\"', '"')

"""Which grader fits the answers of a recorded use case: what a person would write into suffice.toml."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from suffice.evidence.numbers import number_of
from suffice.evidence.taking import field_text
from suffice.quality.outcomes import UNTAGGED
from suffice.testing.recorded_week import WeekRequest

Keys = Mapping[str, str | bool]
"""Of a table [graders.NAME]."""

_MOSTLY = 0.9
_FIELD = "answer"
_LIKE_THE_BASELINE: Keys = {
    "kind": "tool_calls",
    "reference": "baseline",
    "ignore_case": True,
    "ignore_optional": True,
    "loose_numbers": True,
}


def graders_of(week: Iterable[WeekRequest]) -> dict[str, Keys]:
    """Returns a grader for every use case whose answers can be compared with something.

    Tool calls are held against the right ones, or the baseline's where nobody wrote down which are right; texts
    against right answers. A use case of free texts has no grader here: that takes a judge, or people.
    """
    use_cases: dict[str, list[WeekRequest]] = {}
    for request in week:
        use_cases.setdefault(request.feature, []).append(request)
    use_cases.pop(UNTAGGED, None)
    found = {name: _grader(requests) for name, requests in sorted(use_cases.items())}
    return {name: keys for name, keys in found.items() if keys is not None}


def as_toml(graders: Mapping[str, Keys]) -> str:
    """Returns tables of suffice.toml.

    >>> print(as_toml({"sums": {"kind": "numeric", "ignore_case": True}}))
    [graders."sums"]
    kind = "numeric"
    ignore_case = true
    <BLANKLINE>
    """
    tables = []
    for name, keys in graders.items():
        # A JSON text is a TOML text.
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        tables.append("\n".join([f"[graders.{json.dumps(name)}]", *lines, ""]))
    return "\n".join(tables)


def _grader(requests: Sequence[WeekRequest]) -> Keys | None:
    right = [request.expected for request in requests if request.expected is not None]
    if any("tools" in request.request for request in requests):
        return {"kind": "tool_calls"} if right else _LIKE_THE_BASELINE
    if not right:
        return None
    field: Keys = {"field": _FIELD} if _mostly(_in_field(request) for request in requests) else {}
    if _mostly(isinstance(one, str) and number_of(one) is not None for one in right):
        return {"kind": "numeric", **field}
    return {"kind": "exact", "literals": True, **field}


def _in_field(request: WeekRequest) -> bool:
    text = _text(request.response)
    return text is not None and field_text(text, _FIELD) is not None


def _text(response: Mapping[str, Any] | None) -> str | None:
    choices = (response or {}).get("choices") or [{}]
    content = choices[0].get("message", {}).get("content")
    return content if isinstance(content, str) else None


def _mostly(holds: Iterable[bool]) -> bool:
    seen = list(holds)
    return sum(seen) >= _MOSTLY * len(seen)

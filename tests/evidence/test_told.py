from __future__ import annotations

import json

import pytest
from grading_cases import said, sample

from suffice.evidence.told import handed, told_score, told_text


@pytest.mark.parametrize(
    ("told", "value"),
    [
        (1, 1.0),
        (0.0, 0.0),
        (True, 1.0),
        ("PASS", 1.0),
        ("failed", 0.0),
        ({"score": "pass"}, 1.0),
        ({"score": False}, 0.0),
        (None, None),
        ({"score": None}, None),
        ({}, None),
        ({"score": {"score": 1}}, None),
        (1.5, None),
        (-1, None),
        (float("inf"), None),
        ("0.5", None),
        ([1], None),
    ],
)
def test_only_what_is_clearly_a_score_is_one(told: object, value: float | None) -> None:
    assert told_score(told).value == value


def test_the_last_line_counts_and_a_reason_is_cut() -> None:
    assert told_text("0\n\n1\n  \n").value == 1
    assert told_text('{"score": 1').value is None
    assert len(told_text(json.dumps({"score": 1, "reason": "x" * 9000})).reason) == 300
    assert told_text("[" * 100_000).value is None


def test_what_is_handed_over_is_plain() -> None:
    plain = json.loads(json.dumps(handed(sample({"a": 1}), said("x", ("f", {"b": 2})))))
    assert plain["sample"]["expected"] == {"a": 1}
    assert plain["answer"]["tool_calls"] == [{"name": "f", "arguments": {"b": 2}}]

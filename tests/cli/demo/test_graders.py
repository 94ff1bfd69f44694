from __future__ import annotations

import tomllib
from typing import Any

import pytest

from suffice.cli.demo._graders import as_toml, graders_of
from suffice.config import GraderSettings
from suffice.evidence import graders
from suffice.testing.recorded_week import WeekRequest


def request(feature: str, expected: Any, answer: str = "so", **more: Any) -> WeekRequest:
    return WeekRequest(
        id="r",
        timestamp="2026-03-09T00:00:00+00:00",
        feature=feature,
        request={"model": "m", "messages": [], **more},
        response={"choices": [{"message": {"role": "assistant", "content": answer}}]},
        expected=expected,
    )


@pytest.mark.parametrize(
    ("expected", "answer", "keys"),
    [
        ("42", "It is 42.", {"kind": "numeric"}),
        ("42", '```json\n{"answer": "42"}\n```', {"kind": "numeric", "field": "answer"}),
        ("billing", "billing", {"kind": "exact", "literals": True}),
        ("'a'", '{"answer": "\'a\'"}', {"kind": "exact", "literals": True, "field": "answer"}),
        ([{"name": "f", "arguments": {}}], "", {"kind": "exact", "literals": True}),
        (None, "An essay.", None),
    ],
)
def test_right_answers_tell_the_grader(expected: Any, answer: str, keys: dict[str, Any] | None) -> None:
    found = graders_of([request("f", expected, answer)] * 3)
    assert found == ({} if keys is None else {"f": keys})


def test_tools_are_held_against_right_calls_or_the_baselines() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    calls = [{"name": "f", "arguments": {}}]
    assert graders_of([request("f", calls, tools=tools)]) == {"f": {"kind": "tool_calls"}}
    assert graders_of([request("f", None, tools=tools)])["f"]["reference"] == "baseline"


def test_a_few_odd_answers_change_nothing() -> None:
    week = [request("sums", "7")] * 19 + [request("sums", "2:00 pm")]
    assert graders_of(week)["sums"]["kind"] == "numeric"
    assert graders_of([*week[:4], *week[-4:]])["sums"]["kind"] == "exact"


def test_untagged_traffic_is_no_use_case() -> None:
    assert graders_of([request("untagged", "7")]) == {}


def test_what_is_written_is_a_grader_of_the_configuration() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    week = [request('say "so"', "7"), request("b", "x", '{"answer": 1}'), request("c", None, tools=tools)]
    written = tomllib.loads(as_toml(graders_of(week)))["graders"]
    assert written.keys() == {'say "so"', "b", "c"}
    for keys in written.values():
        assert list(graders.problems_of(GraderSettings(**keys))) == []

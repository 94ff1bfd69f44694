from __future__ import annotations

from typing import Any

import pytest
from asks import JSON, SCHEMA, tool
from hypothesis import given

from suffice.features.tools import Tools, forget, tools_of

FORMS = [
    tool(),
    {"type": "function", "name": "get_weather", "parameters": SCHEMA},
    {"name": "get_weather", "input_schema": SCHEMA},
]


@pytest.mark.parametrize("form", FORMS, ids=["chat", "responses", "messages"])
def test_a_tool_reads_the_same_in_every_api(form: dict[str, Any]) -> None:
    found = tools_of({"tools": [form]})
    assert found is not None
    assert 20 < found.tokens < 60
    expected = Tools(
        count=1, parameters=2, depth=2, choice="auto", hosted=0, tokens=found.tokens, names=("get_weather",)
    )
    assert found == expected


def test_tools_are_the_same_when_they_are_remembered() -> None:
    offered = [tool(f"t{number}") for number in range(100)]
    forget()
    first = tools_of({"tools": offered})
    assert tools_of({"tools": [dict(one) for one in offered]}) == first
    assert first is not None
    assert first.count == 100
    one = tools_of({"tools": [tool("t0")]})
    assert one is not None
    assert first.tokens == pytest.approx(100 * one.tokens, rel=0.15)


def test_what_cannot_be_written_down_is_still_counted() -> None:
    offered = tools_of({"tools": [{**tool(), "description": "\ud800"}]})
    assert offered is not None
    assert (offered.parameters, offered.tokens) == (2, 60)


def test_a_number_that_only_json_can_write_counts_as_its_text() -> None:
    large, small = (
        tools_of({"tools": [{**tool(), "priority": number}]}) for number in (1 << 64, (1 << 64) - 1)
    )
    assert large is not None
    assert large == small


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        (None, "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "any"}, "required"),
        ({"type": "auto"}, "auto"),
        ({"type": "none"}, "none"),
        ({"type": "function", "function": {"name": "x"}}, "named"),
        (17, "auto"),
    ],
)
def test_the_choice_is_one_of_four(said: object, choice: str) -> None:
    tools = tools_of({"tools": FORMS, "tool_choice": said})
    assert tools is not None
    assert tools.choice == choice


def test_tools_that_the_provider_runs_are_counted() -> None:
    tools = tools_of({"tools": [tool(), {"type": "web_search"}, {"type": "code_interpreter"}]})
    assert tools is not None
    assert (tools.count, tools.hosted) == (3, 2)


def test_no_tools_are_none() -> None:
    assert tools_of({}) is None
    assert tools_of({"tools": []}) is None
    assert tools_of({"tools": "many"}) is None


@given(JSON, JSON)
def test_garbage_is_absent_evidence(tools: object, choice: object) -> None:
    found = tools_of({"tools": tools, "tool_choice": choice})
    assert found is None or found.count >= 1


def test_names_are_sorted_bounded_and_text() -> None:
    offered = [
        tool("zeta"),
        tool("alpha"),
        tool("zeta"),
        {"type": "web_search"},
        {"name": 7},
        tool("n" * 1_000),
    ]
    found = tools_of({"tools": offered})
    assert found is not None
    assert found.names == ("alpha", "n" * 64, "web_search", "zeta")

from __future__ import annotations

from typing import Any

import pytest
from asks import JSON, SCHEMA, tool
from hypothesis import given

from suffice.features.tools import Tools, tools_of

FORMS = [
    tool(),
    {"type": "function", "name": "get_weather", "parameters": SCHEMA},
    {"name": "get_weather", "input_schema": SCHEMA},
]


@pytest.mark.parametrize("form", FORMS, ids=["chat", "responses", "messages"])
def test_a_tool_reads_the_same_in_every_api(form: dict[str, Any]) -> None:
    expected = Tools(count=1, parameters=2, depth=2, choice="auto", hosted=0)
    assert tools_of({"tools": [form]}) == expected


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

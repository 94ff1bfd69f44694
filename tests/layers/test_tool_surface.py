from __future__ import annotations

from asks import chat, tool

from suffice.features import read
from suffice.layers.tool_surface import score


def demand(count: int, **more: object) -> float:
    found = score(read(chat("Hi", tools=[tool(f"t{number}") for number in range(count)], **more))).demand
    assert found is not None
    return found


def test_more_tools_demand_more() -> None:
    assert 0 <= demand(1) < demand(3) < demand(20) < demand(400) == 1.0


def test_a_named_tool_leaves_less_to_choose() -> None:
    named = {"type": "function", "function": {"name": "t1"}}
    assert demand(20, tool_choice=named) == demand(20) / 2


def test_forbidden_tools_demand_nothing() -> None:
    assert demand(20, tool_choice="none") == 0.0


def test_no_tools_abstain() -> None:
    assert score(read(chat("Hi"))).demand is None

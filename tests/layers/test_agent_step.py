from __future__ import annotations

import pytest
from conversations import APIS, Said, said, tools

from suffice.features import read
from suffice.layers.agent_step import score
from suffice.types import ClientApi, Score

ASK: Said = ("user", "Find out which city is the warmest.")
STEP: list[Said] = [("call", '{"city": "Oslo"}'), ("result", "4 degrees")]
FAILED: list[Said] = [("call", '{"city": "Atlantis"}'), ("error", "no such city")]


def at(api: ClientApi, turns: list[Said], count: int = 3) -> Score:
    return score(read(said(api, turns, tools=tools(api, count))))


@pytest.mark.parametrize("api", APIS)
def test_a_plan_and_a_recovery_demand_more_than_a_step_between(api: ClientApi) -> None:
    plan, inner, recovery = at(api, [ASK]), at(api, [ASK, *STEP]), at(api, [ASK, *STEP, *FAILED])
    assert (plan.demand, inner.demand, recovery.demand) == (0.55, 0.3, 0.65)


@pytest.mark.parametrize("api", APIS)
def test_each_failure_in_a_row_demands_more(api: ClientApi) -> None:
    demands = [at(api, [ASK, *FAILED * times]).demand or 0.0 for times in range(1, 8)]
    assert demands == sorted(demands)
    assert demands[1] == pytest.approx(0.75)
    assert demands[-1] == 1.0
    assert at(api, [ASK, *FAILED, *STEP]).demand == 0.3


@pytest.mark.parametrize("api", APIS)
def test_an_unbounded_action_space_demands_more(api: ClientApi) -> None:
    assert at(api, [ASK, *STEP], 40).demand == pytest.approx(0.45)


@pytest.mark.parametrize("api", APIS)
def test_a_late_step_demands_more(api: ClientApi) -> None:
    assert at(api, [ASK, *STEP * 20]).demand == pytest.approx(0.4)


def test_a_named_tool_leaves_only_its_arguments_open() -> None:
    named = {"type": "function", "function": {"name": "t0"}}
    offered = tools("chat_completions", 3)
    found = score(read(said("chat_completions", [ASK], tools=offered, tool_choice=named)))
    assert found.demand == pytest.approx(0.15)


def test_without_tools_it_abstains() -> None:
    assert score(read(said("responses", [ASK]))).demand is None
    forbidden = tools("chat_completions", 3)
    assert score(read(said("chat_completions", [ASK], tools=forbidden, tool_choice="none"))).demand is None

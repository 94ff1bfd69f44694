from __future__ import annotations

import pytest
from conversations import APIS, Said, said

from suffice.features import read
from suffice.layers.conversation_depth import score
from suffice.types import ClientApi

QUESTION = "Which towns lie on the river Main?"


def talk(turns: int, last: str = QUESTION) -> list[Said]:
    before: list[Said] = [("user", "Tell me about rivers."), ("assistant", "Gladly.")] * (turns - 1)
    return [*before, ("user", last)]


@pytest.mark.parametrize("api", APIS)
def test_later_turns_demand_more(api: ClientApi) -> None:
    demands = [score(read(said(api, talk(turns)))).demand or 0.0 for turns in (1, 2, 5, 30, 90)]
    assert demands[0] == 0.0
    assert demands == sorted(demands)
    assert demands[-1] == pytest.approx(0.7)


@pytest.mark.parametrize("api", APIS)
def test_a_turn_that_points_back_demands_more(api: ClientApi) -> None:
    alone, back = (
        score(read(said(api, talk(4, last))))
        for last in (QUESTION, "Make it shorter, as before, and continue.")
    )
    assert (alone.demand or 0.0) < (back.demand or 0.0) <= 1.0
    assert "points back" in back.reason


def test_a_long_turn_stands_by_itself() -> None:
    long = "It was the same again. " * 200
    assert "stands by itself" in score(read(said("chat_completions", talk(4, long)))).reason


def test_tool_calls_are_no_user_turns() -> None:
    turns: list[Said] = [
        ("user", QUESTION),
        ("call", "{}"),
        ("result", "ok"),
        ("call", "{}"),
        ("result", "ok"),
    ]
    assert score(read(said("messages", turns))).demand == 0.0


def test_without_a_user_turn_it_abstains() -> None:
    assert score(read(said("chat_completions", [("system", "Be brief.")]))).demand is None

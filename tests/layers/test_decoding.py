from __future__ import annotations

from typing import Any

import pytest
from asks import chat, request

from suffice.features import read
from suffice.layers.decoding import score


def demand(**more: Any) -> float | None:
    return score(read(chat("Hi", **more))).demand


def test_more_effort_demands_more() -> None:
    efforts = ("none", "minimal", "low", "medium", "high", "xhigh")
    demands = [demand(reasoning_effort=effort) or 0.0 for effort in efforts]
    assert demands == sorted(set(demands))
    assert demands[-1] == 1.0


def test_effort_is_read_in_every_api() -> None:
    assert (
        score(read(request({"input": "Hi", "reasoning": {"effort": "low"}}, api="responses"))).demand == 0.3
    )
    body = {"messages": [{"role": "user", "content": "Hi"}], "output_config": {"effort": "high"}}
    assert score(read(request(body, api="messages"))).demand == 0.85


@pytest.mark.parametrize(
    ("tokens", "expected"), [(1_024, 0.45), (5_724, 0.675), (32_000, 0.9), (100_000, 0.9)]
)
def test_a_budget_for_thinking_counts_by_its_logarithm(tokens: int, expected: float) -> None:
    found = demand(thinking={"type": "enabled", "budget_tokens": tokens})
    assert found == pytest.approx(expected, abs=0.001)


def test_thinking_turned_off_demands_little() -> None:
    assert demand(thinking={"type": "disabled"}) == 0.1


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"n": 4}, 0.5),
        ({"temperature": 1.4}, 0.5),
        ({"temperature": 0}, 0.25),
        ({"logprobs": True}, 0.15),
        ({"stop": ["\n"]}, 0.2),
        ({"temperature": 1}, None),
        ({"temperature": "hot"}, None),
        ({}, None),
    ],
)
def test_what_the_parameters_say(more: dict[str, Any], expected: float | None) -> None:
    assert demand(**more) == expected

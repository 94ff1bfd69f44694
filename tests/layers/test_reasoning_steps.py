from __future__ import annotations

import pytest
from conversations import demand, features_of, scored

from suffice.layers.reasoning_steps import steps_of

SUM = "A box costs 3 dollars and holds 4 pens. How much do 12 pens cost in total?"
ORDER = "First list the costs, then sort them, afterwards sum them, and finally compare with the plan."
PUZZLE = (
    "Solve this logic puzzle step by step. The clues:\n- The Dane lives first.\n- The cat is next to the dog.\n"
    "- The red house is left of the green one.\n- Tea is drunk in the middle.\n- Milk is third.\n- The Swede has fish."
)


def test_more_steps_demand_more() -> None:
    demands = [demand("reasoning_steps", question) for question in (SUM, ORDER, PUZZLE)]
    assert demands == sorted(set(demands))
    assert demands[0] <= 0.3
    assert demands[-1] == 1.0


def test_more_than_five_steps_are_flagship_work() -> None:
    assert steps_of(features_of(PUZZLE)) > 5
    assert demand("reasoning_steps", PUZZLE) >= 0.7


@pytest.mark.parametrize(
    "question", ["Razona paso a paso.", "Denke Schritt für Schritt.", "请一步一步地想。"]
)
def test_step_by_step_is_read_in_other_languages(question: str) -> None:
    assert demand("reasoning_steps", question) >= 0.25


@pytest.mark.parametrize("question", ["Hello!", "What is the capital of Norway?", "Then what?"])
def test_without_a_chain_it_abstains(question: str) -> None:
    assert scored("reasoning_steps", question).demand is None

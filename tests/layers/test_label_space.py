from __future__ import annotations

from typing import Any

import pytest
from asks import chat
from conversations import demand, scored

from suffice.features import read
from suffice.layers.label_space import score

LABELS = [f"topic{chr(97 + number)}" for number in range(26)]


def by_schema(labels: int) -> float:
    schema = {"type": "object", "properties": {"label": {"enum": list(range(labels))}}}
    form: dict[str, Any] = {"type": "json_schema", "json_schema": {"strict": True, "schema": schema}}
    found = score(read(chat("Which one?", response_format=form))).demand
    assert found is not None
    return found


def test_more_labels_demand_more_and_fewer_than_five_little() -> None:
    demands = [by_schema(labels) for labels in (2, 3, 4, 5, 20, 100, 400)]
    assert demands == sorted(demands)
    assert demands[2] == pytest.approx(0.15)
    assert demands[3] == pytest.approx(0.3)
    assert demands[-1] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is this spam? Answer yes or no: you won a boat.", 0.05),
        ("Classify the ticket as billing, technical or other: I was charged twice.", 0.1),
        ("Choose a label:\n- red\n- green\n- blue\n- white\n\nText: the grass", 0.15),
        ("Clasifica el texto como positivo, negativo o neutro: qué bien.", 0.1),
    ],
)
def test_labels_that_the_text_lists(question: str, expected: float) -> None:
    assert demand("label_space", question) == pytest.approx(expected)


def test_a_long_list_of_labels_demands_more() -> None:
    few, many = (f"Categories: {', '.join(LABELS[:count])}. Classify: hello." for count in (3, 20))
    assert demand("label_space", few) < 0.2 < demand("label_space", many)


@pytest.mark.parametrize(
    "question",
    [
        "Write a poem about tea.",
        "Which topic does it belong to?",
        "Which category of star is it?\n(A) dwarf\n(B) giant\n(C) pulsar\n(D) nova",
    ],
)
def test_without_labels_it_abstains(question: str) -> None:
    assert scored("label_space", question).demand is None

from __future__ import annotations

import itertools

import pytest
from asks import chat

from suffice.features import Features, read
from suffice.testing import check_layer
from suffice.types import Score

FEATURES = read(chat("A question that is long enough to be quoted by a careless layer."))


def test_a_layer_that_keeps_the_contract_passes() -> None:
    check_layer(lambda features: Score(0.5, f"{features.turns} turns"), [FEATURES])


@pytest.mark.parametrize(
    ("score", "fault"),
    [
        (Score(1.2, "too much"), "outside"),
        (Score(0.5, ""), "characters"),
        (Score(0.5, "x" * 300), "characters"),
        (Score(0.5, f"asked: {FEATURES.question}"), "quotes"),
    ],
)
def test_a_layer_that_breaks_the_contract_is_told_how(score: Score, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_layer(lambda _: score, [FEATURES])


def test_a_layer_must_say_the_same_twice() -> None:
    count = itertools.count()

    def moody(features: Features) -> Score:
        return Score(next(count) / 100, "moody")

    with pytest.raises(AssertionError, match="another score"):
        check_layer(moody, [FEATURES])

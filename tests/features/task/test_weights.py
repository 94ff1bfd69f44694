from __future__ import annotations

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.task import TASKS
from suffice.features.task.weights import Votes, Weights, read_weights

SMALL = Weights(
    kinds=("a", "b", "none"),
    scale=0.5,
    start=(0.0, 1.0, 0.0),
    pieces=("sum", "sum up", "<mark of two>"),
    steps=bytes([2, 0, 256 - 2, 127, 256 - 127, 256 - 128, 1, 1, 1]),
)


def test_weights_of_the_known_pieces_add_up() -> None:
    model = Votes(SMALL)
    assert model.of([]) == [0.0, 1.0, 0.0]
    assert model.of(["unknown", ("un", "known")]) == [0.0, 1.0, 0.0]
    assert model.of(["sum"]) == [1.0, 1.0, -1.0]
    assert model.of(["sum", ("sum", "up"), "<mark of two>"]) == [65.0, -62.0, -64.5]


def test_others_are_known_and_count_nothing() -> None:
    model = Votes(SMALL, ["sum", "beside"])
    assert model.known == {"sum", ("sum", "up"), "<mark of two>", "beside"}
    assert model.of(["beside"]) == model.of([])
    assert model.of(["sum", "beside"]) == Votes(SMALL).of(["sum"])


@given(st.lists(st.sampled_from(read_weights().pieces), max_size=12))
def test_the_first_kind_has_the_highest_odds_and_the_others_weigh_no_more_than_is_said(
    names: list[str],
) -> None:
    model = Votes(read_weights())
    tally = model.count(
        piece if "<" in piece else tuple(piece.split()) if " " in piece else piece for piece in names
    )
    kind, others = model.first(tally)
    *less, most = sorted(model.odds(tally))
    assert sum(exp(one - most) for one in less) <= others
    if others < 1:
        assert model.odds(tally)[model.weights.kinds.index(kind)] == most


def test_of_few_pieces_the_first_kind_is_told_too() -> None:
    model = Votes(SMALL)
    assert model.first(model.count(["sum", ("sum", "up"), "<mark of two>"])) == (
        "a",
        pytest.approx(0, abs=1e-20),
    )
    kind, others = model.first(model.count([]))
    assert kind == "b"
    assert others == pytest.approx(2 * exp(-1 + SMALL.scale))


def test_what_is_shipped_knows_every_kind_and_is_small() -> None:
    weights = read_weights()
    assert set(weights.kinds) == {*TASKS, "none"}
    assert len(weights.steps) == len(weights.pieces) * len(weights.kinds)
    assert len(weights.steps) + sum(len(piece.encode()) for piece in weights.pieces) < 300_000
    assert len(set(weights.pieces)) == len(weights.pieces)


@pytest.mark.parametrize(
    "word", ["model", "tier", "router", "routing", "nano", "mini", "flagship", "gpt", "claude", "cheapest"]
)
def test_words_about_models_have_no_weight(word: str) -> None:
    assert not [piece for piece in read_weights().pieces if word in piece.split()]

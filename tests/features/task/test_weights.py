from __future__ import annotations

import pytest

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
    assert model.known.words == {"sum", "<mark of two>", "beside"}
    assert model.known.pairs == {("sum", "up")}
    assert model.of(["beside"]) == model.of([])
    assert model.of(["sum", "beside"]) == Votes(SMALL).of(["sum"])


def test_the_kind_that_is_ahead_is_the_one_with_the_highest_odds() -> None:
    model = Votes(SMALL)
    for pieces in ([], ["sum"], ["sum", ("sum", "up")], ["sum", ("sum", "up"), "<mark of two>"]):
        tally = model.count(pieces)
        second, first = sorted(model.odds(tally))[-2:]
        kind, ahead = model.ahead(tally)
        assert abs(ahead - (first - second)) <= SMALL.scale
        assert model.odds(tally)[SMALL.kinds.index(kind)] == first


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

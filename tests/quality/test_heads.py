from __future__ import annotations

import msgspec
import numpy as np
import pytest

from suffice.quality.heads import Stack, compact
from suffice.quality.space import Row

RNG = np.random.default_rng(9)
WORDS, DENSE = RNG.normal(size=64) * 0.1, RNG.normal(size=3)
ROW = Row(
    np.array([3, 5, 60]), np.array([0.6, -0.6, 0.5], np.float32), np.array([0.1, 0.0, 0.2], np.float32), 0.0
)


def exact() -> float:
    return float(ROW.values @ WORDS[ROW.columns] + ROW.dense @ DENSE)


def test_a_byte_a_weight_is_precise_enough() -> None:
    head = compact(WORDS, DENSE)
    assert len(head.words) == 64
    assert Stack([head], 64, 3).values(ROW)[0] == pytest.approx(exact(), abs=2e-3)


def test_heads_beside_each_other_say_what_each_says_alone() -> None:
    heads = [compact(WORDS, DENSE), None, compact(-WORDS, DENSE)]
    together = Stack(heads, 64, 3).values(ROW)
    alone = [Stack([head], 64, 3).values(ROW)[0] for head in heads]
    assert together == pytest.approx(alone, abs=1e-6)
    assert together[1] == 0.0


def test_the_centre_is_taken_off_and_a_gain_has_bounds() -> None:
    head = msgspec.structs.replace(compact(WORDS, DENSE), centre=0.25)
    assert Stack([head], 64, 3).values(ROW)[0] == pytest.approx(exact() - 0.25, abs=2e-3)
    assert Stack([compact(WORDS * 1_000, DENSE)], 64, 3).values(ROW)[0] in {-1.0, 1.0}


def test_weights_of_nothing_are_nothing() -> None:
    assert Stack([compact(np.zeros(64), np.zeros(3))], 64, 3).values(ROW) == [0.0]

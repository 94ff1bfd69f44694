from __future__ import annotations

import msgspec
import numpy as np
import pytest
from graded import example, world

from suffice.quality.dense import DEMAND, SIZES
from suffice.quality.outcomes import Example
from suffice.quality.space import MOST_COLUMNS, WIDEST, Reader, Space, learn_space
from suffice.types import Score

EXAMPLES = world(60)


def learned(examples: list[Example], most_columns: int = MOST_COLUMNS) -> Space:
    return learn_space([one.features for one in examples], [one.scores for one in examples], most_columns)


SPACE = learned(EXAMPLES)
READER = Reader(SPACE)


def test_a_row_has_unit_length_and_all_columns() -> None:
    row = READER.read(EXAMPLES[0].features, EXAMPLES[0].scores)
    assert float(row.values @ row.values) == pytest.approx(1.0, abs=1e-5)
    assert len(row.dense) == len(SPACE.names) == len(SPACE.middle) == len(SPACE.spread)


def test_there_is_room_for_the_words_within_bounds() -> None:
    assert SPACE.width & (SPACE.width - 1) == 0
    assert SPACE.width <= WIDEST
    assert (
        SPACE.width >= 8 * SPACE.columns > 8 * len({word for one in EXAMPLES for word in one.features.words})
    )


def test_of_too_many_words_those_of_most_prompts_are_kept() -> None:
    few = learned(EXAMPLES, 40)
    assert 0 < few.columns <= 40
    assert max(few.rarity) < max(SPACE.rarity)
    row = Reader(few).read(EXAMPLES[0].features, EXAMPLES[0].scores)
    assert float(row.values @ row.values) == pytest.approx(1.0, abs=1e-5)


def test_rare_words_count_more_than_common_ones() -> None:
    examples = [example(f"common word{number}", {}) for number in range(40)]
    reader = Reader(learned(examples))
    row = reader.read(examples[0].features, examples[0].scores)
    weights = np.sort(abs(row.values))
    assert weights[0] < weights[-1] / 10


def test_words_may_count_alike_and_pairs_twice_as_much() -> None:
    examples = [example(f"common word{number} end", {}) for number in range(40)]
    features, scores = [one.features for one in examples], [one.scores for one in examples]
    by_rarity, even = (learn_space(features, scores, even=which) for which in (False, True))
    assert set(even.rarity) == {16, 32}
    assert len(set(by_rarity.rarity)) > 1
    row = Reader(even).read(features[0], scores[0])
    # Three words, two pairs, and one pair with a word between.
    weights = np.sort(abs(row.values))
    assert weights == pytest.approx(np.array([1, 1, 1, 2, 2, 2]) / 15**0.5, abs=1e-5)


def test_known_words_are_no_news_and_unknown_ones_are() -> None:
    known = READER.read(EXAMPLES[3].features, EXAMPLES[3].scores)
    stranger = example("xylophone quartz zeppelin", {})
    strange = READER.read(stranger.features, stranger.scores)
    empty = example("", {})
    assert 0 < known.novelty < 1
    assert strange.novelty > 0.99 or not strange.values.any()
    assert READER.read(empty.features, empty.scores).novelty == 1.0


def test_measured_columns_are_centred_and_a_size_far_outside_is_capped() -> None:
    rows = np.stack([READER.read(one.features, one.scores).dense for one in EXAMPLES])
    assert abs(rows.mean(axis=0)).max() < 0.01
    huge = example("? " * 2_000, {})
    assert abs(READER.read(huge.features, huge.scores).dense[: len(SIZES)]).max() <= 3 * 0.05 + 1e-6


def test_a_demand_moves_its_own_column_alone_and_by_its_scale() -> None:
    one = EXAMPLES[0]
    demand = next(found for found in READER.demands if found.layer == "input_length")
    low, high = (
        READER.read(one.features, {**one.scores, "input_length": Score(value, "set")}).dense
        for value in (0.0, 1.0)
    )
    moved = np.flatnonzero(high - low)
    assert moved.tolist() == [demand.place]
    assert SPACE.names[demand.place] == DEMAND + "input_length"
    assert float(high[demand.place] - low[demand.place]) == pytest.approx(demand.scale, rel=1e-4)
    usual = READER.read(one.features, {**one.scores, "input_length": Score(None, "abstains")}).dense
    assert usual[demand.place] == pytest.approx(
        (demand.usual - SPACE.middle[demand.place]) * demand.scale, abs=1e-6
    )


def test_the_space_is_plain_data() -> None:
    data = msgspec.msgpack.encode(SPACE)
    assert msgspec.msgpack.decode(data, type=Space) == SPACE

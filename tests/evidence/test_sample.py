from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.sample import Drawn, digest_of, draw, strata_for

LENGTHS = [(f"u{number:03d}", number // 2) for number in range(103)]


def drawn(*, strata: int = 4, most: int = 1000, share: float = 0.1, seed: int = 1) -> Drawn:
    return draw(LENGTHS, strata=strata, most=most, twice_share=share, rng=np.random.default_rng(seed))


def test_every_call_but_the_rest_is_drawn_once_in_blocks_of_one_of_each_stratum() -> None:
    sample = drawn()
    assert (sample.population, sample.set_aside, sample.whole) == (100, 3, True)
    assert len({unit.id for unit in sample.units}) == 100
    assert [unit.stratum for unit in sample.units] == [0, 1, 2, 3] * 25


def test_strata_are_ranges_of_prompt_length() -> None:
    lengths = dict(LENGTHS)
    by_stratum = [[lengths[unit.id] for unit in drawn().units if unit.stratum == one] for one in range(4)]
    for shorter, longer in itertools.pairwise(by_stratum):
        assert max(shorter) <= min(longer)


def test_the_seed_alone_decides_and_another_seed_draws_another_order() -> None:
    assert drawn(seed=3) == drawn(seed=3)
    assert drawn(seed=3).units != drawn(seed=4).units


def test_a_limit_keeps_whole_blocks_and_the_population_stays_what_it_is() -> None:
    sample = drawn(most=43)
    assert (len(sample.units), sample.population, sample.whole) == (40, 100, False)


def test_one_unit_in_ten_is_answered_twice_and_the_first_rounds_have_theirs() -> None:
    twice = [place for place, unit in enumerate(drawn().units) if unit.twice]
    assert [place // 10 for place in twice] == list(range(10))
    assert not any(unit.twice for unit in drawn(share=0.0).units)
    assert all(unit.twice for unit in drawn(share=1.0).units)


def test_every_call_is_as_likely_to_be_first() -> None:
    lengths = [(str(number), number) for number in range(8)]
    firsts = Counter(
        draw(lengths, strata=2, most=8, twice_share=0, rng=np.random.default_rng(seed)).units[0].id
        for seed in range(2000)
    )
    # The first stratum has the four shortest; 500 each, give or take four standard deviations.
    assert set(firsts) == {"0", "1", "2", "3"}
    assert all(abs(count - 500) < 80 for count in firsts.values())


def test_a_small_use_case_is_one_stratum() -> None:
    assert (strata_for(0), strata_for(79), strata_for(80)) == (1, 1, 4)


def test_no_strata_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        drawn(strata=0)


@given(st.integers(0, 200), st.integers(1, 7), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_blocks_are_whole_whatever_the_sizes(count: int, strata: int, most: int, seed: int) -> None:
    lengths = [(str(number), number % 5) for number in range(count)]
    sample = draw(lengths, strata=strata, most=most, twice_share=0.1, rng=np.random.default_rng(seed))
    assert len(sample.units) % strata == 0
    assert sample.population + sample.set_aside == count
    assert sample.set_aside < strata
    assert len(sample.units) <= max(most, 0)


def test_the_digest_names_the_units_whatever_their_order() -> None:
    assert digest_of(["a", "b"]) == digest_of(["b", "a"])
    assert digest_of(["a", "b"]) != digest_of(["ab"])

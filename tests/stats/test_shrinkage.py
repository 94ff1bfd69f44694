from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.stats.moments import Moments
from suffice.stats.shrinkage import Guess, shrink

GUESS = Guess(between=0.01, within=0.15)
GROUPS = st.dictionaries(
    st.text(min_size=1, max_size=3),
    st.lists(st.floats(-1, 1), min_size=1, max_size=20).map(Moments.of),
    min_size=1,
    max_size=6,
)


@given(GROUPS)
def test_a_group_lies_between_its_own_mean_and_the_mean_of_all(groups: dict[str, Moments]) -> None:
    found = shrink(groups, GUESS)
    for name, posterior in found.groups.items():
        low, high = sorted((groups[name].mean, found.unseen.mean))
        assert low - 1e-12 <= posterior.mean <= high + 1e-12
        assert 0 <= posterior.own <= 1
        assert 0 < posterior.variance <= found.unseen.variance + 1e-12


def test_many_values_speak_for_themselves_and_few_hardly() -> None:
    steady = {f"g{number}": Moments.of([0.1 * number] * 50) for number in range(5)}
    many = shrink({**steady, "x": Moments.of([-0.5, -0.1] * 5_000)}, GUESS).of("x")
    few = shrink({**steady, "x": Moments.of([-0.3])}, GUESS).of("x")
    assert many.mean == pytest.approx(-0.3, abs=0.001)
    assert many.own > 0.999
    assert few.own < many.own
    assert many.sd < 0.01 < few.sd


def test_an_unseen_group_is_expected_at_the_mean_of_all_and_least_is_known_of_it() -> None:
    found = shrink({"a": Moments.of([-0.2] * 30), "b": Moments.of([0.2] * 30)}, GUESS)
    assert found.of("c") == found.unseen
    assert found.unseen.mean == pytest.approx(0.0, abs=1e-9)
    assert found.unseen.variance > found.of("a").variance
    assert found.unseen.count == 0


def test_groups_that_differ_by_noise_alone_are_drawn_together() -> None:
    rng = random.Random(3)
    same = {f"g{number}": Moments.of(rng.gauss(0.1, 0.4) for _ in range(40)) for number in range(30)}
    raw = max(moments.mean for moments in same.values()) - min(moments.mean for moments in same.values())
    means = [posterior.mean for posterior in shrink(same, GUESS).groups.values()]
    assert max(means) - min(means) < raw / 3


def test_both_variances_of_a_known_truth_are_found() -> None:
    rng = random.Random(5)
    groups = {}
    for number in range(400):
        mean = rng.gauss(0.1, 0.2)
        groups[f"g{number}"] = Moments.of(rng.gauss(mean, 0.5) for _ in range(25))
    found = shrink(groups, GUESS)
    assert found.between == pytest.approx(0.04, rel=0.15)
    assert found.within == pytest.approx(0.25, rel=0.05)
    assert found.unseen.mean == pytest.approx(0.1, abs=0.03)


def test_nine_of_ten_intervals_hold_the_truth() -> None:
    rng = random.Random(7)
    truth = {f"g{number}": rng.gauss(-0.1, 0.1) for number in range(300)}
    groups = {
        name: Moments.of(rng.gauss(mean, 0.4) for _ in range(rng.randint(3, 60)))
        for name, mean in truth.items()
    }
    found = shrink(groups, GUESS)
    held = [abs(truth[name] - post.mean) < 1.645 * post.sd for name, post in found.groups.items()]
    assert 0.85 < sum(held) / len(held) < 0.95


def test_three_equal_values_claim_no_certainty() -> None:
    assert shrink({"a": Moments.of([0.0, 0.0, 0.0])}, GUESS).of("a").sd > 0.1


def test_nothing_at_all_is_known_of_nothing() -> None:
    found = shrink({"a": Moments()}, GUESS)
    assert found.groups == {}
    assert found.of("a").mean == GUESS.mean
    assert found.of("a").variance == pytest.approx(GUESS.mean_variance + GUESS.between)


def test_a_known_centre_is_kept() -> None:
    found = shrink({"a": Moments.of([0.5] * 4)}, GUESS, centre=0.0)
    assert found.unseen.mean == 0.0
    assert 0 < found.of("a").mean < 0.5

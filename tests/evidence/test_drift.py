from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from suffice.evidence import drift
from suffice.evidence.drift import FEWEST_UNITS, LEAST_SHIFT, LEVEL, Seen, look, shift, versions

Points = NDArray[np.float32]


def topic(rng: np.random.Generator, count: int, *, about: int = 0) -> Points:
    """Unit vectors around one of several directions: prompts of one use case."""
    centre = np.zeros(32)
    centre[about] = 1.5
    rows = rng.normal(size=(count, 32)) * 0.3 + centre
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def plain_energy(x: Points, y: Points) -> float:
    """The definition, pair by pair."""

    def mean(a: Points, b: Points, *, same: bool) -> float:
        total = sum(float(np.linalg.norm(p - q)) for p in a for q in b)
        return total / (len(a) * (len(b) - same))

    return 2 * mean(x, y, same=False) - mean(x, x, same=True) - mean(y, y, same=True)


def test_the_statistic_is_the_energy_distance() -> None:
    rng = np.random.default_rng(1)
    x, y = topic(rng, 12), topic(rng, 9, about=3)
    between = np.mean([[np.linalg.norm(p - q) for q in y] for p in x])
    assert shift(x, y, rng=rng).share == pytest.approx(plain_energy(x, y) / (2 * between), rel=1e-4)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_the_level_of_one_look_holds_where_nothing_has_changed(
    spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A permutation test rejects at level a with a probability of at most a: here with a = 5%, which can be counted."""
    monkeypatch.setattr(drift, "_MORE", 200)
    rng = np.random.default_rng(11)
    false = 0
    for _ in range(200):
        # Lengths that repeat a lot, with and without a wide tail.
        lengths = rng.integers(5, 12, 60) + np.exp(spread * rng.normal(size=60) * 3).astype(int)
        points = np.log1p(lengths.astype(np.float32)).reshape(-1, 1)
        false += shift(points[:30], points[30:], rng=rng).p_value <= 0.05
    # Binomial(200, 5%) is above 20 with a probability of 0.1%.
    assert false <= 20


def test_traffic_that_does_not_change_is_never_voided_in_many_lives() -> None:
    """Certificates, each looked at daily for a life of 30 days, on fresh samples; many more in bench/drift.py."""
    rng = np.random.default_rng(5)
    voided = 0
    for _ in range(10):
        then = topic(rng, 50)
        voided += any(shift(then, topic(rng, 50), rng=rng).shifted for _ in range(drift.LOOKS))
    # At 1% a life, two or more of 10 have a probability of 0.4%.
    assert voided <= 1


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_traffic_that_changes_is_found(share: float) -> None:
    rng = np.random.default_rng(2)
    then, now = topic(rng, 300), topic(rng, 300)
    changed = round(share * len(now))
    now[:changed] = topic(rng, changed, about=7)
    found = shift(then, now, rng=rng)
    assert found.shifted
    assert found.p_value <= LEVEL
    assert found.share >= LEAST_SHIFT


def test_a_certain_difference_that_is_small_is_no_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    found = shift(topic(rng, 100), topic(rng, 100, about=7), rng=rng)
    assert found.shifted
    monkeypatch.setattr(drift, "LEAST_SHIFT", found.share + 0.01)
    assert found.p_value <= LEVEL
    assert not found.shifted


def test_identical_points_are_no_shift() -> None:
    same = np.ones((60, 4), np.float32)
    found = shift(same, same.copy(), rng=np.random.default_rng(1))
    assert (found.share, found.shifted) == (0.0, False)
    assert found.p_value == 1.0


def test_there_has_to_be_something_to_compare() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        shift(np.zeros((0, 3), np.float32), np.ones((5, 3), np.float32), rng=np.random.default_rng(1))


@given(st.integers(2, 30), st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_shares_and_probabilities_are_what_they_say(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n + m, 3)).astype(np.float32)
    found = shift(points[:n], points[n:], rng=rng)
    assert 0 <= found.share <= 1
    assert 0 < found.p_value <= 1


def test_every_condition_says_what_it_saw() -> None:
    rng = np.random.default_rng(4)
    served = {"gpt-5.4": {"gpt-5.4-2026-03-05": 100}}
    then = Seen(vectors=topic(rng, 200), output_tokens=list(rng.integers(10, 60, 200)), served=served)
    same = Seen(vectors=topic(rng, 200), output_tokens=list(rng.integers(10, 60, 200)), served=served)
    assert [one.drifted for one in look(then, same, rng=rng)] == [False, False, False]
    other = Seen(
        vectors=topic(rng, 200, about=9),
        output_tokens=list(rng.integers(200, 600, 200)),
        served={"gpt-5.4": {"gpt-5.4-2026-09-01": 100}},
    )
    found = {one.condition: one for one in look(then, other, rng=rng)}
    assert all(one.drifted for one in found.values())
    assert "answered by gpt-5.4-2026-09-01, at issue it was gpt-5.4-2026-03-05" in found["served"].detail


def test_where_there_is_too_little_nothing_is_said() -> None:
    rng = np.random.default_rng(4)
    few = Seen(vectors=topic(rng, FEWEST_UNITS - 1), output_tokens=[1] * 10)
    enough = Seen(vectors=topic(rng, 100), output_tokens=[1] * 100)
    for then, now in ((few, enough), (enough, few), (Seen(), enough), (enough, Seen())):
        assert [one.drifted for one in look(then, now, rng=rng)] == [None, None, None]


def test_fingerprints_of_two_kinds_cannot_be_compared() -> None:
    rng = np.random.default_rng(4)
    one, other = Seen(vectors=topic(rng, 100)), Seen(vectors=topic(rng, 100)[:, :16])
    assert look(one, other, rng=rng)[0].drifted is None


def test_a_version_counts_against_the_name_that_was_asked_for() -> None:
    then = {"gpt-5.4": {"v1": 50}}
    assert versions(then, {"gpt-5.4": {"v1": 100}}).drifted is False
    assert versions(then, {"gpt-5.4": {"v1": 96, "v2": 4}}).drifted is False, "a few calls are no roll-out"
    assert versions(then, {"gpt-5.4": {"v1": 90, "v2": 10}}).drifted is True
    assert versions(then, {"gpt-5.4-v2": {"v2": 100}}).drifted is None, (
        "another name was not asked for at issue"
    )
    assert versions(then, {"gpt-5.4": {"v2": 5}}).drifted is None, "too few calls"
    assert versions({}, {"gpt-5.4": {"v2": 100}}).drifted is None

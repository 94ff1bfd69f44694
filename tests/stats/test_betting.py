from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from suffice.stats.betting import MOST, BettingSequence, Capital, Numbers

UNIT = st.sampled_from([0.0, 0.25, 0.5, 0.55, 1.0])
MAYBE = st.one_of(UNIT, st.none())
TERNARY = st.sampled_from([-1.0, 0.0, 1.0])
SIMULATED = 4_000


def capital_after(blocks: Sequence[Sequence[float | None]], m: float, population: int | None) -> float:
    capital = Capital(np.array([m]), population=population)
    for block in blocks:
        capital.update(np.array([math.nan if value is None else value for value in block]))
    return float(capital.total[0])


def mean_of(strata: Sequence[Sequence[float | None]]) -> float:
    there = [value for stratum in strata for value in stratum if value is not None]
    assume(there)
    return math.fsum(there) / len(there)


# Whether the capital is expected to grow under the null hypothesis is computed, not sampled: all that may come next is
# tried after all that may have come before.


def check_fair(strata: list[list[float | None]], m: float) -> None:
    assume(0.0 < m < 1.0)
    population = sum(map(len, strata))
    pasts: list[tuple[list[list[float | None]], list[list[float | None]]]] = [([], strata)]
    for _ in range(len(strata[0])):
        following = []
        for past, left in pasts:
            choices = list(itertools.product(*[range(len(stratum)) for stratum in left]))
            after = []
            for choice in choices:
                block = [stratum[at] for stratum, at in zip(left, choice, strict=True)]
                after.append(capital_after([*past, block], m, population))
                rest = [stratum[:at] + stratum[at + 1 :] for stratum, at in zip(left, choice, strict=True)]
                following.append(([*past, block], rest))
            assert math.fsum(after) / len(after) <= capital_after(past, m, population) + 1e-9
        pasts = following


@settings(max_examples=25)
@given(st.lists(st.lists(MAYBE, min_size=2, max_size=2), min_size=1, max_size=3), st.floats(0, 0.2))
def test_without_replacement_no_block_is_expected_to_win_if_the_mean_is_m_or_less(
    strata: list[list[float | None]], more: float
) -> None:
    check_fair(strata, mean_of(strata) + more)


@settings(max_examples=10)
@given(st.lists(MAYBE, min_size=4, max_size=4))
def test_one_stratum_is_fair_to_its_end(values: list[float | None]) -> None:
    check_fair([values], mean_of([values]))


@settings(max_examples=25)
@given(
    st.lists(st.tuples(UNIT, UNIT, st.floats(0, 1)), min_size=1, max_size=4),
    st.lists(st.lists(UNIT, min_size=4, max_size=4), max_size=5),
    st.floats(0, 0.2),
)
def test_with_replacement_no_block_is_expected_to_win_after_any_past(
    strata: list[tuple[float, float, float]], past: list[list[float]], more: float
) -> None:
    mean = math.fsum(p * first + (1 - p) * second for first, second, p in strata) / len(strata)
    m = mean + more
    assume(0.0 < m < 1.0)
    after = 0.0
    for chosen in itertools.product([0, 1], repeat=len(strata)):
        p = math.prod(one[2] if pick == 0 else 1 - one[2] for one, pick in zip(strata, chosen, strict=True))
        block = [one[pick] for one, pick in zip(strata, chosen, strict=True)]
        after += p * capital_after([*past, block], m, None)
    before = capital_after(past, m, None)
    assert after <= before * (1 + 1e-9) + 1e-9


# Error under continuous peeking, by simulation: the share of runs in which the truth is ever ruled out.


def ever_ruled_out(stream: Numbers, mean: float, population: int | None, per_block: int) -> float:
    """`stream` has shape (draws, runs), values in [0, 1]; a block is `per_block` draws."""
    above = Capital(np.full(stream.shape[1], mean), population=population)
    largest = np.zeros(stream.shape[1])
    for start in range(0, len(stream), per_block):
        above.update(stream[start : start + per_block])
        largest = np.maximum(largest, above.total)
    return float((largest >= 20.0).mean())


def most_by_luck(alpha: float) -> float:
    return alpha + 4 * math.sqrt(alpha * (1 - alpha) / SIMULATED)


@pytest.mark.parametrize(
    ("p_loss", "p_win"), [(0.05, 0.0), (0.03, 0.01), (0.2, 0.15), (0.5, 0.45), (0.02, 0.0), (0.9, 0.05)]
)
def test_at_most_alpha_of_runs_ever_rule_out_the_truth_with_replacement(p_loss: float, p_win: float) -> None:
    rng = np.random.default_rng(17)
    drawn = rng.random((400, SIMULATED))
    stream = np.where(drawn < p_loss, 0.0, np.where(drawn > 1 - p_win, 1.0, 0.5))
    mean = (1 + p_win - p_loss) / 2
    assert ever_ruled_out(stream, mean, None, 1) <= most_by_luck(0.05)
    assert ever_ruled_out(1 - stream, 1 - mean, None, 1) <= most_by_luck(0.05)


@pytest.mark.parametrize(("losses", "wins"), [(5, 0), (12, 6), (40, 30), (3, 3)])
def test_at_most_alpha_of_runs_ever_rule_out_the_truth_without_replacement(losses: int, wins: int) -> None:
    rng = np.random.default_rng(19)
    values = np.array([0.0] * losses + [1.0] * wins + [0.5] * (100 - losses - wins))
    stream = rng.permuted(np.repeat(values[:, None], SIMULATED, axis=1), axis=0)
    assert ever_ruled_out(stream, values.mean(), 100, 1) <= most_by_luck(0.05)
    assert ever_ruled_out(1 - stream, 1 - values.mean(), 100, 1) <= most_by_luck(0.05)


def test_at_most_alpha_of_runs_ever_rule_out_the_truth_in_uneven_strata() -> None:
    rng = np.random.default_rng(23)
    strata = [np.array([0.0] * bad + [0.5] * (20 - bad)) for bad in (0, 0, 1, 9)]
    each = [rng.permuted(np.repeat(values[:, None], SIMULATED, axis=1), axis=0) for values in strata]
    stream = np.stack(each, axis=1).reshape(80, SIMULATED)
    mean = float(np.mean(strata))
    assert ever_ruled_out(stream, mean, 80, 4) <= most_by_luck(0.05)
    assert ever_ruled_out(1 - stream, 1 - mean, 80, 4) <= most_by_luck(0.05)


# The sequence itself.


@given(st.lists(TERNARY, min_size=1, max_size=60), st.integers(1, 5))
def test_bounds_only_tighten_and_hold_the_mean_at_the_end(values: list[float], per_block: int) -> None:
    seen = BettingSequence(population=len(values))
    before = (-1.0, 1.0)
    outlasted = True
    mean = math.fsum(values) / len(values)
    for start in range(0, len(values), per_block):
        seen.update(values[start : start + per_block])
        assert seen.lower <= seen.upper
        # Only at the end may a bound that was wrong turn out to be: then the mean is known.
        outlasted = outlasted and seen.lower >= before[0] - 1e-12 and seen.upper <= before[1] + 1e-12
        right = before[0] <= mean <= before[1]
        assert outlasted or not right
        before = (seen.lower, seen.upper)
    assert seen.lower == seen.upper == seen.mean == mean


@given(st.lists(st.one_of(TERNARY, st.none()), max_size=80), st.sampled_from([None, 80, 200]))
def test_what_is_below_is_the_mirror_of_what_is_above(
    values: list[float | None], population: int | None
) -> None:
    plain, mirrored = BettingSequence(population=population), BettingSequence(population=population)
    for start in range(0, len(values), 4):
        block = values[start : start + 4]
        plain.update(block)
        mirrored.update([None if value is None else -value for value in block])
    assert plain.lower == pytest.approx(-mirrored.upper, abs=1e-9)
    assert plain.upper == pytest.approx(-mirrored.lower, abs=1e-9)
    assert plain.against_at_most(-0.05) == pytest.approx(mirrored.against_at_least(0.05), rel=1e-6)


@settings(max_examples=40)
@given(
    st.lists(st.floats(0, 1), min_size=8, max_size=120),
    st.sampled_from([None, 120, 400]),
    st.floats(0.01, 0.3),
)
def test_the_bound_is_where_the_e_value_meets_one_over_alpha(
    values: list[float], population: int | None, alpha: float
) -> None:
    seen = BettingSequence(low=0.0, high=1.0, alpha=alpha, population=population)
    seen.update(values)
    assume(0.0 < seen.lower < seen.upper)
    # One block: no earlier one could have ruled out more.
    inside = seen.lower - 1e-6
    assert seen.against_at_most(inside) >= 1 / alpha * (1 - 1e-6)
    assert seen.against_at_most(seen.lower + 0.003) < 1 / alpha


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=30))
def test_the_e_value_falls_in_m(blocks: list[list[float]]) -> None:
    seen = BettingSequence(low=0.0, high=1.0, population=200)
    for block in blocks:
        seen.update(block)
    values = [seen.against_at_most(m) for m in np.linspace(0.01, 0.99, 25)]
    assert all(first >= second - 1e-9 * first for first, second in itertools.pairwise(values))


def test_an_e_value_asked_for_late_is_the_one_asked_for_early() -> None:
    early, late = BettingSequence(population=300), BettingSequence(population=300)
    early.against_at_most(-0.05)
    for block in ([0.0, 1.0, 0.0], [None, -1.0, 0.0], [0.0, 0.0, 0.0]):
        early.update(block)
        late.update(block)
        early.against_at_most(-0.05)
    assert late.against_at_most(-0.05) == early.against_at_most(-0.05)
    assert late.against_at_most(-0.05) != 1.0


def draws_until_above(values: Sequence[float], m: float, population: int | None) -> int | None:
    seen = BettingSequence(population=population)
    for count, value in enumerate(values, 1):
        seen.update([value])
        if seen.lower > m:
            return count
    return None


def test_no_difference_at_all_is_certified_soon() -> None:
    # The least that any bet can do is log(20) / log(1 + .05 / .95) = 59.
    assert draws_until_above([0.0] * 100, -0.05, None) in range(59, 71)
    assert draws_until_above([0.0] * 300, -0.02, None) in range(149, 180)
    assert draws_until_above([0.0] * 144, -0.05, 144) in range(40, 60)


def test_a_clear_loss_shows_within_a_round() -> None:
    seen = BettingSequence()
    seen.update([-1.0] * 10)
    assert seen.upper < -0.05
    assert seen.against_at_least(-0.05) > 20
    assert seen.against_at_most(-0.05) < 0.05


def test_twenty_clean_draws_prove_little() -> None:
    seen = BettingSequence()
    for _ in range(5):
        seen.update([0.0] * 4)
    assert -0.2 < seen.lower < -0.1


def test_missing_verdicts_are_in_no_mean_and_bounds_are_of_those_that_are_there() -> None:
    seen = BettingSequence(population=6)
    seen.update([1.0, None, None])
    assert (seen.n, seen.drawn, seen.mean) == (1, 3, 1.0)
    seen.update([None, -1.0, 1.0])
    assert (seen.n, seen.drawn) == (3, 6)
    assert seen.lower == seen.upper == seen.mean == pytest.approx(1 / 3)


@pytest.mark.parametrize("population", [None, 400])
def test_missing_verdicts_cost_draws_but_hardly_any_evidence(population: int | None) -> None:
    whole, gaps = BettingSequence(population=population), BettingSequence(population=population)
    for _ in range(70):
        whole.update([0.0])
        gaps.update([0.0])
        gaps.update([None])
    assert gaps.n == whole.n == 70
    assert gaps.lower == pytest.approx(whole.lower, abs=0.01)


def test_a_population_without_any_verdict_says_nothing() -> None:
    seen = BettingSequence(population=4)
    seen.update([None, None])
    seen.update([None, None])
    assert (seen.n, seen.mean, seen.lower, seen.upper) == (0, None, -1.0, 1.0)
    assert seen.against_at_most(-0.05) <= 1.0


def test_a_mean_exactly_at_the_tolerance_is_on_neither_side_of_it() -> None:
    seen = BettingSequence(population=60)
    for _ in range(3):
        seen.update([-1.0])
        seen.update([0.0] * 19)
    assert seen.lower == seen.upper == -0.05
    assert seen.against_at_most(-0.05) < MOST
    assert seen.against_at_least(-0.05) < MOST


def test_what_cannot_be_reached_any_more_is_ruled_out_for_certain() -> None:
    seen = BettingSequence(population=10)
    seen.update([1.0] * 9)
    assert seen.lower >= 0.8
    assert seen.against_at_most(0.7) == MOST


def test_the_edges_of_what_can_be_asked() -> None:
    seen = BettingSequence(low=0.0, high=2.0)
    assert (seen.against_at_most(1.0), seen.against_at_least(1.0), seen.mean) == (1.0, 1.0, None)
    seen.update([])
    seen.update([1.5] * 3)
    assert seen.against_at_most(2.0) == 1.0
    assert seen.against_at_most(-0.1) == MOST
    assert seen.against_at_most(0.0) > 1e10
    assert seen.against_at_least(2.1) == MOST


def test_a_long_sequence_stays_within_numbers() -> None:
    seen = BettingSequence()
    for _ in range(300):
        seen.update([-1.0] * 10)
    assert seen.against_at_least(0.5) == MOST
    assert 0.0 <= seen.against_at_most(-0.5) < 1e-100
    assert -1.0 <= seen.lower <= seen.upper < -0.99


@pytest.mark.parametrize(
    ("settings_of_it", "what"),
    [
        ({"low": 1.0, "high": 1.0}, "low < high"),
        ({"low": math.nan}, "low < high"),
        ({"high": math.inf}, "low < high"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 1.0}, "alpha"),
        ({"population": 0}, "population"),
    ],
)
def test_settings_out_of_range_are_refused(settings_of_it: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        BettingSequence(**settings_of_it)


@pytest.mark.parametrize("value", [1.01, -1.01, math.nan, math.inf])
def test_a_value_out_of_range_is_refused_and_changes_nothing(value: float) -> None:
    seen = BettingSequence()
    with pytest.raises(ValueError, match="does not lie in"):
        seen.update([0.0, value])
    assert (seen.n, seen.drawn, seen.lower) == (0, 0, -1.0)


def test_more_than_there_is_cannot_be_drawn() -> None:
    seen = BettingSequence(population=3)
    seen.update([0.0, 0.0])
    with pytest.raises(ValueError, match="more than the 3"):
        seen.update([0.0, 0.0])

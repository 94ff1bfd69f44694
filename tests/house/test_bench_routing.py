from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from routing import calibration, choosing, curves, first_day, outcomes, pairs, reading, resampling
from routing.judging import judge
from routing.routers import (
    LengthRouter,
    OracleRouter,
    OurRouter,
    PriorRouter,
    RandomRouter,
    TfidfRouter,
    forecast,
    out_of_fold,
)
from routing.rows import BASELINE, CANDIDATE, Rows
from suffice.quality.outcomes import Example

ROOT = Path(__file__).resolve().parents[2]


def dice(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def outcome_pair() -> tuple[np.ndarray, np.ndarray]:
    rng = dice(0)
    return (rng.random(4000) < 0.8).astype(float), (rng.random(4000) < 0.6).astype(float)


def test_a_curve_of_four_prompts_by_hand() -> None:
    points = curves.curve(
        np.array([1.0, 2, 3, 4]), np.array([1.0, 1, 1, 1]), np.array([1.0, 1, 0, 0]), bins=4
    )
    assert points.share.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert points.quality.tolist() == [0.5, 0.75, 1, 1, 1]
    # (0.125 + 0.375 + 0.5 + 0.5) / 4, of the half that the baseline is ahead.
    assert curves.apgr(points) == pytest.approx(0.75)
    assert curves.cpt(points, 0.5) == pytest.approx(25)
    assert curves.cpt(points, 0.75) == pytest.approx(37.5)


def test_random_needs_recover_half_and_the_oracle_more_than_all(
    outcome_pair: tuple[np.ndarray, np.ndarray],
) -> None:
    baseline, candidate = outcome_pair
    random = [curves.apgr(curves.curve(dice(seed).random(4000), *outcome_pair)) for seed in range(40)]
    assert np.mean(random) == pytest.approx(0.5, abs=0.02)
    need = baseline - candidate + 1e-6 * dice().random(4000)
    oracle = curves.curve(need, baseline, candidate)
    assert curves.apgr(oracle) > 1
    worst = curves.curve(-need, baseline, candidate)
    assert curves.apgr(worst) == pytest.approx(1 - curves.apgr(oracle), abs=0.02)


def test_ties_are_routed_together() -> None:
    points = curves.curve(np.zeros(10), np.ones(10), np.zeros(10))
    assert points.share.tolist() == [0, 1]
    assert curves.apgr(points) == pytest.approx(0.5)


def test_no_gap_has_no_apgr() -> None:
    assert np.isnan(curves.apgr(curves.curve(np.arange(4.0), np.zeros(4), np.ones(4))))


def test_the_hull_leaves_out_what_a_mix_beats() -> None:
    cost, quality = curves.hull(np.array([3.0, 1, 1, 2, 4]), np.array([0.9, 0.5, 0.4, 0.6, 0.8]))
    assert (cost.tolist(), quality.tolist()) == ([1, 3], [0.5, 0.9])


def test_aiq_of_a_hull_by_hand() -> None:
    cost, quality = np.array([0.0, 1, 2]), np.array([0.0, 0.8, 1])
    # (0.4 + 0.9) over two units of cost, and 1 for each unit beyond.
    assert curves.aiq(cost, quality, 0, 2) == pytest.approx(0.65)
    assert curves.aiq(cost, quality, 0, 4) == pytest.approx((0.4 + 0.9 + 2) / 4)
    assert curves.aiq(cost, quality, 0.5, 1) == pytest.approx(0.6)
    with pytest.raises(ValueError, match="no point"):
        curves.aiq(cost, quality, -1, 2)


def test_shuffled_decisions_gain_nothing_over_shuffled_decisions(
    outcome_pair: tuple[np.ndarray, np.ndarray],
) -> None:
    need = dice(5).random(4000)
    gains = resampling.shuffled_curves(need, outcome_pair, curves.apgr, dice(), 200)
    low, high = resampling.interval(gains)
    assert low < 0 < high
    baseline, candidate = outcome_pair
    informed = resampling.shuffled_curves(baseline - candidate, outcome_pair, curves.apgr, dice(), 50)
    assert resampling.interval(informed)[0] > 0.2


def test_a_resampled_router_is_paired_with_itself(outcome_pair: tuple[np.ndarray, np.ndarray]) -> None:
    need = dice(5).random(4000)
    found = resampling.resampled_curves({"a": need, "b": 3 * need - 7}, outcome_pair, curves.apgr, dice(), 20)
    assert found["a"] == pytest.approx(found["b"])
    assert found["a"].std() > 0


def test_a_group_is_never_split() -> None:
    groups = [str(at // 3) for at in range(60)]
    fold = resampling.folds(groups, 5, dice())
    assert all(len(set(fold[3 * at : 3 * at + 3])) == 1 for at in range(20))
    assert np.bincount(fold).tolist() == [12] * 5
    tested = np.concatenate([test for _, test in resampling.splits(groups, 5, dice())])
    assert sorted(tested) == list(range(60))


def test_at_most_so_many_of_each_bucket() -> None:
    drawn = resampling.per_bucket(["a"] * 10 + ["b"] * 2, 3, dice())
    assert len(drawn) == 5
    assert {10, 11} <= set(drawn.tolist())


def test_generators_differ_by_any_part() -> None:
    draws = {resampling.rng_of(*parts).random() for parts in ((1, "a"), (1, "b"), (2, "a"), (1,))}
    assert len(draws) == 4
    assert resampling.rng_of(1, "a").random() in draws


def test_calibration_by_hand() -> None:
    p, good = np.array([0.05, 0.05, 0.95, 0.95]), np.array([0.0, 1, 1, 1])
    assert calibration.brier(p, good) == pytest.approx((0.0025 + 0.9025 + 2 * 0.0025) / 4)
    assert calibration.ece(p, good) == pytest.approx((0.45 + 0.05) / 2)
    assert [row["count"] for row in calibration.reliability(p, good)] == [2, 2]
    taken = calibration.above(p, good, 0.9)
    assert (taken["taken"], taken["right"]) == (2, 1)
    assert taken["low"] < 1
    assert np.isnan(calibration.above(p, good, 0.99)["right"])


def test_the_wilson_interval_of_a_known_case() -> None:
    low, high = calibration.wilson(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))
    assert calibration.wilson(0, 0) == (0, 1)


@pytest.fixture
def three_models() -> tuple[np.ndarray, np.ndarray]:
    """The third is the baseline: dear and always right; the first is cheap and right on every other prompt."""
    quality = np.array([[1.0, 0, 1], [0, 0, 1]] * 50)
    return quality, np.tile([1.0, 2, 10], (100, 1))


def test_the_bar_takes_the_cheapest_that_clears_it(three_models: tuple[np.ndarray, np.ndarray]) -> None:
    quality, cost = three_models
    p_good = np.where(np.arange(3) == 2, np.inf, quality)
    expected = choosing.Expected(quality - 1, p_good, cost)
    choice = choosing.by_bar(expected, np.array([0.0, 0.5, 1.01]))
    assert choice[:2].tolist() == [[0, 0, 2], [0, 2, 2]]
    points = choosing.reached(choice, quality, cost)
    assert points.quality.mean(axis=0).tolist() == [0.5, 1, 1]
    assert points.cost.mean(axis=0).tolist() == [1, 5.5, 10]
    at = choosing.cheapest_that_holds(points, quality[:, 2], 0.01, 50, None)
    assert at == 1
    assert choosing.cheapest_that_holds(points, quality[:, 2], 0.01, 50, dice()) == 1


def test_a_bound_is_more_careful_than_a_point_estimate() -> None:
    quality = np.ones((100, 2))
    quality[0, 0] = 0
    points = choosing.Points(quality, np.tile([1.0, 2.0], (100, 1)))
    assert choosing.cheapest_that_holds(points, np.ones(100), 0.01, 200, None) == 0
    assert choosing.cheapest_that_holds(points, np.ones(100), 0.01, 200, dice()) == 1


def test_the_rate_weighs_gain_against_cost(three_models: tuple[np.ndarray, np.ndarray]) -> None:
    quality, cost = three_models
    choice = choosing.by_rate(choosing.Expected(quality, quality, cost), np.array([0.0001, 1.0]))
    assert choice[:2].tolist() == [[0, 0], [2, 0]]


def test_mixes_of_single_models_are_the_area_to_beat(three_models: tuple[np.ndarray, np.ndarray]) -> None:
    quality, cost = three_models
    singles = choosing.aiq_of(choosing.Points(quality, cost), quality, cost, np.ones(100))
    # From (1, .5) to (10, 1) in a straight line.
    assert singles == pytest.approx(0.75)
    informed = choosing.reached(choosing.by_rate(choosing.Expected(quality, quality, cost)), quality, cost)
    assert choosing.aiq_of(informed, quality, cost, np.ones(100)) > 0.8


def test_the_first_day_of_a_known_kind_of_model() -> None:
    score = np.array([[0.9, 0.9], [0.6, 0.4], [0.3, 0.2]])
    table = first_day.Table(
        ["base", "a", "b"], ["x", "y"], "base", score, score - 0.9, score * 0, score * 0 + 50
    )
    others = table.without("b")
    assert others.models == ["base", "a"]
    profile = np.array([0.58, np.nan])
    assert first_day.nearest(others, profile, 1)[0] == pytest.approx(-0.5)
    assert first_day.mean_of_others(others, profile, 1)[0] == pytest.approx(-0.25)
    assert first_day.one_number(others, profile, 1)[0] == pytest.approx(-0.25 + 0.58 - 0.75)


def rows_of(count: int) -> Rows:
    """Prompts of two use cases: the candidate fails where the prompt asks to prove, and in half of the second."""
    rng = dice(3)
    hard = rng.random(count) < 0.4
    bucket = np.where(rng.random(count) < 0.5, "alpha", "beta")
    prompts = [
        f"{'prove that item' if is_hard else 'name the item'} {at} of {name}"
        for at, (is_hard, name) in enumerate(zip(hard, bucket, strict=True))
    ]
    candidate = np.where(hard | ((bucket == "beta") & (rng.random(count) < 0.5)), 0.0, 1.0)
    examples = []
    for at, prompt in enumerate(prompts):
        read = reading.read_one(prompt, str(bucket[at]))
        quality = {BASELINE: 1.0, CANDIDATE: float(candidate[at])}
        examples.append(
            Example(
                features=read.features,
                scores=read.scores,
                bucket=str(bucket[at]),
                quality=quality,
                group=str(at),
            )
        )
    return Rows(prompts=prompts, examples=examples, baseline=np.ones(count), candidate=candidate)


def test_every_router_is_judged_on_rows_it_did_not_see() -> None:
    rows = rows_of(300)
    routers = [RandomRouter(), LengthRouter(), TfidfRouter(), OurRouter(), OracleRouter()]
    needs = {router.name: out_of_fold(router, rows, 3, dice(9)) for router in routers}
    judged = judge(needs, rows, dice(), 30)["routers"]
    assert judged["oracle"]["apgr"]["value"] > judged["suffice"]["apgr"]["value"]
    assert judged["suffice"]["apgr"]["value"] > judged["random"]["apgr"]["value"]
    assert judged["suffice"]["over_shuffled"]["low"] > 0
    assert judged["TF-IDF + logistic regression"]["apgr"]["value"] > 0.6


def test_a_router_that_is_not_told_the_use_case_sees_none() -> None:
    rows = rows_of(60)
    blind = OurRouter(tagged=False)
    learned = blind.learned(rows)
    seen = blind.seen(rows, learned)
    assert all(not {"alpha", "beta"} & {example.bucket, example.features.feature} for example in seen)
    assert all(example.quality == {} for example in seen)
    other = [msgspec.structs.replace(example, bucket="other") for example in rows.examples]
    need = out_of_fold(blind, rows, 3, dice())
    assert out_of_fold(blind, replace(rows, examples=other), 3, dice()) == pytest.approx(need)


def test_before_any_outcome_the_kind_of_task_decides() -> None:
    rows = rows_of(60)
    need = PriorRouter().need(rows, rows, dice())
    flipped = replace(rows, candidate=1 - rows.candidate)
    assert PriorRouter().need(flipped, flipped, dice()) == pytest.approx(need)
    assert np.all((need >= 0) & (need <= 1))


def test_what_is_taken_away_is_not_seen() -> None:
    rows = rows_of(60)
    for router, part in ((OurRouter(words=False), "hashes"), (OurRouter(demands=False), "scores")):
        seen = router.seen(rows, router.learned(rows))
        assert all(not getattr(one.features if part == "hashes" else one, part) for one in seen)
    many = rows_of(220)
    assert OurRouter().learned(many).clusters is not None
    assert OurRouter(clusters=False).learned(many).clusters is None


def test_a_forecast_is_what_would_be_served() -> None:
    rows = rows_of(90)
    said = forecast(OurRouter(), rows, 3, dice())
    assert np.all((said.p_low <= said.p_good) & (said.p_good <= said.p_high))
    assert (
        said.p_good[np.array(rows.buckets) == "alpha"].mean()
        > said.p_good[np.array(rows.buckets) == "beta"].mean()
    )


def test_listed_functions_become_tools() -> None:
    listed = '{"name": "add", "parameters": {"type": "dict", "properties": {"a": {"type": "float"}}}}'
    body = reading.body_of(f"Add it.\n\nAvailable functions:\n{listed}")
    assert body["messages"] == [{"role": "user", "content": "Add it."}]
    parameters = {"type": "object", "properties": {"a": {"type": "number"}}}
    assert body["tools"] == [{"type": "function", "function": {"name": "add", "parameters": parameters}}]
    assert "tools" not in reading.body_of("x\n\nAvailable functions:\nnot json")


def test_outcomes_are_read_from_their_file(tmp_path: Path) -> None:
    given = {
        "prompt_id": ["mmlu/law/1", "mmlu/law/1", "gsm8k/2"],
        "prompt": ["a", "a", "b"],
        "task": ["mmlu", "mmlu", "gsm8k"],
        "split": ["test"] * 3,
        "model": ["x", "y", "x"],
        "score": [1.0, 0.0, 0.5],
        "cost_usd": [0.1, None, None],
        "input_tokens_est": [3, 3, None],
        "overlaps_routellm": [False, False, True],
    }
    pl.DataFrame(given).write_parquet(tmp_path / "routellm_evals.parquet")
    found = outcomes.load(tmp_path, "routellm_evals")
    assert found.buckets == ["gsm8k", "mmlu/law"]
    assert found.of("x").tolist() == [0.5, 1.0]
    assert np.isnan(found.of("y")[0])
    assert found.cost[1, 0] == 0.1
    assert found.overlaps.tolist() == [True, False]
    assert "zeroeval.parquet" in outcomes.missing(tmp_path)


def test_every_pair_is_in_its_set(recorded_data: Path) -> None:
    folder = recorded_data / "routing"
    assert outcomes.missing(folder) == []
    for name in {*pairs.PAIRS, *pairs.STAND_INS}:
        loaded = outcomes.load(folder, name)
        for pair in [*pairs.PAIRS.get(name, []), pairs.STAND_INS[name]]:
            baseline, candidate = (loaded.of(model) for model in pair)
            assert (np.isfinite(baseline) & np.isfinite(candidate)).sum() >= 250, (name, pair)


def test_without_data_it_says_what_is_missing() -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    ran = subprocess.run(
        [sys.executable, "-m", "routing"], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "DATA is not given" in ran.stderr

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from asks import candidate, chat

from suffice.errors import PolicyError
from suffice.features import read
from suffice.quality.ability import Abilities
from suffice.quality.ability_fit import fit_abilities, scores_of
from suffice.quality.outcomes import Example

Scores = dict[str, dict[str, tuple[float, float]]]
ITEMS = [f"item-{number}" for number in range(8)]


def made(models: int, *, rank: int = 1, count: float = 400, missing: float = 0.0, seed: int = 3) -> Scores:
    """Scores of made-up models that differ along `rank` directions."""
    rng = np.random.default_rng(seed)
    offsets, loadings = rng.normal(0.5, 0.8, len(ITEMS)), rng.normal(0, 0.5, (len(ITEMS), rank))
    loadings[:, 0] = rng.uniform(0.6, 1.2, len(ITEMS))
    if rank > 1:
        loadings[:, 1] = np.where(np.arange(len(ITEMS)) % 2, 1.0, -1.0)
    ability = rng.normal(0, 1, (models, rank))
    odds = offsets + ability @ loadings.T + rng.normal(0, 0.15, (models, len(ITEMS)))
    scores = rng.binomial(int(count), 1 / (1 + np.exp(-odds))) / count
    there = rng.random(scores.shape) >= missing
    return {
        f"model-{row}": {
            item: (float(scores[row, column]), count)
            for column, item in enumerate(ITEMS)
            if there[row, column]
        }
        for row in range(models)
    }


def misses(fitted: Abilities, held: Scores, shown: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What was missed on the items that were not shown, the sd that was said, and what the mean would miss."""
    found = []
    for profile in held.values():
        for item in set(profile) - set(shown):
            mean, sd = fitted.predict({name: profile[name] for name in shown if name in profile}, item)
            others = np.mean([known[item][0] for known in fitted.known.values() if item in known])
            found.append((profile[item][0] - mean, sd, profile[item][0] - others))
    return tuple(np.array(found).T)  # type: ignore[return-value] -- three columns


@pytest.mark.parametrize(("rank", "missing"), [(1, 0.0), (1, 0.4), (2, 0.0)])
def test_held_out_models_are_expected_better_than_by_the_mean(rank: int, missing: float) -> None:
    scores = made(60, rank=rank, missing=missing)
    held = {name: scores.pop(name) for name in list(scores)[40:]}
    missed, said, by_mean = misses(fit_abilities(scores), held, ITEMS[:4])
    assert np.abs(missed).mean() < 0.6 * np.abs(by_mean).mean()
    assert 0.8 < (np.abs(missed) < 1.645 * np.hypot(said, 0.02)).mean() < 0.98


def test_as_many_directions_as_the_models_differ_in() -> None:
    assert fit_abilities(made(50, rank=1)).weights.shape == (len(ITEMS) + 1, 2)
    assert fit_abilities(made(50, rank=2)).weights.shape[1] >= 3
    assert fit_abilities(made(50), rank=3).weights.shape == (len(ITEMS) + 1, 4)


def test_a_fit_is_the_same_in_any_order_and_every_time() -> None:
    scores = made(12, missing=0.2)
    turned = {name: dict(reversed(items.items())) for name, items in reversed(scores.items())}
    assert fit_abilities(scores).encode() == fit_abilities(turned).encode()


def test_two_models_and_one_benchmark_already_make_a_wide_answer() -> None:
    scores: Scores = {
        "old": {"bench": (0.75, 300.0), "bucket": (0.9, 50.0)},
        "older": {"bench": (0.5, 300.0)},
    }
    fitted = fit_abilities(scores)
    gain, sd = fitted.gain({"bench": 0.72}, "old", "bucket")
    assert -0.25 < gain < 0.1
    assert sd > 0.05
    assert fitted.gain({"bench": 0.4}, "old", "bucket")[0] < gain
    assert fitted.gain({"bench": 0.72, "bucket": (0.9, 2000.0)}, "old", "bucket")[1] < sd


def test_one_score_alone_is_enough_to_say_something() -> None:
    mean, sd = fit_abilities({"only": {"bench": (0.6, 100.0)}}).predict({}, "bench")
    assert 0.3 < mean < 0.8
    assert sd > 0.1


def test_scores_of_0_and_1_and_few_answers_are_taken() -> None:
    scores = made(10, count=5)
    scores["model-0"] = dict.fromkeys(ITEMS, (0.0, 5.0))
    scores["model-1"] = dict.fromkeys(ITEMS, (1.0, 5.0))
    fitted = fit_abilities(scores)
    low, high = (fitted.predict(dict.fromkeys(ITEMS[:4], score), ITEMS[5])[0] for score in (0.0, 1.0))
    assert low < 0.5 < high


def test_all_alike_is_no_trouble() -> None:
    fitted = fit_abilities({f"m{number}": dict.fromkeys(ITEMS, (0.7, 100.0)) for number in range(8)})
    mean, sd = fitted.predict({ITEMS[0]: 0.7}, ITEMS[1])
    assert mean == pytest.approx(0.7, abs=0.05)
    assert math.isfinite(sd)


@pytest.mark.parametrize(
    ("scores", "rank", "code"),
    [
        ({}, None, "no_outcomes"),
        ({"m": {}}, None, "no_outcomes"),
        ({"m": {"i": (1.5, 10.0)}}, None, "bad_score"),
        ({"m": {"i": (0.5, 0.0)}}, None, "bad_score"),
        ({"m": {"i": (0.5, 5.0)}}, 0, "bad_rank"),
        ({"m": {"i": (0.5, 5.0)}}, 4, "bad_rank"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(scores: Any, rank: int | None, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        fit_abilities(scores, rank)
    assert caught.value.code == code


def test_a_table_has_profiles_and_the_means_of_each_use_case() -> None:
    features = read(chat("Hi"))
    examples = [
        Example(features=features, scores={}, bucket="faq", group="", quality={"new": score, "old": 1.0})
        for score in (0.0, 0.5, 1.0)
    ]
    table = scores_of(examples, [candidate("new", "mini", 1, benchmarks={"exam": 0.7})])
    assert table["new"]["faq"] == (0.5, 3.0)
    assert table["new"]["exam"][0] == 0.7
    assert table["old"] == {"faq": (1.0, 3.0)}

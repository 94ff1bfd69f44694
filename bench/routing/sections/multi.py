"""Choice among many models at what they really cost: RouterBench's prompts, five folds in domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from routing.bench import Bench
from routing.choosing import (
    BARS,
    RATES,
    Expected,
    Points,
    aiq_of,
    average,
    by_bar,
    by_rate,
    cheapest_that_holds,
    reached,
)
from routing.forecasters import Forecaster, Prompts, ours, tfidf
from routing.judging import value
from routing.parallel import each
from routing.resampling import rng_of, splits
from routing.tables import number, percent, ranged, table, verdict

FOLDS, INNER = 5, 3
LOSS = 0.01
"""One point."""
Rule = Callable[[Expected], np.ndarray]
RULES: dict[str, Rule] = {"bar": by_bar, "rate": by_rate}
GRIDS = {"bar": BARS, "rate": RATES}
PICKED = ("point estimate", "90% bound")


def run(bench: Bench) -> dict[str, Any]:
    """Measures the curve of every rule, and what holding the best single model's quality costs."""
    prompts = Prompts(bench)
    rng = rng_of(bench.seed, "multi")
    curves: dict[str, Points] = {}
    shuffled: dict[str, Points] = {}
    kept: dict[str, Any] = {}
    trials = (("suffice", ours, ("bar", "rate")), ("TF-IDF + logistic regression", tfidf, ("rate",)))
    for name, forecaster, rules in trials:
        choices, picked = _chosen(bench, prompts, forecaster, rules)
        for rule in rules:
            label = f"{name}, by {rule}"
            curves[label] = reached(choices[rule], prompts.quality, prompts.cost)
            dealt = choices[rule][rng.permutation(len(prompts.texts))]
            shuffled[label] = reached(dealt, prompts.quality, prompts.cost)
            for how, choice in picked[rule].items():
                kept[f"{label}, {how}"] = _held(prompts, choice, rng, bench.repeats)
    curves |= _controls(prompts)
    whole = np.ones(len(prompts.texts))
    return {
        "prompts": len(prompts.texts),
        "best": prompts.models[prompts.best],
        "models": {
            model: {
                "quality": float(prompts.quality[:, at].mean()),
                "cost": float(prompts.cost[:, at].mean()),
            }
            for at, model in enumerate(prompts.models)
        },
        "aiq": _aiqs(prompts, curves, shuffled, rng, bench.repeats // 2),
        "held": kept,
        "curves": {
            name: [values.tolist() for values in average(points, whole)] for name, points in curves.items()
        },
    }


def _controls(prompts: Prompts) -> dict[str, Points]:
    truth = Expected(prompts.quality, prompts.quality, prompts.cost)
    return {
        "single models and mixes of them": Points(prompts.quality, prompts.cost),
        "oracle": reached(by_rate(truth), prompts.quality, prompts.cost),
    }


def _chosen(
    bench: Bench, prompts: Prompts, forecaster: Forecaster, rules: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, np.ndarray]]]:
    """Returns the choices at every setting, out of fold, and those at the setting picked inside the training folds."""
    count = len(prompts.texts)
    choices = {rule: np.empty((count, len(GRIDS[rule])), dtype=int) for rule in rules}
    picked = {rule: {how: np.empty(count, dtype=int) for how in PICKED} for rule in rules}
    parts = list(splits(prompts.groups, FOLDS, rng_of(bench.seed, "multi", "folds")))

    def of_fold(fold: int) -> tuple[Expected, Expected]:
        train, test = parts[fold]
        inner = _inner(prompts, train, forecaster, rng_of(bench.seed, "inner", fold))
        return forecaster(prompts, train, test), inner

    for fold, (expected, inner) in enumerate(each(of_fold, FOLDS, "many models")):
        train, test = parts[fold]
        for rule in rules:
            choices[rule][test] = RULES[rule](expected)
            points = reached(RULES[rule](inner), prompts.quality[train], prompts.cost[train])
            for how in PICKED:
                rng = rng_of(bench.seed, "pick", fold) if how == "90% bound" else None
                at = cheapest_that_holds(points, prompts.quality[train, prompts.best], LOSS, 300, rng)
                picked[rule][how][test] = choices[rule][test][:, at]
    return choices, picked


def _inner(prompts: Prompts, train: np.ndarray, forecaster: Forecaster, rng: np.random.Generator) -> Expected:
    """Returns what is expected of each training row by fits on other training rows."""
    groups = [prompts.groups[at] for at in train]
    asked, parts = [], []
    for known, rest in splits(groups, INNER, rng):
        asked.append(rest)
        parts.append(forecaster(prompts, train[known], train[rest]))
    back = np.argsort(np.concatenate(asked))
    return Expected(*(np.concatenate(fields)[back] for fields in zip(*parts, strict=True)))


def _held(prompts: Prompts, choice: np.ndarray, rng: np.random.Generator, repeats: int) -> dict[str, Any]:
    """Returns what one choice a prompt lost, saved, and gained over the same choices shuffled."""
    count = len(choice)
    at = np.arange(count)
    best, cost_of_best = prompts.quality[:, prompts.best], prompts.cost[:, prompts.best]
    quality, cost = prompts.quality[at, choice], prompts.cost[at, choice]
    lost, share, gained = (np.empty(repeats) for _ in range(3))
    for repeat in range(repeats):
        rows = rng.integers(0, count, count)
        dealt = prompts.quality[rows, choice[rng.permutation(rows)]]
        lost[repeat] = (quality[rows] - best[rows]).mean()
        share[repeat] = cost[rows].sum() / cost_of_best[rows].sum()
        gained[repeat] = (quality[rows] - dealt).mean()
    return {
        "quality": float(quality.mean()),
        "lost": value(float((quality - best).mean()), lost),
        "share": value(float(cost.sum() / cost_of_best.sum()), share),
        "over_shuffled": value(float(gained.mean()), gained),
    }


def _aiqs(
    prompts: Prompts,
    curves: dict[str, Points],
    shuffled: dict[str, Points],
    rng: np.random.Generator,
    repeats: int,
) -> dict[str, Any]:
    count = len(prompts.texts)
    times = rng.multinomial(count, np.full(count, 1 / count), repeats)
    samples = {
        name: np.array([aiq_of(points, prompts.quality, prompts.cost, row) for row in times])
        for name, points in curves.items()
    }
    found: dict[str, Any] = {
        name: {"aiq": value(aiq_of(points, prompts.quality, prompts.cost, np.ones(count)), samples[name])}
        for name, points in curves.items()
    }
    mixes = samples["single models and mixes of them"]
    for name, points in shuffled.items():
        dealt = np.array([aiq_of(points, prompts.quality, prompts.cost, row) for row in times])
        found[name]["over_shuffled"] = value(float((samples[name] - dealt).mean()), samples[name] - dealt)
        found[name]["over_mixes"] = value(float((samples[name] - mixes).mean()), samples[name] - mixes)
    return found


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    best = result["models"][result["best"]]
    single = [
        [model, number(of["quality"]), f"${1000 * of['cost']:.3f}", percent(of["cost"] / best["cost"])]
        for model, of in sorted(result["models"].items(), key=lambda item: -item[1]["quality"])
    ]
    return "\n".join(
        [
            f"{result['prompts']:,} prompts, eleven models, the costs that RouterBench recorded.\n",
            f"The best single model is {result['best']}; to hold it means to lose at most one point of mean score.\n",
            table(("single model", "score", "cost of 1,000 prompts", "of the best one's cost"), single),
            "The setting of each rule is picked inside the training folds:\n",
            _held_table(result["held"]),
            "AIQ, over the range from the cheapest single model's cost to the dearest one's:\n",
            _area_table(result["aiq"]),
        ]
    )


def _held_table(kept: dict[str, Any]) -> str:
    head = (
        "choice",
        "score less the best single model's (95%)",
        "of its cost (95%)",
        "score over shuffled (95%)",
    )
    rows = []
    for name, of in kept.items():
        share = of["share"]
        cost = f"{percent(share['value'])} ({percent(share['low'])} to {percent(share['high'])})"
        gain = of["over_shuffled"]
        rows.append(
            [name, f"{ranged(of['lost'], 4)} {held(of['lost'])}", cost, f"{ranged(gain)}{verdict(gain)}"]
        )
    return table(head, rows)


def _area_table(areas: dict[str, Any]) -> str:
    head = ("router", "AIQ (95%)", "over mixes of single models (95%)", "over its choices shuffled (95%)")
    rows = []
    for name, of in areas.items():
        gains = [of[key] for key in ("over_mixes", "over_shuffled") if key in of]
        cells = [f"{ranged(gain)}{verdict(gain)}" for gain in gains] or ["", ""]
        rows.append([name, ranged(of["aiq"]), *cells])
    return table(head, rows)


def held(lost: dict[str, float]) -> str:
    """Returns whether a loss is within a point, and whether all of its interval is."""
    if lost["low"] >= -LOSS:
        return "held"
    return "held, the interval does not" if lost["value"] >= -LOSS else "**not held**"

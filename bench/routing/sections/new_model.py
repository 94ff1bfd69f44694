"""A new model on its first day: each model is held out in turn, and expected from its benchmark profile alone.

A model's profile here is its mean score on every use case of a set but one; what is asked is its gain over the
baseline in the one left out. So profile and truth share no prompt, and no outcome of the held-out model is seen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from rich.progress import track

from routing.bench import Bench
from routing.first_day import EXPECTERS, Expecter, Table
from routing.judging import value
from routing.pairs import PAIRS
from routing.parallel import each
from routing.resampling import rng_of
from routing.tables import number, percent, ranged, table

SETS = ("zeroeval", "mmlu_pro", "bfcl", "livecodebench", "llmrouter", "alpaca")
LEAST = 25
"""Prompts that a use case needs for its truth to be worth comparing with."""
DELTA = 0.02
"""A use case is worth routing if it loses no more than two points."""
_90 = 1.645


class Guess(NamedTuple):
    """One expectation and what came true."""

    model: str
    expected: float
    sd: float
    true: float
    noise: float
    """Standard error of the truth."""


def run(bench: Bench) -> dict[str, Any]:
    """Measures every expecter on every set."""
    found: dict[str, Any] = {}
    for name in SETS:
        known = _table(bench, name)
        models = [model for model in known.models if model != known.baseline]
        if bench.quick:
            models = models[:6]
        of_set: dict[str, Any] = {}
        for label, expecter in track(EXPECTERS.items(), f"new models: {name}"):
            guesses = None if expecter is None else _guesses(known, models, expecter)
            of_set[label] = (
                None if guesses is None else _measured(guesses, rng_of(bench.seed, name), bench.repeats)
            )
        found[name] = {
            "models": len(models),
            "buckets": len(known.buckets),
            "baseline": known.baseline,
            "expecters": of_set,
        }
    return found


def _table(bench: Bench, name: str) -> Table:
    outcomes = bench.outcomes(name)
    baseline = PAIRS[name][0][0]
    buckets = np.array(outcomes.buckets)
    names = [bucket for bucket in sorted(set(outcomes.buckets)) if (buckets == bucket).sum() >= LEAST]
    score, gain, noise, count = (np.full((len(outcomes.models), len(names)), np.nan) for _ in range(4))
    for column, bucket in enumerate(names):
        rows = outcomes.quality[buckets == bucket]
        gains = rows - rows[:, [outcomes.models.index(baseline)]]
        answered = np.isfinite(gains).sum(axis=0)
        for model in np.flatnonzero(answered >= LEAST):
            of_model = gains[np.isfinite(gains[:, model]), model]
            score[model, column] = np.nanmean(rows[:, model])
            gain[model, column] = of_model.mean()
            noise[model, column] = of_model.std(ddof=1) / np.sqrt(len(of_model))
            count[model, column] = len(of_model)
    return Table(outcomes.models, names, baseline, score, gain, noise, count)


def _guesses(known: Table, models: list[str], expecter: Expecter) -> list[Guess]:
    def of_model(at: int) -> list[Guess]:
        row, others = known.models.index(models[at]), known.without(models[at])
        found = []
        for column in np.flatnonzero(np.isfinite(known.gain[row])):
            profile = np.where(np.arange(len(known.buckets)) == column, np.nan, known.score[row])
            if np.isfinite(profile).any():
                expected, sd = expecter(others, profile, int(column))
                gain, noise = float(known.gain[row, column]), float(known.noise[row, column])
                found.append(Guess(models[at], expected, sd, gain, noise))
        return found

    return [guess for found in each(of_model, len(models)) for guess in found]


def _measured(guesses: list[Guess], rng: np.random.Generator, repeats: int) -> dict[str, Any]:
    """Returns the errors, with intervals over models: the use cases of one model belong together."""
    models = sorted({guess.model for guess in guesses})
    of_model = [np.array([guess[1:] for guess in guesses if guess.model == model]) for model in models]
    samples = np.array(
        [
            _figures(np.concatenate([of_model[at] for at in rng.integers(0, len(models), len(models))]))
            for _ in range(min(repeats, 300))
        ]
    )
    figures = _figures(np.concatenate(of_model))
    names = ("error", "regret", "regret_always", "regret_never", "covered")
    return {name: value(figures[at], samples[:, at]) for at, name in enumerate(names)} | {
        "noise": float(np.mean([guess.noise for guess in guesses])) * np.sqrt(2 / np.pi),
        "guesses": len(guesses),
    }


def _figures(guesses: np.ndarray) -> np.ndarray:
    """Returns mean absolute error, mean regret and those of always and never routing, and the share inside 90%."""
    expected, sd, true, noise = guesses.T
    worth = true + DELTA
    lost = np.where(expected + DELTA >= 0, np.maximum(0, -worth), np.maximum(0, worth))
    inside = np.abs(expected - true) <= _90 * np.sqrt(sd**2 + noise**2)
    return np.array(
        [
            np.abs(expected - true).mean(),
            lost.mean(),
            np.maximum(0, -worth).mean(),
            np.maximum(0, worth).mean(),
            inside[np.isfinite(sd)].mean() if np.isfinite(sd).any() else np.nan,
        ]
    )


HEAD = (
    "set",
    "held out",
    "expected from",
    "error of the gain, points (95%)",
    "regret, points (95%)",
    "truth inside the 90% interval",
)


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    rows = [row for name, found in result.items() for row in _rows(name, found)]
    return (
        table(HEAD, rows)
        + f"\nRegret: how much is lost, on average over models and use cases, by routing where the gain is below "
        f"-{100 * DELTA:.0f} points or by not routing where it is above, counted from there.\n"
    )


def _rows(name: str, found: dict[str, Any]) -> list[list[str]]:
    about = f"{found['models']} models, {found['buckets']} use cases, beside {found['baseline']}"
    rows = []
    for label, of in found["expecters"].items():
        error, regret = ranged(_points(of["error"]), 1), ranged(_points(of["regret"]), 2)
        rows.append([name, about, label, error, regret, percent(of["covered"]["value"], 0)])
    known = next(iter(found["expecters"].values()))
    noise = f"{number(100 * known['noise'], 1)} (the truth's own noise)"
    ways = " / ".join(number(100 * known[f"regret_{way}"]["value"], 2) for way in ("always", "never"))
    rows.append([name, about, "_knowing it_", noise, "0", ""])
    rows.append([name, about, "_routing always / never_", "", ways, ""])
    return rows


def _points(found: dict[str, float]) -> dict[str, float]:
    return {key: 100 * figure for key, figure in found.items()}

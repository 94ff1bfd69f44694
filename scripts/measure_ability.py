"""Prints how well a new model is expected from its benchmark profile, as the tables of docs/ability.md.

    python scripts/measure_ability.py DATA

DATA is the folder of recorded outcomes. Each model is held out in turn and all others are fitted; of the held-out
model a few scores are shown, the rest is expected.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from suffice.quality.ability import Abilities
from suffice.quality.ability_fit import fit_abilities

Scores = dict[str, dict[str, tuple[float, float]]]

SETS = {
    "zeroeval": "zeroeval",
    "mmlu_pro": "mmlu_pro",
    "bfcl": "bfcl_v1_2024_08",
    "livecodebench": "livecodebench_before_2024_06",
    "alpaca": "alpaca_eval2",
    "lookahead": "lookahead_open",
    "llmrouter": "llmrouter_nim9",
}
LEAST = 20
"""Answers that a score has to rest on."""
DELTA = 0.02
"""Loss that is tolerated where a candidate stands in."""
Z90 = 1.6449
SEED = 1
SHOWN, REPEATS = (1, 3), 2
"""How many scores of a held-out model are shown, and how often others are drawn."""
CONTROLS = ("mean", "nearest", "lead")


class Guess(NamedTuple):
    """One expectation and what came true; the controls' in the order of CONTROLS."""

    true: float
    error: float
    expected: float
    sd: float
    controls: tuple[float, float, float]
    baseline: float
    gain: float
    """The expected gain over the baseline."""


def scores_of(data: Path, name: str) -> Scores:
    """Returns the scores of a set: model to task to (mean, answers)."""
    frame = pl.read_parquet(data / "routing" / f"{SETS[name]}.parquet", columns=["model", "task", "score"])
    means = frame.group_by("model", "task").agg(pl.col("score").mean().clip(0, 1), pl.len().alias("answers"))
    found: Scores = {}
    for model, task, score, answers in means.sort("model", "task").iter_rows():
        if answers >= LEAST:
            found.setdefault(model, {})[f"{name}/{task}"] = (score, float(answers))
    return found


def everywhere(data: Path) -> Scores:
    """Returns all sets as one table of the models that are in at least two of them, joined by name."""
    found: Scores = {}
    for name in SETS:
        for model, items in scores_of(data, name).items():
            found.setdefault(common_name(model), {}).update(items)
    return {model: items for model, items in found.items() if len({item.split("/")[0] for item in items}) > 1}


def common_name(model: str) -> str:
    """Returns what a model is called in every set.

    >>> common_name("Claude-3.5-Sonnet-20240620"), common_name("claude-3-haiku-20240307")
    ('claude-3-5-sonnet-20240620', 'claude-3-haiku')
    """
    name = model.lower().split("/")[-1].removeprefix("meta-llama_").replace(".", "-")
    return re.sub(r"^(claude-3-(?:opus|sonnet|haiku))-20\d{6}$", r"\1", name)


def best_of(scores: Scores) -> str:
    """Returns the model with the best mean among those with the most items: the baseline."""
    most = max(len(items) for items in scores.values())
    whole = {model: items for model, items in scores.items() if len(items) == most}
    return max(whole, key=lambda model: float(np.mean([score for score, _ in whole[model].values()])))


def guesses(scores: Scores) -> Iterator[tuple[int, Guess]]:
    """Yields what is expected of every held-out model on the items that are not shown, and how many are."""
    rng, baseline = np.random.default_rng(SEED), best_of(scores)
    for model in sorted(scores):
        items = sorted(scores[model])
        if model == baseline or len(items) < 2:
            continue
        fitted = fit_abilities({name: known for name, known in scores.items() if name != model})
        for shown in [number for number in SHOWN for _ in range(REPEATS) if number < len(items)]:
            profile = {item: scores[model][item][0] for item in rng.permutation(items)[:shown]}
            for item in items:
                if item not in profile and item in scores[baseline]:
                    yield shown, guess(fitted, baseline, profile, item, scores[model][item])


def across(scores: Scores) -> Iterator[tuple[str, Guess]]:
    """Yields what is expected of held-out models in one set when only their scores in other sets are shown."""
    for model in sorted(scores):
        sets = sorted({item.split("/")[0] for item in scores[model]})
        if len(sets) < 2:
            continue
        others = {name: known for name, known in scores.items() if name != model}
        fitted = fit_abilities(others)
        for name in sets:
            here = [item for item in scores[model] if item.startswith(f"{name}/")]
            profile = {item: score for item, (score, _) in scores[model].items() if item not in here}
            baseline = best_of(
                {
                    other: {item: score for item, score in known.items() if item in here}
                    for other, known in others.items()
                }
            )
            for item in here:
                if item in others[baseline]:
                    yield name, guess(fitted, baseline, profile, item, scores[model][item])


def guess(
    fitted: Abilities, baseline: str, profile: dict[str, float], item: str, truth: tuple[float, float]
) -> Guess:
    """Returns what is expected of one model on one item, by the abilities and by the controls."""
    others = fitted.known
    expected, sd = fitted.predict(profile, item)
    gain, _ = fitted.gain(profile, baseline, item)
    column = {name: known[item][0] for name, known in others.items() if item in known}
    mean = float(np.mean(list(column.values())))
    means = {
        shown: np.mean([known[shown][0] for known in others.values() if shown in known]) for shown in profile
    }
    lead = float(np.mean([profile[shown] - means[shown] for shown in profile]))
    distances = {
        name: abs(
            np.mean([others[name][shown][0] - profile[shown] for shown in profile if shown in others[name]])
        )
        for name in column
        if any(shown in others[name] for shown in profile)
    }
    nearest = column[min(distances, key=distances.__getitem__)] if distances else mean
    true, answers = truth
    error = float(np.sqrt(max(true * (1 - true), 0.01) / answers))
    controls = (mean, nearest, float(np.clip(mean + lead, 0, 1)))
    return Guess(true, error, expected, sd, controls, others[baseline][item][0], gain)


def row(label: str, models: int, found: list[Guess]) -> list[object]:
    """Returns errors, coverage and regrets of some guesses."""
    true = np.array([one.true for one in found])
    expected, sd = np.array([one.expected for one in found]), np.array([one.sd for one in found])
    error, baseline = np.array([one.error for one in found]), np.array([one.baseline for one in found])
    controls = np.array([one.controls for one in found])
    inside = np.abs(expected - true) <= Z90 * np.hypot(sd, error)
    worth = true - baseline + DELTA
    ours = np.array([one.gain for one in found])

    def regret(gain: np.ndarray) -> str:
        lost = np.where(gain + DELTA >= 0, np.maximum(0, -worth), np.maximum(0, worth))
        return f"{100 * lost.mean():.2f}"

    points = [np.abs(expected - true), *np.abs(controls - true[:, None]).T]
    return [
        label,
        models,
        len(found),
        *(f"{100 * missed.mean():.1f}" for missed in points),
        f"{100 * error.mean() * np.sqrt(2 / np.pi):.1f}",
        f"{inside.mean():.0%}",
        regret(ours),
        *(regret(controls[:, column] - baseline) for column in range(len(CONTROLS))),
        regret(np.full(len(found), -1.0)),
    ]


HEAD = (
    "expected",
    "models",
    "guesses",
    "error: abilities",
    *(f"error: {name}" for name in CONTROLS),
    "truth's own noise",
    "inside the 90% interval",
    "regret: abilities",
    *(f"regret: {name}" for name in CONTROLS),
    "regret: never routing",
)


def print_rows(rows: Iterable[Iterable[object]]) -> None:
    """Prints a Markdown table as its rows come."""
    for line in (HEAD, ["---"] * len(HEAD)):
        sys.stdout.write("| " + " | ".join(line) + " |\n")
    for line in rows:
        sys.stdout.write("| " + " | ".join(map(str, line)) + " |\n")
        sys.stdout.flush()
    sys.stdout.write("\n")


def within_sets(data: Path) -> Iterator[list[object]]:
    """Yields the rows of profiles from the same set."""
    for name in SETS:
        scores = scores_of(data, name)
        found = list(guesses(scores))
        for shown in SHOWN:
            of = [one for number, one in found if number == shown]
            if of:
                yield row(f"{name}, {shown} shown", len(scores), of)


def across_sets(data: Path) -> Iterator[list[object]]:
    """Yields the rows of profiles from other sets."""
    scores = everywhere(data)
    found = list(across(scores))
    for name in sorted({of for of, _ in found}):
        yield row(f"{name}, from the other sets", len(scores), [one for of, one in found if of == name])
    yield row("all, from the other sets", len(scores), [one for _, one in found])


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    print_rows(within_sets(data))
    print_rows(across_sets(data))


if __name__ == "__main__":
    main()

"""From a run to its figures, as plain values that can be kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from routed_week import controls
from routed_week.controls import Choices
from routed_week.serving import Run
from routed_week.week import BASELINE, Week
from suffice.catalog import Catalog
from suffice.stats.betting import BettingSequence

Row = dict[str, Any]
ALPHA = 0.025
"""Of each side: together an interval of 95%."""


def of_run(week: Week, run: Run, *, seed: int, holdout: float) -> Row:
    """Returns what a page says of a run."""
    name_of = Catalog.load(at_ns=0).name_of
    served = {id_: name_of(model) for id_, model in run.served.items()}
    told = run.savings
    return {
        "seed": seed,
        "holdout": holdout,
        "buckets": [_bucket(week, run, served, name) for name in week.buckets],
        "policy": {
            **of_choices(week, served),
            # What was paid, as the ledger says it: calls that were thrown away and shadow calls among it.
            "nanos": sum(entry.cost.nanos or 0 for entry in (*run.kept.values(), *run.extra)),
        },
        "unknown": sum(entry.cost.nanos is None for entry in (*run.kept.values(), *run.extra)),
        "signals": Counter(name for entry in run.kept.values() for name in entry.outcome.signals),
        "legs": Counter(entry.outcome.leg for entry in run.extra),
        "arms": dict(run.arms),
        "sound": run.sound,
        "trial": _trial(run),
        "modelled": told["modelled"]["savings_nanos"],
        "measured": told["measured"],
        "before_overhead": told["measured_before_overhead"],
        "verified": told["verified"]["savings_nanos"],
        "overhead": {one["kind"]: one["cost_nanos"] for one in told["overhead"]["by_kind"]},
        "overhead_nanos": told["overhead"]["total_nanos"],
        "truth": _truth(week, run, served),
        "routed_nanos": sum(
            entry.cost.nanos or 0 for entry in run.kept.values() if entry.outcome.arm == "routed"
        ),
        "alone_nanos": sum(
            run.kept[id_].cost.nanos or 0 for id_, model in served.items() if model != BASELINE
        ),
        "forecast": told["forecast"],
    }


def controls_of(week: Week, folder: Path) -> dict[str, Row]:
    """Returns the same of what else could have served."""
    return {
        "always the baseline": of_choices(week, controls.baseline(week)),
        "always the cheapest": of_choices(week, controls.cheapest(week)),
        "prior rules only": of_choices(week, controls.prior(week, folder)),
        "oracle": of_choices(week, controls.oracle(week)),
    }


def of_choices(week: Week, choices: Choices) -> Row:
    """Returns quality and cost of one choice of models, from the recorded answers."""
    found = [week.answers[id_][model] for id_, model in choices.items()]
    losses = _losses(week, choices)
    return {
        "score": fmean(answer.score for answer in found),
        "nanos": sum(answer.nanos for answer in found),
        "cheaper": sum(model != BASELINE for model in choices.values()) / len(found),
        "worst": min((loss, name) for name, loss in losses.items()),
        "losses": losses,
    }


def interval(differences: list[float]) -> tuple[float, float, float]:
    """Returns the mean of paired differences and the ends of its 95% interval, by the bounds that trials use."""
    seen = BettingSequence(alpha=ALPHA)
    for difference in differences:
        seen.update([difference])
    return fmean(differences), seen.lower, seen.upper


def _losses(week: Week, choices: Mapping[str, str]) -> dict[str, float]:
    return {
        name: fmean(week.answers[id_][choices[id_]].score - week.answers[id_][BASELINE].score for id_ in ids)
        for name, ids in week.buckets.items()
    }


def _bucket(week: Week, run: Run, served: Choices, name: str) -> Row:
    ids = week.buckets[name]
    differences = {
        id_: week.answers[id_][served[id_]].score - week.answers[id_][BASELINE].score for id_ in ids
    }
    cheaper = [id_ for id_ in ids if served[id_] != BASELINE]
    mean, lower, upper = interval(list(differences.values()))
    return {
        "name": name,
        "requests": len(ids),
        "models": sorted({served[id_] for id_ in cheaper}),
        "cheaper": len(cheaper),
        "holdout": sum(run.kept[id_].outcome.arm == "holdout" for id_ in ids),
        "baseline": fmean(week.answers[id_][BASELINE].score for id_ in ids),
        "mean": mean,
        "lower": lower,
        "upper": upper,
        "routed_mean": fmean(differences[id_] for id_ in cheaper) if cheaper else None,
        "nanos": sum(run.kept[id_].cost.nanos or 0 for id_ in ids),
        "baseline_nanos": sum(week.answers[id_][BASELINE].nanos for id_ in ids),
    }


def _trial(run: Run) -> Row:
    return {
        "rows": len(run.trial),
        "equivalent": sum(one.verdict == "EQUIVALENT" for one in run.trial),
        "units": sum(one.n for one in run.trial),
    }


def _truth(week: Week, run: Run, served: Choices) -> int:
    """What routed calls truly saved before overhead: the baseline's recorded answers cost that much more."""
    return sum(
        week.answers[id_][BASELINE].nanos - (run.kept[id_].cost.nanos or 0)
        for id_, model in served.items()
        if model != BASELINE
    )

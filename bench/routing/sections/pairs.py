"""Pairs of models in the other sets, five folds in domain."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.progress import track

from routing.bench import FOLDS, Bench
from routing.judging import judge
from routing.resampling import rng_of
from routing.routers import (
    LengthRouter,
    OracleRouter,
    OurRouter,
    RandomRouter,
    Router,
    TfidfRouter,
    out_of_fold,
)
from routing.tables import number, over_shuffled, percent, ranged, table


def run(bench: Bench) -> dict[str, Any]:
    """Measures every pair."""
    found = []
    for name, pair in track(bench.pairs(), "pairs in domain"):
        rows = bench.rows(name, pair)
        routers: list[Router] = [RandomRouter(), LengthRouter(), TfidfRouter(), OracleRouter()]
        needs: dict[str, np.ndarray] = {
            router.name: out_of_fold(router, rows, FOLDS, rng_of(bench.seed, "folds", name, *pair))
            for router in routers
        }
        needs[OurRouter().name] = bench.forecast(name, pair, rows).rank
        judged = judge(needs, rows, rng_of(bench.seed, "bootstrap", name, *pair), bench.repeats // 2)
        found.append({"set": name, "pair": pair, **judged})
    return {"pairs": found}


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    head = (
        "set",
        "baseline / candidate",
        "prompts",
        "buckets",
        "scores",
        "candidate as good",
        "length",
        "TF-IDF + LR",
        "**suffice** APGR (95%)",
        "CPT(80%)",
        "oracle",
        "over shuffled (95%)",
    )
    beaten = sum(found["routers"]["suffice"]["over_shuffled"]["low"] > 0 for found in result["pairs"])
    better = sum(
        found["routers"]["suffice"]["apgr"]["value"] > _best_control(found["routers"])
        for found in result["pairs"]
    )
    count = len(result["pairs"])
    return (
        table(head, [_line(found) for found in result["pairs"]])
        + f"\nOf {count} pairs, {beaten} beat their own decisions shuffled with an interval clear of zero; "
        f"{better} have a higher APGR than both prompt length and TF-IDF + logistic regression.\n"
    )


def _best_control(routers: dict[str, Any]) -> float:
    return max(routers[name]["apgr"]["value"] for name in (LengthRouter.name, TfidfRouter.name))


def _line(found: dict[str, Any]) -> list[str]:
    routers = found["routers"]
    ours = routers["suffice"]
    return [
        found["set"],
        " / ".join(found["pair"]),
        f"{found['prompts']:,}",
        str(found["buckets"]),
        f"{number(found['baseline'])} / {number(found['candidate'])}",
        percent(found["as_good"], 0),
        number(routers[LengthRouter.name]["apgr"]["value"]),
        number(routers[TfidfRouter.name]["apgr"]["value"]),
        ranged(ours["apgr"]),
        f"{ours['cpt80']['value']:.0f}",
        number(routers["oracle"]["apgr"]["value"]),
        over_shuffled(ours),
    ]

"""How good routing is after 5, 10, 20, 50, 100, 200 and 400 labels a bucket."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from routing.bench import FOLDS, Bench
from routing.curves import apgr, curve
from routing.judging import value
from routing.pairs import PAIRS
from routing.parallel import each
from routing.resampling import per_bucket, resampled_curves, rng_of, splits
from routing.routers import OurRouter, Router, TfidfRouter
from routing.rows import Rows
from routing.tables import ranged, table

LABELS = (5, 10, 20, 50, 100, 200, 400)
PROTOTYPE = (0.557, 0.616, 0.640, 0.669, 0.693, 0.702, 0.709)
"""MMLU, bucket table and residual, of the prototype that this project started from."""


def run(bench: Bench) -> dict[str, Any]:
    """Measures MMLU and one pair of each of two other sets."""
    return {name: _learned(bench, name, rows) for name, rows in _sets(bench).items()}


def _sets(bench: Bench) -> dict[str, Rows]:
    return {
        "MMLU, GPT-4 / Mixtral 8x7B": bench.routellm("mmlu"),
        "llmrouter, Nemotron 51B / Llama 8B": bench.rows("llmrouter", PAIRS["llmrouter"][0]),
        "zeroeval, gpt-4o / gpt-4o-mini": bench.rows("zeroeval", PAIRS["zeroeval"][0]),
    }


def _learned(bench: Bench, name: str, rows: Rows) -> dict[str, Any]:
    routers: list[Router] = [TfidfRouter(), OurRouter()]
    parts = list(splits(rows.groups, FOLDS, rng_of(bench.seed, name)))

    def of_piece(at: int) -> tuple[float, list[np.ndarray]]:
        """One fold of one number of labels: labels a bucket, and each router's ranks."""
        fold = at % FOLDS
        train, test = parts[fold]
        known = rows.take(train)
        known = known.take(per_bucket(known.buckets, LABELS[at // FOLDS], rng_of(bench.seed, name, fold)))
        needs = [router.need(known, rows.take(test), rng_of(bench.seed)) for router in routers]
        return len(known) / len(set(known.buckets)), [rankdata(need) / len(test) for need in needs]

    pieces = each(of_piece, FOLDS * len(LABELS), f"labels: {name}")
    found: dict[str, list[dict[str, float]]] = {router.name: [] for router in routers}
    used = []
    for labels in range(len(LABELS)):
        of_labels = pieces[FOLDS * labels : FOLDS * (labels + 1)]
        used.append(float(np.mean([piece[0] for piece in of_labels])))
        needs = {router.name: np.empty(len(rows)) for router in routers}
        for (_, test), (_, ranks) in zip(parts, of_labels, strict=True):
            for router, rank in zip(routers, ranks, strict=True):
                needs[router.name][test] = rank
        rng = rng_of(bench.seed, name, "bootstrap")
        samples = resampled_curves(needs, rows.pair, apgr, rng, bench.repeats // 2)
        for router in routers:
            points = curve(needs[router.name], rows.baseline, rows.candidate)
            found[router.name].append(value(apgr(points), samples[router.name]))
    return {
        "labels": LABELS,
        "used": used,
        "routers": found,
        "prompts": len(rows),
        "buckets": len(set(rows.buckets)),
    }


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    parts = []
    for name, found in result.items():
        routers = found["routers"]
        rows = [
            [str(labels), f"{used:.0f}", *(ranged(of[at]) for of in routers.values())]
            for at, (labels, used) in enumerate(zip(found["labels"], found["used"], strict=True))
        ]
        if name.startswith("MMLU"):
            rows = [[*row, f"{figure:.3f}"[1:]] for row, figure in zip(rows, PROTOTYPE, strict=True)]
        head = ["labels a bucket, at most", "on average", *(f"{router}, APGR (95%)" for router in routers)]
        head += ["prototype"] if name.startswith("MMLU") else []
        parts.append(
            f"#### {name}: {found['prompts']:,} prompts, {found['buckets']} buckets\n\n" + table(head, rows)
        )
    return "\n".join(parts)

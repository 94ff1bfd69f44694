"""What each learned part is worth: the product with and without it, five folds in domain, on the same samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.progress import track

from routing.bench import FOLDS, Bench
from routing.curves import apgr, curve
from routing.judging import value
from routing.pairs import PAIRS
from routing.resampling import resampled_curves, rng_of
from routing.routers import OurRouter, out_of_fold
from routing.rows import Rows
from routing.tables import number, ranged, table

WHOLE = "suffice"


VARIANTS: dict[str, OurRouter] = {
    "fingerprint (20)": OurRouter(clusters=False),
    "words (21, and with them 20)": OurRouter(words=False),
    "demands of layers 1-19 (21)": OurRouter(demands=False),
    "use cases (22)": OurRouter(use_cases=False),
    "the client's tag (use cases told by task and cluster instead)": OurRouter(tagged=False),
}
"""The product without a part, by the part."""


def run(bench: Bench) -> dict[str, Any]:
    """Measures each variant on RouteLLM's two larger evaluations and the first pair of each larger set."""
    tests = {f"routellm {name}": bench.routellm(name) for name in ("mmlu", "gsm8k")}
    tests |= {
        f"{name}: {' / '.join(PAIRS[name][0])}": bench.rows(name, PAIRS[name][0])
        for name in ("zeroeval", "mmlu_pro", "bfcl", "lookahead", "llmrouter", "routerbench", "livecodebench")
    }
    return {name: _measured(bench, name, rows) for name, rows in track(tests.items(), "ablation")}


def _measured(bench: Bench, name: str, rows: Rows) -> dict[str, Any]:
    routers = {WHOLE: OurRouter()} | VARIANTS
    needs = {
        label: out_of_fold(router, rows, FOLDS, rng_of(bench.seed, "folds", name))
        for label, router in routers.items()
    }
    samples = resampled_curves(
        needs, rows.pair, apgr, rng_of(bench.seed, name, "ablation"), bench.repeats // 2
    )
    figures = {label: apgr(curve(need, rows.baseline, rows.candidate)) for label, need in needs.items()}
    return {"whole": value(figures[WHOLE], samples[WHOLE])} | {
        label: value(figures[WHOLE] - figures[label], samples[WHOLE] - samples[label]) for label in VARIANTS
    }


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    rows = [
        [name, ranged(found["whole"]), *(_worth(found[label]) for label in VARIANTS)]
        for name, found in result.items()
    ]
    means = [
        number(float(np.mean([found[label]["value"] for found in result.values()])))
        for label in ("whole", *VARIANTS)
    ]
    rows.append(["**mean**", *means])
    rows.append(
        [
            "**shown to help / to hurt**",
            "",
            *(_shown([found[label] for found in result.values()]) for label in VARIANTS),
        ]
    )
    return (
        table(("pair", "APGR with everything (95%)", *(f"worth of {label}" for label in VARIANTS)), rows)
        + "\nWorth: APGR with everything less APGR without this part, on the same bootstrap samples. An interval that "
        "holds zero says that this part is not shown to help on that pair.\n"
    )


def _shown(worths: list[dict[str, float]]) -> str:
    """Returns on how many pairs the interval lies above zero, and on how many below."""
    helps, hurts = sum(worth["low"] > 0 for worth in worths), sum(worth["high"] < 0 for worth in worths)
    return f"{helps} / {hurts} of {len(worths)}"


def _worth(worth: dict[str, float]) -> str:
    return ranged(worth) + (" **hurts**" if worth["high"] < 0 else "")

"""What each learned part is worth: the product with and without it, five folds in domain, on the same samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
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
from suffice.quality.fit import FitOptions

WHOLE = "suffice"


def _option(name: str) -> Callable[[], OurRouter | None]:
    """Returns what makes the product without a part that a fit can leave out; nothing while it has no such part."""

    def made() -> OurRouter | None:
        if name not in FitOptions.__struct_fields__:
            return None
        return OurRouter(name, msgspec.structs.replace(FitOptions(), **{name: False}))

    return made


def _without_buckets() -> OurRouter:
    return OurRouter("buckets", buckets=False)


VARIANTS: dict[str, Callable[[], OurRouter | None]] = {
    "fingerprint (20)": _option("fingerprint"),
    "words (21)": _option("words"),
    "demands of layers 1-19 (21)": _option("demands"),
    "use cases (22)": _without_buckets,
}


def run(bench: Bench) -> dict[str, Any]:
    """Measures each variant on RouteLLM's two larger evaluations and the first pair of each larger set."""
    tests = {f"routellm {name}": bench.routellm(name) for name in ("mmlu", "gsm8k")}
    tests |= {
        f"{name}: {' / '.join(PAIRS[name][0])}": bench.rows(name, PAIRS[name][0])
        for name in ("zeroeval", "mmlu_pro", "bfcl", "lookahead", "llmrouter", "routerbench", "livecodebench")
    }
    return {name: _measured(bench, name, rows) for name, rows in track(tests.items(), "ablation")}


def _measured(bench: Bench, name: str, rows: Rows) -> dict[str, Any]:
    routers = {WHOLE: OurRouter()} | {label: made() for label, made in VARIANTS.items()}
    needs = {
        label: out_of_fold(router, rows, FOLDS, rng_of(bench.seed, "folds", name))
        for label, router in routers.items()
        if router is not None
    }
    samples = resampled_curves(
        needs, rows.pair, apgr, rng_of(bench.seed, name, "ablation"), bench.repeats // 2
    )
    figures = {label: apgr(curve(need, rows.baseline, rows.candidate)) for label, need in needs.items()}
    return {
        label: value(figures[WHOLE], samples[WHOLE])
        if label == WHOLE
        else {
            "apgr": figures[label],
            "worth": value(figures[WHOLE] - figures[label], samples[WHOLE] - samples[label]),
        }
        if label in needs
        else None
        for label in routers
    }


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    rows = [
        [name, ranged(found[WHOLE]), *(_worth(found[label]) for label in VARIANTS)]
        for name, found in result.items()
    ]
    means = [_mean([found[label] for found in result.values()]) for label in VARIANTS]
    rows.append(
        ["**mean**", number(float(np.mean([found[WHOLE]["value"] for found in result.values()]))), *means]
    )
    return (
        table(("pair", "APGR with everything (95%)", *(f"worth of {label}" for label in VARIANTS)), rows)
        + "\nWorth: APGR with everything less APGR without this part, on the same bootstrap samples. An interval that "
        "holds zero says that this part is not shown to help on that pair.\n"
    )


def _worth(found: dict[str, Any] | None) -> str:
    if found is None:
        return "not built"
    worth = found["worth"]
    return ranged(worth) + (" **hurts**" if worth["high"] < 0 else "")


def _mean(found: list[dict[str, Any] | None]) -> str:
    worths = [one["worth"]["value"] for one in found if one is not None]
    return number(float(np.mean(worths))) if worths else "not built"

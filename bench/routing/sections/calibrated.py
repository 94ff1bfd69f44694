"""Whether probabilities can be believed: Brier, ECE, reliability; and how many decisions above a bar were right."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.progress import track

from routing.bench import Bench
from routing.calibration import above, brier, ece, reliability
from routing.judging import described, value
from routing.pairs import GPT_4, MIXTRAL
from routing.resampling import rng_of
from routing.routers import Forecast
from routing.rows import Rows
from routing.tables import number, percent, ranged, table, verdict

BAR = 0.9


def run(bench: Bench) -> dict[str, Any]:
    """Measures every pair out of fold, and all of them together."""
    tests = [(name, pair, bench.rows(name, pair)) for name, pair in bench.pairs()]
    tests += [(f"routellm {name}", (GPT_4, MIXTRAL), bench.routellm(name)) for name in ("mmlu", "gsm8k")]
    found, p_goods, p_lows, goods = [], [], [], []
    for name, pair, rows in track(tests, "calibration"):
        said = bench.forecast(name, pair, rows)
        found.append({"set": name, "pair": pair, **described(rows), **_measured(said, rows, bench)})
        p_goods.append(said.p_good)
        p_lows.append(said.p_low)
        goods.append(rows.good)
    p_good, p_low, good = (np.concatenate(parts) for parts in (p_goods, p_lows, goods))
    return {
        "pairs": found,
        "all": {
            "rows": len(good),
            "brier": brier(p_good, good),
            "ece": ece(p_good, good),
            "reliability": reliability(p_good, good),
            "p_good": above(p_good, good, BAR),
            "p_low": above(p_low, good, BAR),
        },
    }


def _measured(said: Forecast, rows: Rows, bench: Bench) -> dict[str, Any]:
    good, count = rows.good, len(rows)
    rng = rng_of(bench.seed, "calibration", count)
    usual = np.full(count, good.mean())
    samples = np.array(
        [
            [
                brier(said.p_good[at], good[at]),
                ece(said.p_good[at], good[at]),
                _right(said.p_good[at], good[at]),
            ]
            for at in (rng.integers(0, count, count) for _ in range(bench.repeats // 2))
        ]
    )
    return {
        "brier": value(brier(said.p_good, good), samples[:, 0]),
        "brier_of_the_mean": brier(usual, good),
        "ece": value(ece(said.p_good, good), samples[:, 1]),
        "p_good": above(said.p_good, good, BAR),
        "p_low": above(said.p_low, good, BAR),
        "over_shuffled": value(_right(said.p_good, good), samples[:, 2]),
    }


def _right(p_good: np.ndarray, good: np.ndarray) -> float:
    """Returns how much more often decisions above the bar are right than as many drawn at random."""
    taken = p_good >= BAR
    return float(good[taken].mean() - good.mean()) if taken.any() else float("nan")


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    head = (
        "set",
        "baseline / candidate",
        "candidate as good",
        "Brier (95%)",
        "Brier of the mean",
        "ECE",
        "taken at p_good ≥ .9",
        "of these right (95%)",
        "more than the same shuffled (95%)",
        "taken at p_low ≥ .9",
        "of these right (95%)",
    )
    everything = result["all"]
    return (
        f"All pairs together, {everything['rows']:,} rows out of fold: Brier {number(everything['brier'])}, ECE "
        f"{number(everything['ece'])}. Taken at p_good ≥ .9: {_share(everything['p_good'])}, right: "
        f"{_right_of(everything['p_good'])}. Taken at p_low ≥ .9: {_share(everything['p_low'])}, right: "
        f"{_right_of(everything['p_low'])}.\n\n" + table(head, [_line(found) for found in result["pairs"]])
    )


def _line(found: dict[str, Any]) -> list[str]:
    gain = found["over_shuffled"]
    return [
        found["set"],
        " / ".join(found["pair"]),
        percent(found["as_good"], 0),
        ranged(found["brier"]),
        number(found["brier_of_the_mean"]),
        number(found["ece"]["value"]),
        _share(found["p_good"]),
        _right_of(found["p_good"]),
        f"{ranged(gain)}{verdict(gain)}" if found["p_good"]["taken"] else "-",
        _share(found["p_low"]),
        _right_of(found["p_low"]),
    ]


def _share(found: dict[str, float]) -> str:
    return f"{found['taken']:,} ({percent(found['taken'] / found['of'], 0)})"


def _right_of(found: dict[str, float]) -> str:
    if not found["taken"]:
        return "-"
    return f"{percent(found['right'])} ({percent(found['low'])} to {percent(found['high'])})"

"""RouteLLM's own evaluations: out of domain, with at most 1,500 labels, and in domain."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from rich.progress import track

from routing.bench import FOLDS, Bench
from routing.curves import apgr, cpt, curve
from routing.judging import judge, value
from routing.pairs import GPT_4
from routing.parallel import each
from routing.resampling import per_bucket, resampled_curves, rng_of, shuffled_curves
from routing.routers import (
    LengthRouter,
    OracleRouter,
    OurRouter,
    PriorRouter,
    RandomRouter,
    Router,
    TfidfRouter,
    out_of_fold,
)
from routing.rows import Rows, together
from routing.tables import number, over_shuffled, ranged, table

BENCHMARKS = ("mt_bench", "mmlu", "gsm8k")
LABELS = 1500


def run(bench: Bench) -> dict[str, Any]:
    """Measures all three."""
    sets = {name: bench.routellm(name) for name in BENCHMARKS}
    return {
        "out_of_domain": _out_of_domain(bench, sets),
        "few_labels": _few_labels(bench, sets["mmlu"]),
        "in_domain": {name: _in_domain(bench, name, rows) for name, rows in sets.items()},
    }


def _out_of_domain(bench: Bench, sets: dict[str, Rows]) -> dict[str, Any]:
    clean, everything = bench.elsewhere(overlapping=False), bench.elsewhere(overlapping=True)
    trials: list[tuple[str, Router, Rows]] = [
        ("random", RandomRouter(), clean),
        ("prompt length alone", LengthRouter(signed=False), clean),
        ("TF-IDF + logistic regression", TfidfRouter(), clean),
        ("TF-IDF + logistic regression, overlaps left in", TfidfRouter(), everything),
        (PriorRouter.name, PriorRouter(), clean),
        ("suffice", OurRouter(), clean),
        ("suffice, overlaps left in", OurRouter(), everything),
        ("oracle", OracleRouter(), clean),
    ]

    def of_trial(at: int) -> dict[str, np.ndarray]:
        name, router, train = trials[at]
        return {of: router.need(train, rows, rng_of(bench.seed, name, of)) for of, rows in sets.items()}

    found = each(of_trial, len(trials), "out of domain")
    needs = {
        benchmark: {trial[0]: of[benchmark] for trial, of in zip(trials, found, strict=True)}
        for benchmark in sets
    }
    judged = {
        benchmark: judge(needs[benchmark], rows, rng_of(bench.seed, benchmark, "bootstrap"), bench.repeats)
        for benchmark, rows in sets.items()
    }
    return {"trained_on": len(clean), "with_overlaps": len(everything), "benchmarks": judged}


class Trial(NamedTuple):
    """One row of the table of few labels."""

    name: str
    router: Router
    by_subject: bool = True
    """Whether the labels are drawn evenly over the subjects."""
    with_others: bool = False
    """Whether the other sets are learned from as well."""


FEW_LABELS = (
    Trial("random", RandomRouter()),
    Trial("prompt length alone", LengthRouter(signed=False)),
    Trial("TF-IDF + logistic regression", TfidfRouter()),
    Trial("suffice", OurRouter()),
    Trial("suffice, labels drawn blindly", OurRouter(), by_subject=False),
    Trial("suffice, other sets learned from too", OurRouter(), with_others=True),
    Trial("suffice, subject not told", OurRouter(tagged=False)),
    Trial("oracle", OracleRouter()),
)


def _few_labels(bench: Bench, rows: Rows) -> dict[str, Any]:
    """At most 1,500 labels of MMLU; tested on all the other prompts."""
    others = bench.elsewhere(overlapping=False)
    labels = min(LABELS, len(rows) // 3)
    draws = 2 if bench.quick else 6
    repeats = bench.repeats // draws

    def of_draw(draw: int) -> list[dict[str, Any]]:
        return [
            _drawn(trial, rows, others, labels, rng_of(bench.seed, "draw", draw), repeats)
            for trial in FEW_LABELS
        ]

    found = zip(*each(of_draw, draws, "1,500 labels"), strict=True)
    routers = {trial.name: _mean(list(runs)) for trial, runs in zip(FEW_LABELS, found, strict=True)}
    return {"draws": draws, "labels": labels, "routers": routers}


def _chosen(rows: Rows, labels: int, trial: Trial, rng: np.random.Generator) -> np.ndarray:
    if trial.by_subject:
        return per_bucket(rows.buckets, labels // len(set(rows.buckets)), rng)
    return np.sort(rng.permutation(len(rows))[:labels])


def _drawn(  # noqa: PLR0913, PLR0917 -- one draw of one trial is all of these
    trial: Trial, rows: Rows, others: Rows, labels: int, rng: np.random.Generator, repeats: int
) -> dict[str, Any]:
    chosen = _chosen(rows, labels, trial, rng)
    train, test = rows.take(chosen), rows.take(np.setdiff1d(np.arange(len(rows)), chosen))
    need = trial.router.need(together([train, others]) if trial.with_others else train, test, rng)
    points = curve(need, test.baseline, test.candidate)
    samples = resampled_curves({"": need}, test.pair, apgr, rng, repeats)
    return {
        "apgr": apgr(points),
        "cpt50": cpt(points, 0.5),
        "cpt80": cpt(points, 0.8),
        "samples": samples[""],
        "over_shuffled": shuffled_curves(need, test.pair, apgr, rng, repeats),
        "labels": len(train),
    }


def _mean(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean over the draws; the interval holds the luck of the draw and of the test prompts."""
    means = {name: float(np.mean([run[name] for run in runs])) for name in ("apgr", "cpt50", "cpt80")}
    gains = np.concatenate([run["over_shuffled"] for run in runs])
    return {
        "apgr": value(means["apgr"], np.concatenate([run["samples"] for run in runs])),
        "sd": float(np.std([run["apgr"] for run in runs], ddof=1)),
        "cpt50": means["cpt50"],
        "cpt80": means["cpt80"],
        "over_shuffled": value(float(gains.mean()), gains),
        "labels": runs[0]["labels"],
    }


def _in_domain(bench: Bench, benchmark: str, rows: Rows) -> dict[str, Any]:
    routers: list[Router] = [
        RandomRouter(),
        LengthRouter(signed=False),
        TfidfRouter(),
        OurRouter(),
        OracleRouter(),
    ]
    if len(set(rows.buckets)) > 1:
        routers.insert(4, OurRouter("suffice, subject not told", tagged=False))
    needs = {
        router.name: out_of_fold(router, rows, FOLDS, rng_of(bench.seed, "folds", benchmark))
        for router in track(routers, f"in domain {benchmark}")
    }
    return judge(needs, rows, rng_of(bench.seed, benchmark, "in domain"), bench.repeats)


PUBLISHED = {
    "mt_bench": {
        "RouteLLM best without judge labels (SW)": (0.610, 37.85, 58.99),
        "RouteLLM best (MF, arena + judge labels)": (0.802, 13.40, 31.31),
    },
    "mmlu": {
        "RouteLLM best without MMLU labels (MF)": (0.524, 45.00, 76.86),
        "RouteLLM best (SW, arena + about 1,500 MMLU labels)": (0.603, 35.40, 71.55),
    },
    "gsm8k": {
        "RouteLLM best without judge labels (SW)": (0.475, 54.43, 82.11),
        "RouteLLM best (causal LLM, arena + judge labels)": (0.622, 33.64, 63.26),
    },
}
"""APGR, CPT(50%), CPT(80%) of arXiv 2406.18665v4, tables 1 to 3."""
TITLES = {"mt_bench": "MT-Bench", "mmlu": "MMLU", "gsm8k": "GSM8K"}
TARGETS = {"mmlu": 0.71, "gsm8k": 0.66}
FEW_TARGET = 0.65
HEAD = ("router", "APGR (95%)", "CPT(50%)", "CPT(80%)", "APGR over its own decisions shuffled (95%)")


def page(result: dict[str, Any]) -> str:
    """Returns the section of the page."""
    out = result["out_of_domain"]
    parts = [
        "### Out of domain\n",
        f"Fitted on {out['trained_on']:,} prompts of the other sets, whose pairs stand in for RouteLLM's.",
        f"Prompts that its evaluations hold too are left out ({out['with_overlaps']:,} prompts with them).\n",
    ]
    for name in BENCHMARKS:
        parts += [f"#### {_title(name, out['benchmarks'][name])}\n", _table(name, out["benchmarks"][name])]
    parts += ["### In domain, at most 1,500 MMLU labels\n", _few(result["few_labels"])]
    parts.append("### In domain, five folds\n")
    for name in BENCHMARKS:
        judged = result["in_domain"][name]
        parts += [f"#### {_title(name, judged)}\n", _table(name, judged), _target(name, judged)]
    return "\n".join(parts)


def _title(name: str, judged: dict[str, Any]) -> str:
    return (
        f"{TITLES[name]}: {judged['prompts']:,} prompts, {GPT_4} {number(judged['baseline'])}, "
        f"Mixtral 8x7B {number(judged['candidate'])}"
    )


def _table(name: str, judged: dict[str, Any]) -> str:
    rows = [
        [
            router,
            ranged(found["apgr"]),
            f"{found['cpt50']['value']:.1f}",
            f"{found['cpt80']['value']:.1f}",
            over_shuffled(found),
        ]
        for router, found in judged["routers"].items()
    ]
    rows += [
        [f"_{router}_", number(apgr_), f"{half:.1f}", f"{most:.1f}", ""]
        for router, (apgr_, half, most) in PUBLISHED[name].items()
    ]
    return table(HEAD, rows)


def _few(result: dict[str, Any]) -> str:
    rows = [
        [
            router,
            f"{found['labels']:,}",
            f"{ranged(found['apgr'])}, sd of draws {number(found['sd'])}",
            f"{found['cpt50']:.1f}",
            f"{found['cpt80']:.1f}",
            over_shuffled(found),
        ]
        for router, found in result["routers"].items()
    ]
    best, (figure, half, most) = list(PUBLISHED["mmlu"].items())[1]
    rows.append([f"_{best}_", "1,500", number(figure), f"{half:.1f}", f"{most:.1f}", ""])
    ours = result["routers"]["suffice"]["apgr"]
    return (
        table((HEAD[0], "labels", *HEAD[1:]), rows)
        + f"\nMeans of {result['draws']} draws; tested on every prompt that was not drawn. {_met(ours, FEW_TARGET)}\n"
    )


def _target(name: str, judged: dict[str, Any]) -> str:
    return f"{_met(judged['routers']['suffice']['apgr'], TARGETS[name])}\n" if name in TARGETS else ""


def _met(found: dict[str, float], target: float) -> str:
    word = "met" if found["value"] >= target else "**missed**"
    return f"Target {number(target, 2)}: {word} with {number(found['value'])}."

"""Writes docs/routing-quality.md from what was measured. Every figure on the page comes from the kept results."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from routing.bench import MOST_ROWS
from routing.glance import glance
from routing.pairs import STAND_INS
from routing.plots import PLOTS
from routing.resampling import REPEATS

HEADS = {
    "routellm": (
        "RouteLLM's evaluations",
        "routing-routellm.svg",
        "Mean score against the share of calls to GPT-4",
    ),
    "pairs": ("Pairs of models in other sets", "", ""),
    "multi": ("Choice among many models, at real costs", "routing-cost.svg", "Mean score against cost"),
    "labels": ("How many labels it takes", "routing-labels.svg", "APGR against labels a use case"),
    "calibrated": ("Whether p_good can be believed", "routing-reliability.svg", "Reliability of p_good"),
    "ablation": ("What each learned part is worth", "", ""),
    "new_model": ("A new model on its first day", "", ""),
}

INTRO = """\
<!-- Made by `make bench-routing ARGS=--write`: measure again, do not edit. -->

# How well it routes

Measured on recorded outcomes of public benchmarks; see [how this is measured](#how-this-is-measured). Everything is
seeded, and repeats to the digit on one machine. This run took {minutes} minutes on two cores:

    make bench-routing DATA=path/to/shared/data/routing ARGS=--write

"""

METHOD = """\
## How this is measured

- **APGR, CPT** as RouteLLM defines them ([arXiv 2406.18665](https://arxiv.org/abs/2406.18665), section 2.2, and
  its evaluation code): mean score against the share of calls to the expensive model, at the edges of ten
  equally frequent bins of the router's score; APGR is the area between that curve and the cheap model, as a
  share of the area between the two models; CPT(x) is the share of calls at which x of the gap is first
  recovered. Random routing is .500, 50, 80. The oracle lies above 1 where the cheap model is sometimes right
  alone.
- **AIQ** as RouterBench defines it ([arXiv 2403.12031](https://arxiv.org/abs/2403.12031), section 3): the area
  under the non-decreasing convex hull of a router's points of cost and quality, divided by the range of costs;
  here from the cheapest single model's mean cost to the dearest one's, and the cheapest model alone is a point
  of every router.
- **Intervals** are central 95% of {repeats:,} bootstrap samples of the prompts (half as many where a table has
  many rows; Wilson intervals for shares of right decisions). They hold the luck of the prompts, not of another
  benchmark.
- **Shuffled decisions** are the control that costs the same: the same decisions dealt to the prompts at random.
  An interval of the gain over them that is not clear of zero is marked **not beaten**; one below zero,
  **worse**.
- **Folds** keep prompts of the same words together. A fold's needs become ranks within the fold, so each fold
  has its own ten thresholds. Thresholds of the choice among many models are picked by inner folds of the
  training rows.
- **Controls.** Prompt length alone: in RouteLLM's tables longer is harder; elsewhere its direction is learned.
  TF-IDF of words and pairs of words with a logistic regression (scikit-learn) of whether the baseline is
  better. The oracle knows the outcomes.
- **Use cases** are the benchmark's tasks (MMLU's subjects for RouteLLM's MMLU), as a client would tag its
  traffic. RouteLLM's published routers were not told the subject. The rows "subject not told" are not told
  either: there a use case is the kind of task and the cluster, as the product makes of untagged traffic.
- **Few labels.** RouteLLM's were of MMLU's validation questions, which are not among the recorded outcomes. Here
  they are drawn from the test questions, the same number of each subject unless a row says otherwise, and the
  router is tested on all others.
- **Data**: ten public sets. Of a pair with more than {most:,} prompts outside of RouteLLM's evaluations, {most:,}
  are drawn at random. Out of domain nothing of RouteLLM's evaluations is learned from; nine other sets lend
  {rows} prompts. Their stand-ins for RouteLLM's pair: {stand_ins}.
  RouterBench's 14 prompts whose text differs from model to model are left out.
- **Limits.** Public benchmarks are not a client's traffic. Most of their models are of 2023 and 2024. Scores are 0 or 1
  for most sets, so "as good" includes that both are wrong. Intervals do not hold the luck of how a fold is cut.
"""


def write(out: Path, docs: Path, names: Sequence[str]) -> int:
    """Writes the page and its plots; returns the exit code."""
    kept: dict[str, Any] = {}
    for name in names:
        path = out / f"{name}.json"
        if not path.is_file():
            print(f"{name} is not measured yet: run it first")
            return 1
        kept[name] = json.loads(path.read_text("utf-8"))
    if len({json.dumps(one["state"]["product"]) for one in kept.values()}) > 1:
        print("the sections were measured with different versions of the product: measure all of them again")
        return 1
    minutes = round(sum(one["seconds"] for one in kept.values()) / 60)
    parts = [INTRO.format(minutes=minutes), glance({name: one["result"] for name, one in kept.items()})]
    for name, (title, plot, caption) in HEADS.items():
        result = kept[name]["result"]
        parts.append(f"## {title}\n\n")
        if plot:
            PLOTS[name](result, docs / "images")
            parts.append(f"![{caption}](images/{plot})\n\n")
        parts.append(importlib.import_module(f"routing.sections.{name}").page(result) + "\n")
    (docs / "routing-quality.md").write_text("".join(parts) + _method(kept), "utf-8")
    print(f"written: {docs.name}/routing-quality.md and its plots")
    return 0


def _method(kept: dict[str, Any]) -> str:
    stand_ins = "; ".join(f"{name} {' / '.join(pair)}" for name, pair in STAND_INS.items())
    return METHOD.format(repeats=REPEATS, most=MOST_ROWS, rows=_rows(kept), stand_ins=stand_ins)


def _rows(kept: dict[str, Any]) -> str:
    return f"{kept['routellm']['result']['out_of_domain']['with_overlaps']:,}"

"""A bake-off's report with known figures, and hostile names, prompts and answers."""

from __future__ import annotations

from typing import Any

from entries import START_NS

from suffice.evidence.calibrating import Judged
from suffice.evidence.calibrating import report as judge_report
from suffice.evidence.result import Noise, TrialResult
from suffice.report.bakeoff import BakeoffReport, Counts, Example, NotTried, Row, ShownAnswer

HOSTILE = "</pre><script>alert(1)</script>"


def result(**fields: Any) -> TrialResult:
    """An undecided row of 40 requests."""
    given = {
        "trial": "t1",
        "bucket": "invoices",
        "baseline": "big",
        "candidate": "small",
        "grader": "numeric",
        "grader_version": "1-abcd1234",
        "delta": 0.05,
        "alpha": 0.05,
        "population": 200,
        "n": 40,
        "asked": 40,
        "mean": -0.02,
        "lower": -0.09,
        "upper": 0.03,
        "e_value": 2.0,
        "e_worse": 0.5,
        "flagship_better": False,
        "verdict": "INCONCLUSIVE",
        "noise": Noise(n=4, mean_absolute=0.015),
        "baseline_score": 0.9,
        "candidate_score": 0.88,
        "baseline_cost_nanos": 2_000_000,
        "candidate_cost_nanos": 500_000,
        "output_ratio": 1.25,
        "spent_nanos": 100_000_000,
        "calls_per_month": 10_000.0,
        "monthly_saving_nanos": 15_000_000_000,
        "expected_more": 60,
        "price_date": "2026-03-09",
        "history": ((20, 0.0, -0.2, 0.1), (40, -0.02, -0.09, 0.03)),
    }
    return TrialResult(**{**given, **fields})


def equivalent(**fields: Any) -> TrialResult:
    """A row that is as good."""
    given = {"verdict": "EQUIVALENT", "lower": -0.03, "upper": 0.02, "mean": -0.005, "expected_more": None}
    return result(**{**given, **fields})


def worse(**fields: Any) -> TrialResult:
    """A row that is worse."""
    given = {
        "verdict": "WORSE",
        "lower": -0.6,
        "upper": -0.2,
        "mean": -0.4,
        "expected_more": None,
        "flagship_better": True,
        "dropped": "clearly worse after 40 units",
    }
    return result(**{**given, **fields})


def example(**fields: Any) -> Example:
    """A pair whose texts would do harm if they were not escaped."""
    given = {
        "unit": "req_1",
        "d": -1.0,
        "reason": "baseline: equal; candidate: not equal",
        "asked": f"What is this? {HOSTILE}",
        "expected": "42",
        "baseline": ShownAnswer(
            model="openai/big", text="42\nindeed", score=1.0, finish="stop", digest="a" * 16
        ),
        "candidate": ShownAnswer(
            model="openai/small", text=HOSTILE, score=0.0, finish="length", digest="b" * 16
        ),
    }
    return Example(**{**given, **fields})


def bakeoff_report(**fields: Any) -> BakeoffReport:
    """Four rows: undecided, as good, worse, and one that a judge graded."""
    counts = Counts(better=1, same=36, worse=3, mean_absolute=0.1)
    judge = judge_report(
        [
            Judged(first="candidate", second="candidate", human=1.0),
            Judged(first="baseline", second="baseline", human=-1.0),
            Judged(first="baseline", second="candidate"),
        ]
    )
    rows = (
        Row(result=result(), counts=counts, examples=(example(), example(unit="req_2", d=None))),
        Row(result=equivalent(bucket="a<b>&c"), counts=counts),
        Row(
            result=worse(
                bucket="tool-calls", no_verdict=2, no_verdict_reasons={"not_rated": 2}, lower_if_lost=-0.7
            )
        ),
        Row(
            result=result(bucket="letters", grader="judge", baseline_score=None, candidate_score=None),
            judge=judge,
        ),
    )
    given = {
        "trial": "t1",
        "created_ns": START_NS,
        "now_ns": START_NS,
        "state": "running",
        "said": "",
        "delta": 0.05,
        "alpha": 0.05,
        "price_date": "2026-03-09",
        "spent_nanos": 400_000_000,
        "rows": rows,
        "not_tried": (NotTried(bucket="few", candidate="", reason="7 requests: a round is 20"),),
    }
    return BakeoffReport(**{**given, **fields})

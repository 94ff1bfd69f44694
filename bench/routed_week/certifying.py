"""A trial of the week, from its graded answers to a published policy, by the product's own trial and commands."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from routed_week.week import BASELINE, CANDIDATES, DELTA, Week
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.result import TrialResult
from suffice.evidence.sample import Unit
from suffice.evidence.trial import Graded, Row, Trial
from suffice.store.trials import TRIALS, Call, TrialHead, TrialStore
from suffice.types import Usage

TRIAL = "t1"
ALPHA = 0.05
BLOCK = 20
"""Units between two looks at a trial."""
ENOUGH = 2_000.0
"""E-value at which a row is sure enough among all that are tested together."""


def certify(week: Week, config: Path, data: Path, rng: np.random.Generator) -> list[TrialResult]:
    """Plays the trial, writes down what its calls cost, and puts what it certifies to use."""
    played = [play(week, bucket, candidate, rng) for bucket in week.buckets for candidate in CANDIDATES]
    now_ns = time.time_ns()
    store = TrialStore(data / TRIALS)
    store.plan(TrialHead(id=TRIAL, created_ns=now_ns, state="done", plan=plan(week, played, now_ns).encode()))
    for result, units in played:
        for unit in units:
            for model in (BASELINE, result.candidate):
                store.settle(TRIAL, asked_of(week, unit.unit, model), now_ns=now_ns)
    results = [result for result, _ in played]
    store.put_results(TRIAL, [(one.bucket, one.candidate, msgspec.json.encode(one)) for one in results])
    store.close()
    suffice("certify", "--config", str(config))
    suffice("policy", "publish", "--config", str(config))
    return results


def plan(week: Week, played: Sequence[tuple[TrialResult, list[Graded]]], now_ns: int) -> Plan:
    """Returns which units of which use case were asked."""
    rows = tuple(PlannedRow(candidate=f"openai/{name}", name=name) for name in CANDIDATES)
    buckets = []
    for bucket, ids in week.buckets.items():
        units = {unit.unit for result, own in played if result.bucket == bucket for unit in own}
        buckets.append(
            PlannedBucket(
                bucket=bucket,
                baseline=f"openai/{BASELINE}",
                baseline_name=BASELINE,
                calls=len(ids),
                units=tuple(Unit(id_, 0) for id_ in sorted(units)),
                rows=rows,
            )
        )
    today = datetime.now(UTC).date().isoformat()
    return Plan(
        id=TRIAL,
        created_ns=now_ns,
        seed=0,
        delta=DELTA,
        alpha=ALPHA,
        price_date=today,
        reuse_logged=True,
        buckets=tuple(buckets),
    )


def asked_of(week: Week, id_: str, model: str) -> Call:
    """Returns a call as it is written down; the baseline's logged answers are used again and cost nothing."""
    answer = week.answers[id_][model]
    nanos = 0 if model == BASELINE else answer.nanos
    return Call(
        unit=id_,
        model=f"openai/{model}",
        repeat="0",
        state="done",
        forecast_nanos=nanos,
        cost_nanos=nanos,
        usage=Usage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens),
    )


def play(
    week: Week, bucket: str, candidate: str, rng: np.random.Generator
) -> tuple[TrialResult, list[Graded]]:
    """Draws units in random order until the trial is sure; returns its row and what was asked."""
    ids = week.buckets[bucket]
    units = [graded(week, ids[place], candidate) for place in rng.permutation(len(ids))]
    trial = Trial(
        Row(
            trial=TRIAL,
            bucket=bucket,
            baseline=BASELINE,
            candidate=candidate,
            grader="recorded",
            grader_version="1",
            delta=DELTA,
            alpha=ALPHA,
            population=len(units),
        )
    )
    asked: list[Graded] = []
    for start in range(0, len(units), BLOCK):
        block = units[start : start + BLOCK]
        trial.add(block)
        asked += block
        if trial.verdict == "WORSE" or trial.e_value > ENOUGH:
            break
    return trial.result(), asked


def graded(week: Week, id_: str, candidate: str) -> Graded:
    ours, theirs = week.answers[id_][candidate], week.answers[id_][BASELINE]
    return Graded(
        unit=id_,
        d=ours.score - theirs.score,
        baseline_cost_nanos=theirs.nanos,
        candidate_cost_nanos=ours.nanos,
        baseline_tokens=theirs.output_tokens,
        candidate_tokens=ours.output_tokens,
    )


def suffice(*arguments: str) -> bytes:
    """Runs a command; returns what it prints.

    Raises:
        RuntimeError: It failed.
    """
    ended = subprocess.run([sys.executable, "-m", "suffice", *arguments], capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"suffice {' '.join(arguments)}: {ended.stderr.decode()}")
    return ended.stdout

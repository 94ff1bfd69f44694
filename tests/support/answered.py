"""Trials in which two models answered the same requests, of which only the lengths matter."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.sample import Unit
from suffice.store.trials import Call, TrialHead, TrialStore
from suffice.types import Usage

BUCKET, BASELINE, CANDIDATE = "faq", "openai/big", "openai/small"


def answered(
    store: TrialStore,
    trial: str,
    pairs: Sequence[tuple[int, int]],
    *,
    bucket: str = BUCKET,
    models: tuple[str, str] = (BASELINE, CANDIDATE),
    created_ns: int = 1,
) -> None:
    """Keeps a trial whose units were answered with so many output tokens by the candidate and by the baseline.

    What a call costs is 0.
    """
    units = tuple(Unit(f"{bucket}-{number}", 0) for number in range(len(pairs)))
    planned = PlannedBucket(
        bucket=bucket,
        baseline=models[0],
        baseline_name=models[0].partition("/")[2],
        calls=len(pairs),
        units=units,
        rows=(PlannedRow(candidate=models[1], name=models[1].partition("/")[2]),),
    )
    plan = Plan(
        id=trial,
        created_ns=created_ns,
        seed=1,
        delta=0.05,
        alpha=0.05,
        price_date="2026-01-01",
        buckets=(planned,),
    )
    store.plan(TrialHead(id=trial, created_ns=created_ns, state="done", plan=plan.encode()))
    for unit, tokens in zip(units, pairs, strict=True):
        for model, output in zip(reversed(models), tokens, strict=True):
            call = Call(
                unit=unit.id, model=model, repeat="0", state="done", forecast_nanos=0, cost_nanos=0,
                usage=Usage(input_tokens=10, output_tokens=output),
            )  # fmt: skip
            store.settle(trial, call, now_ns=created_ns)

"""Trials, certificates and policies of our own invention, for tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from suffice.evidence.result import Noise, TrialResult
from suffice.policy.published import Costs, Grader, Issued, NoiseFloor, Published
from suffice.store.trials import TRIALS, TrialHead, TrialStore

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT_NS = int(AT.timestamp()) * 1_000_000_000
DAY_NS = 86_400_000_000_000


def row(**fields: Any) -> TrialResult:
    """A row of a trial that found its candidate equivalent beyond doubt."""
    given: dict[str, Any] = {
        "trial": "t1",
        "bucket": "tickets",
        "baseline": "gpt-5.4",
        "candidate": "gpt-5.4-nano",
        "grader": "exact",
        "grader_version": "1",
        "delta": 0.05,
        "alpha": 0.05,
        "population": 400,
        "n": 160,
        "mean": 0.0012345678,
        "lower": -0.0212345678,
        "upper": 0.0312345678,
        "e_value": 5_000.0,
        "e_worse": 0.1,
        "flagship_better": False,
        "verdict": "EQUIVALENT",
        "noise": Noise(n=16, mean_absolute=0.05),
        "baseline_cost_nanos": 4_000_000,
        "candidate_cost_nanos": 400_000,
        "output_ratio": 1.25,
        "monthly_saving_nanos": 360_000_000_000,
        "sample_digest": "0a1b2c3d4e5f",
        "price_date": "2026-11-24",
        **fields,
    }
    return TrialResult(**given)


def issued(**fields: Any) -> Issued:
    """A certificate that holds for 30 days from `AT` on."""
    given: dict[str, Any] = {
        "bucket": "tickets",
        "baseline": "gpt-5.4",
        "candidate": "gpt-5.4-nano",
        "delta": 0.05,
        "alpha": 0.05,
        "fdr": 0.05,
        "n": 160,
        "population": 400,
        "mean": 0.001,
        "lower": -0.021,
        "upper": 0.031,
        "noise_floor": NoiseFloor(n=16, mean_absolute=0.05),
        "grader": Grader(name="exact", version="1"),
        "costs": Costs(
            baseline_nanos=4_000_000,
            candidate_nanos=400_000,
            monthly_saving_nanos=360_000_000_000,
            output_ratio=1.25,
        ),
        "price_date": "2026-11-24",
        "trial": "t1",
        "sample": "0a1b2c3d4e5f",
        "prompts": None,
        "issued": AT,
        "expires": AT + timedelta(days=30),
        **fields,
    }
    return Issued(**given)


def fresh(now: datetime, **fields: Any) -> Issued:
    """A certificate that was issued a minute ago."""
    at = now.replace(microsecond=0) - timedelta(minutes=1)
    return issued(issued=at, expires=at + timedelta(days=30), **fields)


def policy(*certificates: Issued, **fields: Any) -> Published:
    """A policy of these certificates."""
    return Published(certificates=certificates, **fields)


def write_trial(data: Path, *rows: TrialResult, trial: str = "t1", planned_ns: int = AT_NS) -> None:
    """A finished trial with these rows, where the commands look for it."""
    store = TrialStore(data / TRIALS)
    store.plan(TrialHead(id=trial, created_ns=planned_ns, state="done", plan=b"{}"))
    store.put_results(trial, [(one.bucket, one.candidate, msgspec.json.encode(one)) for one in rows])
    store.close()

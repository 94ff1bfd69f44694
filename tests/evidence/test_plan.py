from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from suffice.config import GraderSettings
from suffice.errors import StoreError
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.sample import Unit

ROWS = (PlannedRow(candidate="p/a", name="a"), PlannedRow(candidate="p/b", name="b", cannot="no price"))
BUCKET = PlannedBucket(
    bucket="x",
    calls=30,
    units=(Unit("1", 0, True), Unit("2", 0)),
    grader=GraderSettings(kind="json_schema", schema=Path("s.json")),
    rows=ROWS,
)
PLAN = Plan(id="t", created_ns=1, seed=2, delta=0.05, alpha=0.05, price_date="2026-11-26", buckets=(BUCKET,))


def test_a_plan_reads_back_as_it_was_written() -> None:
    assert Plan.decode(PLAN.encode()) == PLAN


def test_only_rows_that_can_be_tried_are() -> None:
    assert BUCKET.tried == ROWS[:1]
    assert PLAN.rows == 1
    assert msgspec.structs.replace(BUCKET, cannot="7 requests").tried == ()


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(StoreError, match="make a new one"):
        Plan.decode(b"{}")

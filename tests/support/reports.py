"""A report with known figures and a hostile feature tag."""

from __future__ import annotations

from typing import Any

from entries import HOUR_NS, START_NS

from suffice.ledger.lengths import unknown_length
from suffice.ledger.projection import Kept, Line, Projection
from suffice.report.summary import DAY_NS, Report
from suffice.store.ledger_reader import Span


def report(*, entries: int = 10, hours: float = 1, now: float = 0, **fields: Any) -> Report:
    """A report over traffic of so many hours, read so many days after its first request."""
    line = Line(
        name="<script>alert(1)</script>",
        requests=10,
        input_tokens=1_000,
        output_tokens=100,
        cost_nanos=40_000_000_000,
        would_route=5,
        routed_cost_nanos=20_000_000_000,
        routed_shadow_nanos=5_000_000_000,
        output_picos={unknown_length("faq", "big", "small"): 10_000_000_000_000 // 3 + 1},
    )
    kept = [Kept(reason="task_unknown", requests=5, cost_nanos=20_000_000_000)]
    projection = Projection(
        total=line, by_feature=[line], by_model=[line], by_decided=[line], kept=kept, unknown={"no_price": 2}
    )
    span = Span(
        entries=entries,
        first_ns=START_NS,
        last_ns=START_NS + round(hours * HOUR_NS),
        sessions=3,
        decide_us_p50=50,
        decide_us_p99=400,
    )
    now_ns = START_NS + round(now * DAY_NS)
    given = {"projection": projection, "span": span, "hours": [(1, 5), (3, 5)], "now_ns": now_ns, "days": 14}
    return Report(**{**given, **fields})

"""Savings reports and invoices of simulated sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from routed import APRIL_NS, MARCH_NS, World, extra, legs, play
from suffice.ledger.forecast import Forecast
from suffice.ledger.invoice import Counted, Grounds, Invoice, invoice_of
from suffice.ledger.savings import Savings, savings
from suffice.ledger.sessions import Period, fold
from suffice.report.savings import SavingsReport
from suffice.types import Outcome

MARCH = Period(since_ns=MARCH_NS, until_ns=APRIL_NS)
HOSTILE = "<script>alert(1)</script> $x$"
HELD = Counted(
    bucket="faq",
    baseline="big",
    candidate="small",
    issued_ns=MARCH_NS,
    until_ns=APRIL_NS,
    policy="0a1b2c3d4e5f",
)
FORECAST = Forecast(
    since_ns=MARCH_NS - 10**15, until_ns=MARCH_NS, requests=900, projected=0.7, projected_low=0.6,
    projected_high=0.8, same_length=0.75, measured=0.65, measured_low=0.61, measured_high=0.69,
)  # fmt: skip


def busy() -> list[Outcome]:
    """A month with a certified use case, one without a certificate, one without a holdout, and overhead."""
    return [
        *play(World()).outcomes,
        *play(World(bucket=HOSTILE, verbosity=0.9, sessions=200)).outcomes,
        *play(World(bucket="bare", holdout=0.0, sessions=20)).outcomes,
        extra(1, leg="shadow", parent="faq-7-0-0"),
        extra(2, leg="discarded", usage=None),
        extra(
            3,
            usage=None,
            arm="routed",
            propensity=0.8,
            sent_model="small",
            served_model="small",
            session="lost",
        ),
    ]


def savings_of(
    outcomes: Sequence[Outcome], *, certified: Callable[..., bool] = lambda bucket, *_: bucket != HOSTILE
) -> Savings:
    """What routing saved in March."""
    served, others = legs(outcomes)
    sessions = fold(served, others, period=MARCH, certified=certified)
    return savings(sessions, {"trial": 1_234, "grader": 0})


def savings_report(outcomes: Sequence[Outcome] | None = None, **fields: Any) -> SavingsReport:
    """A report on it."""
    given = {
        "savings": savings_of(busy() if outcomes is None else outcomes),
        "period": MARCH,
        "head": "7:" + "ab" * 32,
        "now_ns": APRIL_NS + 1,
        "forecast": FORECAST,
        "certificates": (HELD,),
        **fields,
    }
    return SavingsReport(**given)


def invoice(outcomes: Sequence[Outcome] | None = None, **fields: Any) -> Invoice:
    """The invoice of March."""
    found = fields.pop("savings", None) or savings_of(busy() if outcomes is None else outcomes)
    given = {
        "number": "20260301-20260401-0a1b2c3d",
        "since_ns": MARCH_NS,
        "until_ns": APRIL_NS,
        "issued_ns": APRIL_NS + 1,
        "head": "7:" + "ab" * 32,
        "prices": ("tests 1: big", "tests 1: small"),
        "certificates": (HELD,),
        **fields,
    }
    return invoice_of(found, Grounds(**given))

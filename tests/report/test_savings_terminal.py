from __future__ import annotations

import io

from invoices import HOSTILE, savings_report
from rich.console import Console

from suffice.report.savings import SavingsReport
from suffice.report.savings_terminal import print_savings


def printed(report: SavingsReport) -> str:
    out = io.StringIO()
    print_savings(report, Console(file=out, width=160))
    return out.getvalue()


def test_it_shows_every_table() -> None:
    said = printed(savings_report())
    for text in (
        "verified",
        "measured",
        "modelled",
        "By use case",
        "Overhead",
        "By feature",
        "By model",
        "By day",
    ):
        assert text in said
    assert HOSTILE in said
    assert "the forecast held" in said
    assert "Ledger head 7:abab" in said


def test_a_period_without_routing_says_so() -> None:
    assert "Nothing was routed in this period" in printed(savings_report([]))

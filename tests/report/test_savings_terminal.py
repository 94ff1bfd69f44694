from __future__ import annotations

import io

import msgspec
from invoices import HOSTILE, savings_report
from narrow import CANDIDATES, USE_CASE, expect_whole
from rich.console import Console

from routed import World, play
from suffice.report.savings import SavingsReport
from suffice.report.savings_terminal import print_savings
from suffice.report.summary import dollars


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


def test_long_names_are_whole_on_eighty_columns() -> None:
    outcomes = play(World(bucket=USE_CASE)).outcomes
    named = [msgspec.structs.replace(one, feature=USE_CASE) for one in outcomes]
    made = savings_report(named)
    models = [msgspec.structs.replace(line, name=CANDIDATES[0]) for line in made.savings.by["model"]]
    found = msgspec.structs.replace(made.savings, by={**made.savings.by, "model": models})
    measured = dollars(found.strata[0].measured_nanos or 0)
    given = msgspec.structs.replace(made, savings=found)
    expect_whole(lambda console: print_savings(given, console), USE_CASE, CANDIDATES[0], measured)

from __future__ import annotations

import io
from pathlib import Path

import pytest
from months import NOW_NS, PERIOD, ledger, month, reconciled, written
from narrow import CANDIDATES, expect_whole
from rich.console import Console

from suffice.report.reconciliation import Report, money, signed
from suffice.report.reconciliation_terminal import print_reconciliation
from suffice.testing.provider_exports import litellm_csv, openai_costs, openai_usage


def shown(report: Report, width: int) -> str:
    out = io.StringIO()
    print_reconciliation(report, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_causes_and_models_are_there_and_fit(width: int, tmp_path: Path) -> None:
    made = month(calls=800, unseen=0.05, uncached=0.05)
    files = written(
        tmp_path, usage_json=openai_usage(made.billed, PERIOD), costs_json=openai_costs(made.billed, PERIOD)
    )
    text = shown(Report(result=reconciled(ledger(tmp_path, made.entries), files), now_ns=NOW_NS), width)
    assert max(len(line) for line in text.splitlines()) <= width
    for word in ("gpt-5.4-mini", "Unseen traffic", "Largest differences", "Explained: 100% of tokens"):
        assert word in text


def test_sides_that_are_the_same_say_so(tmp_path: Path) -> None:
    made = month(calls=100)
    files = written(tmp_path, usage_json=openai_usage(made.billed, PERIOD))
    text = shown(Report(result=reconciled(ledger(tmp_path, made.entries), files), now_ns=NOW_NS), 80)
    assert "Both sides are the same." in text
    assert "modelled" in text


def test_names_from_an_export_cannot_paint_the_terminal(tmp_path: Path) -> None:
    made = month(calls=100)
    table = litellm_csv(made.billed, PERIOD) + b"2026-11-01,[red]\x1b[31mevil,1,5,5,0,1.0\n"
    files = written(tmp_path, spend_csv=table)
    text = shown(Report(result=reconciled(ledger(tmp_path, made.entries), files), now_ns=NOW_NS), 120)
    assert "\x1b[31m" not in text
    assert "[red]" in text


@pytest.mark.parametrize("amounts", [True, False])
def test_a_long_name_is_whole_on_eighty_columns(amounts: bool, tmp_path: Path) -> None:
    made = month(calls=800, unseen=0.05)
    exports = {"usage_json": openai_usage(made.billed, PERIOD)}
    if amounts:
        exports["costs_json"] = openai_costs(made.billed, PERIOD)
    renamed = {name: raw.replace(b"gpt-5.4-mini", CANDIDATES[0].encode()) for name, raw in exports.items()}
    report = Report(
        result=reconciled(ledger(tmp_path, made.entries), written(tmp_path, **renamed)), now_ns=NOW_NS
    )
    total = report.total
    figures = (money(total.nanos_booked),) if amounts else (f"{total.tokens_booked:,}",)
    expect_whole(
        lambda console: print_reconciliation(report, console), CANDIDATES[0], signed(total.tokens), *figures
    )

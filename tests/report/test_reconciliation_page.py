from __future__ import annotations

from pathlib import Path

from months import NOW_NS, PERIOD, ledger, month, reconciled, written

from suffice.report.reconciliation import Report
from suffice.report.reconciliation_page import render
from suffice.testing.provider_exports import litellm_csv, openai_usage


def test_the_page_has_causes_models_and_days(tmp_path: Path) -> None:
    made = month(calls=300, unseen=0.05)
    files = written(tmp_path, usage_json=openai_usage(made.billed, PERIOD))
    page = render(Report(result=reconciled(ledger(tmp_path, made.entries), files), now_ns=NOW_NS))
    for word in ("Unseen traffic", "gpt-5.4-mini", "2026-11-07", "worth, modelled"):
        assert word in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_names_from_an_export_are_text(tmp_path: Path) -> None:
    made = month(calls=100)
    table = (
        litellm_csv(made.billed, PERIOD) + b"2026-11-01,<script>alert(1)<i>,1,5,5,0,1.0\nx,m,1,1,1,1,<b>\n"
    )
    files = written(tmp_path, spend_csv=table)
    page = render(Report(result=reconciled(ledger(tmp_path, made.entries), files), now_ns=NOW_NS))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "cannot be read, left out: 1" in page

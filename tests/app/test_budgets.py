from __future__ import annotations

import time
from pathlib import Path

from entries import outcome

from suffice.app import recorder_from, settings_from
from suffice.app.budgets import budget_file_from, spending_from, standings_from
from suffice.config import Settings
from suffice.proxy.spool import Spool
from suffice.store.budgets import FILE, Standings

CALL_NANOS = 100 * 2_500 + 10 * 15_000
"""Of gpt-5.4."""


def settings(folder: Path, more: str) -> Settings:
    path = folder / "suffice.toml"
    path.write_text(f'{more}[data]\ndirectory = "data"\n')
    return settings_from(path)


def test_what_was_spent_is_found_in_the_files_alone(tmp_path: Path) -> None:
    found = settings(tmp_path, "[budgets]\nusd_per_day = 0.001\ntotal_usd_per_month = 1\n")
    now_ns = time.time_ns()
    spool = Spool(found.data.directory / "spool", worker="one")
    for number in range(3):
        spool.append(
            outcome(
                number,
                received_ns=now_ns,
                feature="faq",
                requested_model="gpt-5.4",
                served_model="gpt-5.4",
                decided_model="gpt-5.4",
            )
        )
        if not number:
            recorder_from(found).run_once()
    shown = {
        (one.budget.feature, one.budget.per): (one.spent_nanos, one.state)
        for one in standings_from(found, now_ns=now_ns)
    }
    assert shown == {("", "month"): (3 * CALL_NANOS, "open"), ("faq", "day"): (3 * CALL_NANOS, "spent")}
    assert spending_from(found).look(now_ns)[0].spent("faq", "day") == (CALL_NANOS, 0)


def test_without_budgets_nothing_is_read(tmp_path: Path) -> None:
    found = settings(tmp_path, "")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.db").write_text("this is no ledger")
    assert standings_from(found, now_ns=1) == ()


def test_where_it_is_kept(tmp_path: Path) -> None:
    budget_file_from(settings(tmp_path, "")).write(Standings(at_ns=1))
    assert (tmp_path / "data" / FILE).exists()

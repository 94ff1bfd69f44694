from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from entries import outcome
from listening import listening

from suffice.app import settings_from
from suffice.cli._budgets import BudgetLooks
from suffice.proxy.spool import Spool
from suffice.store.budgets import FILE, BudgetFile, Standings

NOON_NS = int(datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
DAY_NS = 86_400_000_000_000
REFUSING = '[features.faq]\nbudget_usd_per_day = 0.002\nwhen_spent = "refuse"\n'
"""Five calls of $0.0004."""


class Desk:
    """A data directory with a worker's spool, and who looks at it."""

    def __init__(self, folder: Path, lines: str = REFUSING) -> None:
        self.config = folder / "suffice.toml"
        self.data = folder / "data"
        self.now_ns = NOON_NS
        self.count = 0
        self.write(lines)
        self.spool = Spool(self.data / "spool", worker="one")
        self.looks = self.begin()

    def write(self, lines: str) -> None:
        self.config.write_text(f'{lines}\n[data]\ndirectory = "data"\n')

    def begin(self) -> BudgetLooks:
        return BudgetLooks(settings_from(self.config), self.config, lambda: self.now_ns)

    def settle(self, count: int = 1, **fields: Any) -> None:
        for _ in range(count):
            self.count += 1
            model = dict.fromkeys(("requested_model", "served_model", "decided_model"), "gpt-5.4")
            given = {"received_ns": self.now_ns, "feature": "faq", **model, **fields}
            self.spool.append(outcome(self.count, **given))

    @property
    def said(self) -> Standings:
        found = BudgetFile(self.data).read()
        assert found is not None
        return found

    @property
    def state(self) -> str:
        return self.said.standings[0].state

    def events(self) -> list[tuple[str, str]]:
        path = self.data / "events.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(one["what"], one["bucket"]) for one in map(json.loads, lines)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_workers_are_told_as_it_goes_and_the_operator_twice(desk: Desk) -> None:
    desk.looks.glance()
    assert (desk.state, desk.events()) == ("open", [])
    desk.settle(4)
    desk.looks.glance()
    assert (desk.state, desk.events()) == ("near", [("budget_near", "faq")])
    desk.looks.glance()
    desk.settle(1)
    desk.looks.glance()
    desk.looks.glance()
    assert (desk.state, desk.events()) == ("spent", [("budget_near", "faq"), ("budget_spent", "faq")])
    desk.now_ns += DAY_NS
    desk.looks.glance()
    assert desk.state == "open"


def test_it_is_written_only_where_something_has_changed(desk: Desk) -> None:
    desk.looks.glance()
    seen = BudgetFile(desk.data).state()
    desk.now_ns += 1
    desk.looks.glance()
    assert BudgetFile(desk.data).state() == seen
    desk.settle(1, usage=None)
    desk.looks.glance()
    assert BudgetFile(desk.data).state() != seen
    assert desk.said.standings[0].unknown == 1


def test_a_restart_tells_nothing_twice_and_keeps_what_it_found(desk: Desk) -> None:
    desk.settle(5)
    desk.looks.glance()
    again = desk.begin()
    assert desk.state == "spent"
    again.glance()
    assert [what for what, _ in desk.events()] == ["budget_spent"]


def test_a_restart_with_another_budget_forgets_the_old_one_at_once(desk: Desk) -> None:
    desk.settle(5)
    desk.looks.glance()
    desk.write(REFUSING.replace("0.002", "1"))
    again = desk.begin()
    assert desk.said.standings == ()
    again.glance()
    assert desk.state == "open"
    desk.write("")
    desk.begin()
    assert not (desk.data / FILE).exists()


def test_a_change_of_the_file_counts_and_a_mistake_does_not(desk: Desk) -> None:
    desk.settle(5)
    desk.looks.glance()
    desk.write(REFUSING.replace("0.002", "-1"))
    desk.looks.glance()
    assert desk.state == "spent"
    assert "budgets stay as they were" in str(desk.said.error)
    assert "suffice.toml:2: budget_usd_per_day must be" in str(desk.said.error)
    desk.write(REFUSING.replace("0.002", "0.01"))
    desk.looks.glance()
    assert (desk.state, desk.said.error) == ("open", None)
    desk.write("")
    desk.looks.glance()
    assert not (desk.data / FILE).exists()
    desk.write(REFUSING)
    desk.looks.glance()
    assert desk.state == "spent"


def test_what_is_not_known_is_said_and_changes_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.settle(5)
    desk.looks.glance()
    (desk.data / "ledger.db").write_bytes(b"this is no database " * 1000)
    desk.looks.glance()
    desk.looks.glance()
    assert desk.state == "spent"
    assert "cannot be used" in str(desk.said.error)
    assert caplog.text.count("what was spent is not known") == 1
    # Whoever raises it is heard all the same: what is spent of the new one is not known.
    desk.write(REFUSING.replace("0.002", "1"))
    desk.looks.glance()
    assert desk.said.standings == ()
    (desk.data / "ledger.db").unlink()
    desk.looks.glance()
    assert (desk.state, desk.said.error) == ("open", None)


def test_never_known_refuses_nobody(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.db").write_bytes(b"this is no database " * 1000)
    desk = Desk(tmp_path)
    desk.settle(5)
    desk.looks.glance()
    assert (desk.said.standings, desk.said.error is not None) == ((), True)


def test_the_webhook_is_told(tmp_path: Path) -> None:
    with listening() as (url, came):
        desk = Desk(tmp_path, f'{REFUSING}[guard]\nwebhook = "{url}"\n')
        desk.settle(5)
        desk.looks.glance()
        deadline = time.monotonic() + 20
        # The first try is refused there.
        while len(came) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    told = json.loads(came[-1][1])
    assert (told["what"], told["bucket"]) == ("budget_spent", "faq")
    assert told["because"] == (
        "budget_spent: $0.0020 of $0.0020 for this day; from now on: requests are refused"
    )
    assert told["budget"] == {
        "per": "day",
        "limit_nanos": 2_000_000,
        "spent_nanos": 2_000_000,
        "unknown": 0,
        "when_spent": "refuse",
        "until": "2026-11-27T00:00:00Z",
    }


def test_what_cannot_be_written_is_tried_again(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.settle(5)
    (desk.data / FILE).mkdir()
    (desk.data / "events.jsonl").mkdir()
    desk.looks.glance()
    assert "cannot be written" in caplog.text
    (desk.data / FILE).rmdir()
    desk.looks.glance()
    assert desk.state == "spent"


def test_it_looks_at_once_and_once_more_at_the_end_whatever_fails(desk: Desk) -> None:
    stop = threading.Event()
    stop.set()
    desk.settle(5)
    desk.looks.run(stop)
    assert desk.state == "spent"

    def broken() -> int:
        raise ZeroDivisionError

    looks = BudgetLooks(settings_from(desk.config), desk.config, broken)
    looks.run(stop)


def test_a_use_case_without_a_budget_of_its_own_and_all_together(tmp_path: Path) -> None:
    lines = '[budgets]\nusd_per_day = 0.002\ntotal_usd_per_month = 0.004\ntotal_when_spent = "refuse"\n'
    desk = Desk(tmp_path, lines)
    desk.settle(5, feature="a")
    desk.settle(2, feature="b")
    desk.settle(3, feature="c")
    found = {one.budget.feature: one.state for one in desk.looks.glance()}
    assert found == {"": "spent", "a": "spent"}
    assert desk.events() == [("budget_spent", ""), ("budget_spent", "a")]

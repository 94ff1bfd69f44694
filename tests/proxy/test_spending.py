from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from entries import entry, outcome, price_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suffice.errors import StoreError
from suffice.ledger.budget import ALL, DAY_NS, Per
from suffice.proxy.recorder import Recorder
from suffice.proxy.spending import Spending
from suffice.proxy.spool import Spool
from suffice.store.sqlite import SqliteStore
from suffice.types import Decision

NOON_NS = int(datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
CALL_NANOS = 100 * 2_500 + 10 * 15_000
DECISION = Decision(baseline="big", model="big", reason="x")


class Desk:
    """A data directory: a worker that settles calls, a recorder that moves them, and who adds up."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.ledger, self.spools = folder / "ledger.db", folder / "spool"
        self.now_ns = NOON_NS
        self.spool = Spool(self.spools, worker="one")
        self.spending = Spending(self.ledger, self.spools, price_of, **more)
        self.count = 0
        self.recorder = self.recorder_of()

    def recorder_of(self) -> Recorder:
        store = SqliteStore(self.ledger)
        return Recorder(self.spools, store, price_of, keep_decisions_days=30, now_ns=lambda: self.now_ns)

    def settle(self, count: int = 1, feature: str = "faq", **fields: Any) -> None:
        for _ in range(count):
            self.count += 1
            given = {"received_ns": self.now_ns, "feature": feature, **fields}
            self.spool.append(outcome(self.count, **given), DECISION)

    def spent(self, feature: str = "faq", per: Per = "day") -> tuple[int, int]:
        parts = [tally.spent(feature, per) for tally in self.spending.look(self.now_ns)]
        return sum(nanos for nanos, _ in parts) // CALL_NANOS, sum(unknown for _, unknown in parts)

    def in_ledger(self) -> int:
        return self.spending.look(self.now_ns)[0].spent(ALL, "month")[0] // CALL_NANOS


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_nothing_is_spent_before_there_is_a_ledger(desk: Desk) -> None:
    assert desk.spent() == (0, 0)
    assert not desk.ledger.exists()


def test_what_is_settled_counts_before_it_is_in_the_ledger_and_once(desk: Desk) -> None:
    desk.settle(3)
    assert (desk.spent(), desk.in_ledger()) == ((3, 0), 0)
    desk.recorder.run_once()
    assert (desk.spent(), desk.in_ledger()) == ((3, 0), 3)
    desk.settle(2)
    desk.settle(1, usage=None)
    desk.settle(1, "other")
    assert (desk.spent(), desk.spent("other"), desk.spent(ALL)) == ((5, 1), (1, 0), (6, 1))
    desk.recorder.run_once()
    assert (desk.spent(), desk.spent("other"), desk.spent(ALL, "month")) == ((5, 1), (1, 0), (6, 1))


def test_a_spool_that_is_moved_and_gone_counts_on(desk: Desk) -> None:
    desk.settle(2)
    assert desk.spent() == (2, 0)
    desk.spool.close()
    desk.recorder.run_once()
    assert not list(desk.spools.glob("*.jsonl"))
    assert desk.spent() == (2, 0)
    desk.recorder.run_once()
    assert desk.spent() == (2, 0)


def test_a_restart_adds_up_anew(desk: Desk, tmp_path: Path) -> None:
    desk.settle(2)
    desk.recorder.run_once()
    desk.settle(1)
    again = Spending(desk.ledger, desk.spools, price_of)
    recorded, waiting = again.look(desk.now_ns)
    assert recorded.spent("faq", "day")[0] == 2 * CALL_NANOS
    assert waiting.spent("faq", "day")[0] == CALL_NANOS


def test_a_day_and_a_month_end(desk: Desk) -> None:
    desk.settle(2)
    desk.recorder.run_once()
    desk.settle(1)
    assert (desk.spent(), desk.spent(per="month")) == ((3, 0), (3, 0))
    desk.now_ns += DAY_NS
    assert (desk.spent(), desk.spent(per="month")) == ((0, 0), (3, 0))
    desk.settle(1)
    desk.recorder.run_once()
    assert (desk.spent(), desk.spent(per="month")) == ((1, 0), (4, 0))
    desk.now_ns += 5 * DAY_NS
    assert (desk.spent(), desk.spent(per="month")) == ((0, 0), (0, 0))
    # A clock that was put back is in another day again.
    desk.now_ns = NOON_NS
    assert (desk.spent(), desk.spent(per="month")) == ((3, 0), (4, 0))


def test_while_the_ledger_cannot_be_written_the_spools_are_counted_up_to_a_bound(tmp_path: Path) -> None:
    desk = Desk(tmp_path, most_waiting=1)
    desk.settle(300, demands={f"layer-{number}": 0.5 for number in range(400)})
    counted, _ = desk.spent()
    # By batches of a mebibyte: never less than the bound.
    assert 1 <= counted < 300
    assert desk.spending.uncounted_bytes > 0
    desk.recorder.run_once()
    assert desk.spent() == (300, 0)
    assert desk.spending.uncounted_bytes == 0


def test_another_ledger_in_its_place_is_added_up_anew(desk: Desk, tmp_path: Path) -> None:
    desk.settle(5)
    desk.recorder.run_once()
    assert desk.spent() == (5, 0)
    other = SqliteStore(tmp_path / "other.db")
    other.append(
        [entry(number, received_ns=desk.now_ns, feature="faq") for number in range(7)],
        spool=next(desk.spools.glob("*.jsonl")).name,
        moved_bytes=next(desk.spools.glob("*.jsonl")).stat().st_size,
    )
    other.close()
    desk.recorder._store.close()
    for file in desk.ledger.parent.glob("ledger.db*"):
        file.unlink()
    shutil.move(tmp_path / "other.db", desk.ledger)
    assert desk.spent() == (7, 0)
    desk.ledger.unlink()
    assert desk.spent()[0] <= 5


def test_a_ledger_that_cannot_be_read_is_said_and_read_again(desk: Desk) -> None:
    desk.settle(2)
    desk.recorder.run_once()
    assert desk.spent() == (2, 0)
    desk.recorder._store.close()
    kept = desk.ledger.read_bytes()
    desk.ledger.write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="cannot be used"):
        desk.spending.look(desk.now_ns)
    desk.ledger.write_bytes(kept)
    assert desk.spent() == (2, 0)


def test_a_torn_line_is_no_call(desk: Desk) -> None:
    desk.settle(1)
    (path,) = desk.spools.glob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"id":"x"\nnonsense\n\n{"id":"not ended')
    assert desk.spent() == (1, 0)
    desk.settle(1)
    before = desk.spent()
    desk.recorder.run_once()
    assert before == desk.spent() == (2, 0)


@given(steps=st.lists(st.sampled_from(["settle", "record", "look", "rotate"]), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_however_it_interleaves_every_call_counts_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("spending"))
    for step in steps:
        if step == "settle":
            desk.settle()
        elif step == "record":
            desk.recorder.run_once()
        elif step == "rotate":
            desk.spool.close()
        assert desk.spent() == (desk.count, 0)
    desk.spool.close()
    desk.recorder.run_once()
    assert (desk.spent(), desk.in_ledger()) == ((desk.count, 0), desk.count)
    desk.recorder._store.close()

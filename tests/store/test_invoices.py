from __future__ import annotations

import multiprocessing
from pathlib import Path

import msgspec
import pytest
from invoices import invoice

from routed import APRIL_NS, MARCH_NS, MINUTE_NS
from suffice.errors import StoreError
from suffice.ledger.invoice import Invoice
from suffice.store.invoices import Invoices

MADE = invoice([])


def of(since_ns: int, until_ns: int) -> Invoice:
    return msgspec.structs.replace(
        MADE, number=f"{since_ns}-{until_ns}", since_ns=since_ns, until_ns=until_ns
    ).sealed()


def test_an_invoice_is_kept_and_found_by_its_period(tmp_path: Path) -> None:
    records = Invoices(tmp_path / "invoices")
    assert records.all() == []
    assert records.of(MARCH_NS, APRIL_NS) is None
    assert records.put(MADE) == MADE
    assert records.of(MARCH_NS, APRIL_NS) == MADE
    assert [path.name for path in (tmp_path / "invoices").iterdir()] == [f"{MADE.number}.json"]


def test_the_same_period_again_gives_the_one_on_record(tmp_path: Path) -> None:
    records = Invoices(tmp_path)
    records.put(MADE)
    later = msgspec.structs.replace(MADE, issued_ns=MADE.issued_ns + 1, number="another").sealed()
    assert records.put(later) == MADE
    assert records.all() == [MADE]


@pytest.mark.parametrize(
    ("since", "until"),
    [(-MINUTE_NS, 1), (0, APRIL_NS - MARCH_NS - 1), (APRIL_NS - MARCH_NS - 1, 2 * (APRIL_NS - MARCH_NS))],
)
def test_a_part_of_a_period_is_not_billed_twice(tmp_path: Path, since: int, until: int) -> None:
    records = Invoices(tmp_path)
    records.put(MADE)
    with pytest.raises(StoreError, match=r"covers March 2026 \(UTC\), a part of this period") as caught:
        records.put(of(MARCH_NS + since, MARCH_NS + until))
    assert caught.value.code == "invoice_overlaps"


def test_periods_that_touch_do_not_overlap(tmp_path: Path) -> None:
    records = Invoices(tmp_path)
    records.put(MADE)
    before, after = of(MARCH_NS - MINUTE_NS, MARCH_NS), of(APRIL_NS, APRIL_NS + MINUTE_NS)
    records.put(after)
    records.put(before)
    assert records.all() == [before, MADE, after]


def test_a_record_that_was_changed_is_said(tmp_path: Path) -> None:
    records = Invoices(tmp_path)
    records.put(MADE)
    (path,) = tmp_path.glob("*.json")
    path.write_bytes(path.read_bytes().replace(b'"fee_nanos": 0', b'"fee_nanos": 1'))
    with pytest.raises(StoreError, match="was changed after it was issued"):
        records.of(MARCH_NS, APRIL_NS)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="no invoice can be kept in"):
        Invoices(tmp_path / "file" / "invoices").put(MADE)


def _issue(folder: Path, number: int) -> None:
    made = msgspec.structs.replace(MADE, number=f"n{number}", issued_ns=number).sealed()
    Invoices(folder).put(made)


def test_of_many_who_issue_at_once_one_does(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_issue, args=(tmp_path, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(Invoices(tmp_path).all()) == 1

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.store.events import FILE, EventLog, Happened, Spent


def event(bucket: str = "faq", because: str = "worse: it is") -> Happened:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return Happened(at=at, what="demoted", bucket=bucket, baseline="big", candidate="small", because=because)


def test_the_last_event_of_each_use_case(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "data")
    assert log.last() == {}
    for one in (event(), event("other"), event(because="signals: more")):
        log.append(one)
    assert {bucket: one.because for bucket, one in log.last().items()} == {
        "faq": "signals: more",
        "other": "worse: it is",
    }


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.append(event())
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"at":"20')
    log.append(event("other"))
    assert set(log.last()) == {"faq", "other"}
    assert (tmp_path / FILE).read_bytes().count(b"\n") == 3


def test_many_writers_lose_no_line(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    threads = [threading.Thread(target=log.append, args=(event(f"b{number}"),)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.last()) == 20


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        EventLog(tmp_path).append(event())
    with pytest.raises(StoreError, match="cannot be read"):
        EventLog(tmp_path).last()


def test_what_a_budget_did_says_nothing_of_models(tmp_path: Path) -> None:
    log, told = EventLog(tmp_path), event()
    log.append(told)
    spent = Spent(per="day", limit_nanos=10, spent_nanos=12, unknown=0, when_spent="refuse", until=told.at)
    log.append(
        Happened(at=told.at, what="budget_spent", bucket="faq", because="budget_spent: all", budget=spent)
    )
    assert log.last() == {"faq": told}
    line = json.loads((tmp_path / FILE).read_bytes().splitlines()[-1])
    assert line["budget"]["spent_nanos"] == 12
    assert "baseline" not in line

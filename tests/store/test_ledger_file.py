from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path
from typing import NoReturn

import pytest
from entries import entry

from suffice.errors import StoreError
from suffice.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "made" / "ledger.db")


def test_a_reader_never_makes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with pytest.raises(StoreError, match="there is no ledger") as caught:
        list(SqliteStore(path, read_only=True).entries())
    assert caught.value.code == "no_ledger"
    assert not path.exists()


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "what? #1 50%41" / "ledger.db"
    SqliteStore(path).append([entry(1)], spool="s", moved_bytes=1)
    assert len(list(SqliteStore(path, read_only=True).entries())) == 1


def test_a_ledger_on_a_read_only_disk_says_what_to_do(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append([entry(1)], spool="s", moved_bytes=1)
    path = store._file._path

    def refused(*_: object, **__: object) -> NoReturn:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", refused)
    with pytest.raises(StoreError, match="unable to open database file; whoever reads it needs write access"):
        list(SqliteStore(path, read_only=True).entries())


def test_a_reader_reads_while_the_writer_writes_and_cannot_write(store: SqliteStore, tmp_path: Path) -> None:
    store.append([entry(1)], spool="s", moved_bytes=1)
    reader = SqliteStore(tmp_path / "made" / "ledger.db", read_only=True)
    assert len(list(reader.entries())) == 1
    store.append([entry(2)], spool="s", moved_bytes=2)
    assert len(list(reader.entries())) == 2
    with pytest.raises(StoreError):
        reader.append([entry(3)], spool="s", moved_bytes=3)


def test_a_locked_ledger_changes_nothing_and_says_so(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suffice.store.ledger_file._BUSY_MS", 50)
    store.append([entry(1)], spool="s", moved_bytes=1)
    store.close()
    other = sqlite3.connect(tmp_path / "made" / "ledger.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked"):
        store.append([entry(2)], spool="s", moved_bytes=2)
    other.execute("ROLLBACK")
    other.close()
    assert store.append([entry(2)], spool="s", moved_bytes=2) == 1


def test_a_deleted_ledger_is_made_anew(store: SqliteStore, tmp_path: Path) -> None:
    store.append([entry(1)], spool="s", moved_bytes=1)
    for file in (tmp_path / "made").iterdir():
        file.unlink()
    store.append([entry(2)], spool="s", moved_bytes=2)
    assert [one.outcome.id for one in store.entries()] == ["id-00000002"]


def test_a_file_that_is_no_database_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("not a database, but long enough to be read as the head of one" * 20)
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteStore(path).append([entry(1)], spool="s", moved_bytes=1)


def test_a_ledger_of_a_newer_suffice_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer suffice"):
        SqliteStore(path).append([entry(1)], spool="s", moved_bytes=1)


def test_one_thread_may_make_it_and_another_use_it(store: SqliteStore) -> None:
    store.append([entry(1)], spool="s", moved_bytes=1)
    worker = threading.Thread(target=lambda: store.append([entry(2)], spool="s", moved_bytes=2))
    worker.start()
    worker.join()
    assert len(list(store.entries())) == 2


def test_a_file_that_is_replaced_is_opened_anew(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    store = SqliteStore(ledger)
    store.append([entry(1)], spool="s", moved_bytes=1)
    store.close()
    shutil.copy(ledger, tmp_path / "copy.db")
    store.append([entry(2)], spool="s", moved_bytes=2)
    (tmp_path / "copy.db").rename(ledger)
    for end in ("-wal", "-shm"):
        (tmp_path / f"ledger.db{end}").unlink(missing_ok=True)
    assert store.offsets() == {"s": 1}
    store.append([entry(2)], spool="s", moved_bytes=2)
    store.close()
    assert len(list(SqliteStore(ledger, read_only=True).entries())) == 2


def test_all_is_answered_from_one_moment(store: SqliteStore, tmp_path: Path) -> None:
    store.append([entry(1)], spool="s", moved_bytes=10)
    reader = SqliteStore(tmp_path / "made" / "ledger.db", read_only=True)
    with reader.at_one_moment():
        assert reader.head().seq == 1
        store.append([entry(2)], spool="s", moved_bytes=20)
        assert (reader.head().seq, reader.offsets()) == (1, {"s": 10})
        (row,) = reader.grouped([])
        assert row["requests"] == 1
    assert (reader.head().seq, reader.offsets()) == (2, {"s": 20})
    with pytest.raises(ZeroDivisionError), reader.at_one_moment():
        raise ZeroDivisionError
    with reader.at_one_moment():
        assert reader.head().seq == 2

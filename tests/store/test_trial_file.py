from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.store.trial_file import TrialFile
from suffice.store.trials import TrialStore

ADD = "INSERT INTO trials VALUES (?, ?, ?, ?, ?)"
ONE = ("t1", 1, "planned", "", b"{}")


class Backwards:
    """Seals by turning bytes around: enough to see what was sealed."""

    def seal(self, data: bytes) -> bytes:
        return data[::-1]

    def open(self, data: bytes) -> bytes:
        return data[::-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "trials.db"


def writable(path: Path, cipher: Backwards | None = None) -> TrialFile:
    return TrialFile(path, read_only=False, cipher=cipher)


def test_the_first_write_makes_it_and_a_reader_sees_it_at_once(path: Path) -> None:
    with closing(writable(path)) as file, closing(TrialFile(path, read_only=True, cipher=None)) as reader:
        file.write(ADD, ONE)
        assert reader.rows("SELECT id FROM trials") == [("t1",)]
        with pytest.raises(StoreError, match="readonly"):
            reader.write(ADD, ("t2", *ONE[1:]))


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "what? #1 50%41" / "trials.db"
    with closing(writable(path)) as file, closing(TrialFile(path, read_only=True, cipher=None)) as reader:
        file.write(ADD, ONE)
        assert reader.rows("SELECT id FROM trials") == [("t1",)]


def test_a_change_is_whole_or_not_at_all(path: Path) -> None:
    with closing(writable(path)) as file:
        file.write(ADD, ONE)
        with pytest.raises(StoreError, match="UNIQUE"), file.changing() as connection:
            connection.executemany(ADD, [("t2", *ONE[1:]), ONE])
        assert file.rows("SELECT id FROM trials") == [("t1",)]


@pytest.mark.parametrize(("through", "level"), [(True, 2), (False, 1)])
def test_what_must_outlive_the_power_is_through_to_the_disk(path: Path, through: bool, level: int) -> None:
    with closing(writable(path)) as file, file.changing(through=through) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (level,)


def test_bodies_are_compressed_and_sealed_where_there_is_a_cipher(path: Path) -> None:
    body = b"the answer in words " * 20
    plain, secret = writable(path), writable(path, Backwards())
    packed, sealed = plain.pack(body)
    assert packed is not None
    assert (sealed, len(packed) < len(body), plain.unpack(False, packed)) == (False, True, body)
    assert secret.pack(body) == (packed[::-1], True)
    assert secret.unpack(True, packed[::-1]) == body
    assert (plain.pack(None), plain.unpack(False, None)) == ((None, False), None)
    with pytest.raises(StoreError, match="give the key") as caught:
        plain.unpack(True, packed[::-1])
    assert caught.value.code == "no_key"


def test_a_reader_makes_no_file_and_says_so(path: Path) -> None:
    with closing(TrialStore(path, read_only=True)) as store, pytest.raises(StoreError) as caught:
        store.heads()
    assert caught.value.code == "no_trial"
    assert not path.exists()


def test_a_file_of_a_newer_version_or_none_at_all_is_refused(path: Path) -> None:
    with closing(writable(path)) as file:
        file.write(ADD, ONE)
        file.write("PRAGMA user_version = 99", ())
    with closing(writable(path)) as file, pytest.raises(StoreError, match="newer"):
        file.rows("SELECT id FROM trials")
    path.write_bytes(b"this is no database, but long enough to be looked at" * 30)
    with closing(writable(path)) as file, pytest.raises(StoreError) as caught:
        file.rows("SELECT id FROM trials")
    assert caught.value.code == "trials_unusable"

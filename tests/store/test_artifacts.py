from __future__ import annotations

import threading
from pathlib import Path

import pytest

from suffice.errors import PolicyError, StoreError
from suffice.store.artifacts import POINTER, SUFFIX, Artifacts

ONE, TWO = "0123456789ab", "ba9876543210"


def test_nothing_is_in_use_before_the_first_publication(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "artifacts")
    assert artifacts.state() is None
    assert artifacts.current() is None
    assert not (tmp_path / "artifacts").exists()


def test_the_last_published_one_is_in_use_and_the_others_stay(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "artifacts")
    states = []
    for fingerprint in (ONE, TWO, ONE):
        artifacts.publish(fingerprint, fingerprint.encode())
        states.append(artifacts.state())
        assert artifacts.current() == fingerprint
    assert len(set(states)) == 3, "each publication is noticed, also of what was there before"
    assert (artifacts.read(ONE), artifacts.read(TWO)) == (ONE.encode(), TWO.encode())
    assert {path.name for path in (tmp_path / "artifacts").iterdir()} == {POINTER, ONE + SUFFIX, TWO + SUFFIX}


@pytest.mark.parametrize("said", [b"", b"\xff\xfe", b"../../etc/passwd", b"0123456789AB", b"x" * 1000])
def test_a_pointer_that_holds_no_fingerprint_is_refused(tmp_path: Path, said: bytes) -> None:
    (tmp_path / POINTER).write_bytes(said)
    with pytest.raises(PolicyError, match="no fingerprint"):
        Artifacts(tmp_path).current()


@pytest.mark.parametrize("name", [ONE, "../ledger", ""])
def test_what_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Artifacts(tmp_path).read(name)
    assert caught.value.code == "no_artifact"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file")
    with pytest.raises(StoreError, match="cannot be published"):
        Artifacts(tmp_path / "artifacts").publish(ONE, b"")


def test_a_reader_never_sees_half_a_publication(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    data = {ONE: b"1" * 100_000, TWO: b"2" * 200_000}
    artifacts.publish(ONE, data[ONE])
    stop = threading.Event()

    def publish() -> None:
        while not stop.is_set():
            for fingerprint in (TWO, ONE):
                artifacts.publish(fingerprint, data[fingerprint])

    writer = threading.Thread(target=publish)
    writer.start()
    try:
        for _ in range(300):
            current = artifacts.current()
            assert current is not None
            assert artifacts.read(current) == data[current]
    finally:
        stop.set()
        writer.join()

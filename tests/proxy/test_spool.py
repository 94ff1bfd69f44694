from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest
from entries import outcome

from suffice.errors import StoreError
from suffice.proxy.guard import Guard
from suffice.proxy.spool import SEPARATOR, Spool, TurnSpool
from suffice.types import Decision, Outcome
from suffice.upstream.outbox import Outbox


def lines(folder: Path) -> list[str]:
    """The ids of all readable lines, in order."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            try:
                found.append(msgspec.json.decode(line, type=Outcome).id)
            except msgspec.DecodeError:
                continue
    return found


def test_an_outcome_is_a_line_when_append_returns(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "made", worker="w")
    spool.append(outcome(1))
    spool.append(outcome(2))
    (path,) = (tmp_path / "made").glob("*.jsonl")
    assert [msgspec.json.decode(line, type=Outcome) for line in path.read_bytes().splitlines()] == [
        outcome(1),
        outcome(2),
    ]
    spool.close()


def test_a_short_line_after_a_long_one_holds_nothing_of_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, worker="w")
    decision = Decision(baseline="big", model="small", reason="prior_suffices", bucket="b" * 5000)
    spool.append(outcome(1), decision)
    spool.append(outcome(2))
    spool.append(outcome(3), decision)
    (path,) = tmp_path.glob("*.jsonl")
    encode = msgspec.json.encode
    long = encode(decision) + SEPARATOR
    assert path.read_bytes() == b"".join(
        before + encode(outcome(number)) + b"\n" for number, before in ((1, long), (2, b""), (3, long))
    )
    spool.close()


def test_a_file_is_locked_while_its_worker_has_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, worker="w")
    spool.append(outcome(1))
    (path,) = tmp_path.glob("*.jsonl")
    with path.open("rb") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        spool.close()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_large_file_is_followed_by_another(tmp_path: Path) -> None:
    spool = Spool(tmp_path, worker="w", max_bytes=500)
    for number in range(10):
        spool.append(outcome(number))
    spool.close()
    assert len(list(tmp_path.glob("*.jsonl"))) > 2
    assert lines(tmp_path) == [f"id-{number:08d}" for number in range(10)]


def test_two_workers_never_share_a_file(tmp_path: Path) -> None:
    one, other = Spool(tmp_path, worker="one"), Spool(tmp_path, worker="other")
    one.append(outcome(1))
    other.append(outcome(2))
    one.close()
    other.close()
    assert len(list(tmp_path.glob("*.jsonl"))) == 2


def test_what_cannot_be_written_waits_and_goes_first_when_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.write_text("a file where the folder should be")
    spool = Spool(folder, worker="w")
    for number in (1, 2):
        with pytest.raises(StoreError, match="cannot be written"):
            spool.append(outcome(number))
    assert spool.pending == 2
    folder.unlink()
    spool.append(outcome(3))
    assert spool.pending == 0
    spool.close()
    assert lines(folder) == ["id-00000001", "id-00000002", "id-00000003"]


def test_what_waits_is_written_without_another_outcome(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.write_text("in the way")
    spool = Spool(folder, worker="w")
    with pytest.raises(StoreError):
        spool.append(outcome(1))
    with pytest.raises(StoreError):
        spool.flush()
    folder.unlink()
    spool.flush()
    assert spool.pending == 0
    assert lines(folder) == ["id-00000001"]
    spool.close()


def test_a_worker_that_ends_writes_what_still_waits(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.write_text("in the way")
    spool = Spool(folder, worker="w")
    with pytest.raises(StoreError):
        spool.append(outcome(1))
    folder.unlink()
    spool.close()
    assert lines(folder) == ["id-00000001"]


FULL = textwrap.dedent(
    """
    import resource, signal, sys
    from pathlib import Path
    from entries import outcome
    from suffice.errors import StoreError
    from suffice.proxy.spool import Spool

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    spool = Spool(Path(sys.argv[1]), worker="w")
    failed = 0
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
    for number in range(10):
        try:
            spool.append(outcome(number))
        except StoreError:
            failed += 1
    waiting = spool.pending
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    spool.append(outcome(10))
    spool.close()
    print(failed, waiting, spool.pending)
    """
)


def filled(folder: Path, *, room_bytes: int) -> list[int]:
    """Writes ten outcomes where there is room for so much, and one more where there is enough."""
    support = Path(__file__).parents[1] / "support"
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(room_bytes)],
        env={**os.environ, "PYTHONPATH": str(support)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(number) for number in ended.stdout.split()]


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    failed, waiting, pending = filled(tmp_path / "spool", room_bytes=100)
    assert failed > 3
    assert waiting > 3
    assert pending == 0
    assert set(lines(tmp_path / "spool")) == {f"id-{number:08d}" for number in range(11)}


def test_a_disk_that_is_full_from_the_start_is_not_filled_with_empty_files(tmp_path: Path) -> None:
    assert filled(tmp_path / "spool", room_bytes=0) == [10, 10, 0]
    assert len(list((tmp_path / "spool").iterdir())) == 1
    assert lines(tmp_path / "spool") == [f"id-{number:08d}" for number in range(11)]


def test_a_decision_goes_before_its_outcome_on_one_line(tmp_path: Path) -> None:
    spool = Spool(tmp_path, worker="w")
    decision = Decision(baseline="big", model="small", reason="prior_suffices")
    spool.append(outcome(1), decision)
    spool.append(outcome(2))
    spool.close()
    (path,) = tmp_path.glob("*.jsonl")
    first, second = path.read_bytes().splitlines()
    kept, _, ended = first.rpartition(SEPARATOR)
    assert msgspec.json.decode(kept, type=Decision) == decision
    assert msgspec.json.decode(ended, type=Outcome) == outcome(1)
    assert SEPARATOR not in second


def test_no_decision_is_written_where_none_is_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path, worker="w", decisions=False)
    spool.append(outcome(1), Decision(baseline="big", model="big", reason="below_bar"))
    spool.close()
    (path,) = tmp_path.glob("*.jsonl")
    assert SEPARATOR not in path.read_bytes()


def test_what_settles_in_one_turn_is_one_write_before_any_answer_goes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    written = os.write

    def write(descriptor: int, data: bytes) -> int:
        writes.append(data.count(b"\n"))
        return written(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    seen: list[list[str]] = []

    async def run() -> None:
        spool, outbox = Spool(tmp_path, worker="w"), Outbox()
        turn = TurnSpool(spool, outbox, Guard())
        for number in (1, 2):
            turn.record(outcome(number))
        outbox.before(lambda: seen.append(lines(tmp_path)))
        assert writes == []
        outbox.flush()
        turn.record(outcome(3))
        await asyncio.sleep(0)
        spool.close()

    asyncio.run(run())
    assert seen == [["id-00000001", "id-00000002"]]
    assert writes == [2, 1]
    assert lines(tmp_path)[2:] == ["id-00000003"]


def test_a_turn_that_cannot_be_written_is_counted_and_waits(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.write_text("in the way")
    guard = Guard()

    async def run() -> None:
        spool, outbox = Spool(folder, worker="w"), Outbox()
        turn = TurnSpool(spool, outbox, guard)
        for number in (1, 2):
            turn.record(outcome(number))
        outbox.flush()
        assert spool.pending == 2
        assert dict(guard.faults) == {"record": 1}
        folder.unlink()
        turn.record(outcome(3))
        outbox.flush()
        spool.close()

    asyncio.run(run())
    assert lines(folder) == ["id-00000001", "id-00000002", "id-00000003"]

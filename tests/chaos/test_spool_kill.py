"""Writers and recorders are killed at random: what `append` returned for is in the ledger, once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest
from entries import price_of

from suffice.proxy.recorder import Recorder
from suffice.store.sqlite import SqliteStore

SUPPORT = Path(__file__).parents[1] / "support"

WRITER = textwrap.dedent(
    """
    import itertools, os, sys
    from pathlib import Path
    from entries import outcome
    from suffice.proxy.spool import Spool
    from suffice.types import Decision

    spool = Spool(Path(sys.argv[1]), worker=sys.argv[2], max_bytes=20_000)
    for number in itertools.count(int(sys.argv[3])):
        spool.append(outcome(number), Decision(baseline="big", model="big", reason="below_bar"))
        os.write(1, b"%d\\n" % number)
    """
)
RECORDER = textwrap.dedent(
    """
    import sys, threading, time
    from pathlib import Path
    from entries import price_of
    from suffice.proxy.recorder import Recorder
    from suffice.store.sqlite import SqliteStore

    folder = Path(sys.argv[1])
    store = SqliteStore(folder / "ledger.db")
    recorder = Recorder(folder / "spool", store, price_of, keep_decisions_days=30, now_ns=time.time_ns)
    recorder.run(threading.Event(), wait_s=0.005)
    """
)


def start(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SUPPORT)},
        stdout=subprocess.PIPE,
    )


def kill(process: subprocess.Popen[bytes]) -> bytes:
    os.kill(process.pid, signal.SIGKILL)
    out, _ = process.communicate()
    return out


@pytest.mark.chaos
@pytest.mark.parametrize("killed", ["writers", "recorders"])
def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path: Path, killed: str) -> None:
    rng = random.Random(11)
    acknowledged: list[bytes] = []
    recorder = start(RECORDER, tmp_path)
    writer = start(WRITER, tmp_path / "spool", "w0", 0)
    for turn in range(1, 21):
        time.sleep(0.25 + rng.random() * 0.2)
        if killed == "writers" or turn == 20:
            acknowledged += kill(writer).split()
            writer = start(WRITER, tmp_path / "spool", f"w{turn}", turn * 10_000_000)
        else:
            # An unread pipe would stop the writer; it says little enough in this time.
            kill(recorder)
            recorder = start(RECORDER, tmp_path)
    acknowledged += kill(writer).split()
    kill(recorder)
    store = SqliteStore(tmp_path / "ledger.db")
    recorder = Recorder(tmp_path / "spool", store, price_of, keep_decisions_days=30, now_ns=time.time_ns)
    recorder.run_once()
    recorded = Counter(one.outcome.id for one in store.entries())
    undecided = [id_ for id_ in recorded if store.decision(id_) is None]
    store.close()
    assert len(acknowledged) > 1_000
    assert [number for number in acknowledged if recorded[f"id-{int(number):08d}"] != 1] == []
    assert max(recorded.values()) == 1
    assert undecided == []
    assert list((tmp_path / "spool").glob("*.jsonl")) == []

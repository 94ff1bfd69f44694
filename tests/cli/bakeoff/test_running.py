from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from bakeoffs import bakeoff, configured
from sums import GOOD, journal, write_sums

from suffice.cli.bakeoff._running import STOPPED, cap_nanos
from suffice.config import BakeoffSettings, Settings
from suffice.errors import ConfigError
from suffice.store.trials import TrialStore
from suffice.testing import ReplayOptions, ReplayUpstream


def test_the_option_counts_before_the_settings_and_one_of_them_is_needed() -> None:
    settings = Settings(bakeoff=BakeoffSettings(max_usd=3))
    assert cap_nanos(settings, None) == 3_000_000_000
    assert cap_nanos(settings, 0.5) == 500_000_000
    with pytest.raises(ConfigError, match="--max-usd"):
        cap_nanos(Settings(), None)


def running(config: Path) -> subprocess.Popen[str]:
    """A trial under way, in a process of its own."""
    command = [sys.executable, "-m", "suffice", "bakeoff", "run", "--config", str(config), "--max-usd", "5"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_under_way_arrive_and_pauses(tmp_path: Path, number: signal.Signals) -> None:
    write_sums(tmp_path, {"sums": 100})
    with ReplayUpstream.start(tmp_path, ReplayOptions(latency_ms=100)) as upstream:
        config = configured(tmp_path, upstream.url)
        bakeoff(config, "plan", "--candidate", GOOD)
        process = running(config)
        deadline = time.monotonic() + 20
        while len(upstream.served) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "is paused: stopped by a signal" in said
    with closing(journal(tmp_path)) as store:
        (head,) = store.heads()
        calls = list(store.calls(head.id))
    assert head.state == "paused"
    assert {call.state for call in calls} == {"done"}
    assert len(calls) == len(upstream.served)


def test_a_second_signal_does_not_wait_and_leaves_nothing_running(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100})
    with ReplayUpstream.start(tmp_path, ReplayOptions(latency_ms=20_000)) as upstream:
        config = configured(tmp_path, upstream.url)
        bakeoff(config, "plan", "--candidate", GOOD)
        process = running(config)
        with closing(journal(tmp_path)) as store:
            deadline = time.monotonic() + 20
            while not _under_way(store) and time.monotonic() < deadline:
                time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)
    assert process.returncode == 1
    assert "is paused: stopped by a signal" in said
    assert "Traceback" not in said
    with closing(journal(tmp_path)) as store:
        (head,) = store.heads()
        assert (head.state, head.said) == ("paused", STOPPED)
        assert {call.state for call in store.calls(head.id)} == {"interrupted"}


def _under_way(store: TrialStore) -> bool:
    return any(call.state == "intent" for head in store.heads() for call in store.calls(head.id))

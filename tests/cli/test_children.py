from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from recorded import write_answers
from suffice.cli._children import ChildError, SufficeChild, run_suffice
from suffice.testing.replay_upstream.server import bind, url_of


def replay_upstream(tmp_path: Path, port: str) -> SufficeChild:
    answers = write_answers(tmp_path / "answers")
    return SufficeChild(["replay-upstream", "--answers", str(answers), "--port", port], tmp_path / "log")


def free_port() -> str:
    with bind(0) as listening:
        return url_of(listening).rpartition(":")[2]


def test_a_child_is_waited_for_and_ended(tmp_path: Path) -> None:
    port = free_port()
    with replay_upstream(tmp_path, port) as child:
        child.wait_healthy(f"http://127.0.0.1:{port}/v1/models", 20)
        assert child.running
        assert "replays 6 prompts" in child.tail()
    assert not child.running
    with bind(int(port)):
        pass


def test_a_child_is_ended_on_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), replay_upstream(tmp_path, "0") as child:
        raise KeyboardInterrupt
    assert not child.running


def test_a_child_that_does_not_obey_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suffice.cli._children._STOP_S", 0.3)
    port = free_port()
    with replay_upstream(tmp_path, port) as child:
        child.wait_healthy(f"http://127.0.0.1:{port}/v1/models", 20)
        os.kill(child._process.pid, signal.SIGSTOP)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert child._process.returncode == -signal.SIGKILL


def test_a_child_that_fails_at_its_start_is_told_with_its_log(tmp_path: Path) -> None:
    with (
        SufficeChild(["replay-upstream", "--answers", str(tmp_path)], tmp_path / "log") as child,
        pytest.raises(ChildError, match=r"(?s)ended at its start.*no recorded week") as caught,
    ):
        child.wait_healthy("http://127.0.0.1:9/healthz", 20)
    assert caught.value.code == "child_failed"


def test_a_child_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with replay_upstream(tmp_path, "0") as child, pytest.raises(ChildError, match="did not answer in 1 s"):
        child.wait_healthy(f"http://127.0.0.1:{free_port()}/healthz", 1)


def test_a_command_is_run_to_its_end() -> None:
    assert "--answers" in run_suffice(["replay-upstream", "--help"])
    with pytest.raises(ChildError, match=r"(?s)`suffice no-such` failed.*No such command"):
        run_suffice(["no-such"])

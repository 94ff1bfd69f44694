from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from learned import artifact as artifact_of

from suffice.app import (
    artifacts_from,
    engine_from,
    settings_from,
)
from suffice.app.worker import Worker, calm_collector, write_logs
from suffice.policy.configured import switch_from
from suffice.proxy.asgi import Message


def test_a_worker_tells_its_health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUFFICE_DATA_DIRECTORY", str(tmp_path))
    worker = Worker(settings_from(None))
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    asyncio.run(worker({"type": "http", "path": "/healthz"}, receive, send))
    worker.discard()
    assert sent[0]["status"] == 200
    health = json.loads(sent[1]["body"])
    assert health == {
        "status": "ok",
        "mode": "observe",
        "switch": switch_from(settings_from(None)).fingerprint,
        "switch_error": None,
        "breakers": {},
        "worker": os.getpid(),
        "faults": {},
        "spool_pending": 0,
        "policy": engine_from(settings_from(None)).policy.fingerprint,
        "published": None,
        "certificates": {"valid": 0, "expired": 0, "voided": 0},
        "predictor": "prior",
        "artifact_error": None,
        "captures": None,
        "shadows": None,
        "budgets": None,
    }


def test_what_was_learned_decides_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUFFICE_DATA_DIRECTORY", str(tmp_path))
    settings, artifact = settings_from(None), artifact_of(0.02)
    artifacts_from(settings).publish(artifact.fingerprint, artifact.encode())
    worker = Worker(settings)
    worker.discard()
    assert json.loads(worker._health())["predictor"] == artifact.fingerprint


def test_the_collector_is_calmed_and_still_at_work() -> None:
    before = gc.get_threshold()
    try:
        calm_collector()
        assert gc.isenabled()
        assert gc.get_threshold() > before
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_an_answer_that_was_cut_off_at_the_end_is_no_stack_trace(capsys: pytest.CaptureFixture[str]) -> None:
    root, server = logging.getLogger(), logging.getLogger("uvicorn.error")
    before, filters = root.handlers[:], server.filters[:]
    root.handlers.clear()
    try:
        write_logs(logging.WARNING)
        server.error(
            "Exception in ASGI application\n", exc_info=asyncio.CancelledError("graceful shutdown exceeded")
        )
        server.error("ASGI callable returned without completing response.")
        assert not capsys.readouterr().err
        server.error("Exception in ASGI application\n", exc_info=ValueError("a fault of ours"))
        assert "a fault of ours" in capsys.readouterr().err
    finally:
        root.handlers[:], server.filters[:] = before, filters


def test_a_worker_that_captures_nothing_does_without_what_captures_need(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom suffice.app.worker import Worker\nfrom suffice.config import Settings\n"
        "Worker(Settings()).discard()\n"
        "print([name for name in ('cryptography', 'suffice.proxy.captures.taking') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "[]\n"

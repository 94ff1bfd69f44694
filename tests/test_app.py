from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from suffice.app import Worker, engine_from, id_maker, recorder_from, settings_from
from suffice.proxy.asgi import Message
from suffice.types import Request


def test_ids_are_unique_sort_by_time_and_fit_a_header() -> None:
    one, other = id_maker(), id_maker()
    ids = [make() for _ in range(1000) for make in (one, other)]
    assert len(set(ids)) == 2000
    assert [one_id[:11] for one_id in ids] == sorted(one_id[:11] for one_id in ids)
    assert {len(one_id) for one_id in ids} == {30}


def test_the_defaults_need_no_file() -> None:
    settings = settings_from(None)
    assert settings.mode == "observe"
    assert {"openai", "anthropic"} <= settings.providers.keys()


def test_the_engine_knows_the_catalogs_models() -> None:
    engine = engine_from(settings_from(None))
    request = Request(
        api="chat_completions",
        provider="openai",
        model="gpt-5.4",
        body={
            "model": "gpt-5.4",
            "messages": [{"role": "user", "content": 'Is this positive or negative? "What a lovely day."'}],
        },
    )
    decision = engine.decide(request)
    assert decision.baseline == "gpt-5.4"
    assert decision.model != "gpt-5.4"
    assert decision == engine.decide(request)


def test_the_recorder_makes_its_ledger_where_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUFFICE_DATA_DIRECTORY", str(tmp_path / "kept"))
    recorder = recorder_from(settings_from(None))
    assert recorder.run_once() == 0
    assert (tmp_path / "kept" / "ledger.db").exists()


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
        "worker": os.getpid(),
        "faults": {},
        "spool_pending": 0,
    }

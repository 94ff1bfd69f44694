from __future__ import annotations

import json
import threading
import urllib.request
from pathlib import Path

from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.options import ReplayOptions
from suffice.testing.replay_upstream.serve import serve
from suffice.testing.replay_upstream.server import ReplayServer


def test_it_serves_until_told_to_stop_and_logs_every_request(answers: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    ready = threading.Event()
    started: list[tuple[str, Recording, ReplayServer]] = []

    def on_ready(url: str, recording: Recording, server: ReplayServer) -> None:
        started.append((url, recording, server))
        ready.set()

    thread = threading.Thread(target=serve, args=(answers, ReplayOptions(log=log), on_ready))
    thread.start()
    assert ready.wait(10)
    url, recording, server = started[0]
    assert len(recording) == 6
    for _ in range(2):
        with urllib.request.urlopen(f"{url}/v1/models", timeout=5) as answer:
            assert answer.status == 200
    server.should_exit = True
    thread.join(10)
    assert [json.loads(line)["path"] for line in log.read_text().splitlines()] == ["/v1/models"] * 2

"""Captures in route mode: only what was asked for answers there, so that no bake-off takes another's answer for it."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path

import route_proxy
from live import running_proxy

from recorded import HELLO
from suffice.testing import ReplayUpstream

CAPTURES = '[captures]\nenabled = true\nkey = "env:CAPTURE_KEY"\n'


def ask(port: int, **headers: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        sent = {"content-type": "application/json", "x-suffice-feature": "faq"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", "/v1/chat/completions", route_proxy.chat(HELLO), sent)
        answer = connection.getresponse()
        answer.read()
        return answer.headers["x-suffice-model"]
    finally:
        connection.close()


def test_answers_of_cheaper_models_are_not_captured(
    upstream: ReplayUpstream, tmp_path: Path, wait_for: Callable[[Callable[[], bool]], None]
) -> None:
    route_proxy.publish(tmp_path / "data", route_proxy.certified("faq"))
    config = route_proxy.config(upstream.url) + CAPTURES
    with running_proxy(tmp_path, config, environ={"CAPTURE_KEY": "ab" * 32}) as proxy:
        assert ask(proxy.port) == route_proxy.CHEAPER
        assert ask(proxy.port, x_suffice_baseline="always") == route_proxy.BASELINE
        failing = {"x_replay_fault": "500", "x_replay_fault_model": route_proxy.CHEAPER}
        assert ask(proxy.port, x_suffice_session="s", **failing) == route_proxy.BASELINE
        wait_for(lambda: proxy.health()["captures"]["written"] == 2)
        proxy.ledger(at_least=4)
        assert proxy.health()["captures"] == {"written": 2, "lost": {}}

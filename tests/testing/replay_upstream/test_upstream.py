from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import openai
import pytest

from recorded import HELLO, MODELS, TEXTS
from suffice.errors import ConfigError
from suffice.testing import ReplayOptions, ReplayUpstream, key_digest


def ask(upstream: ReplayUpstream) -> str | None:
    messages = [{"role": "user", "content": HELLO}]
    with openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="k-1", max_retries=0) as client:
        return client.chat.completions.create(model=MODELS[0], messages=messages).choices[0].message.content


def test_in_a_thread_it_keeps_bodies_and_headers(answers: Path) -> None:
    with ReplayUpstream.start(answers) as upstream:
        assert ask(upstream) == TEXTS[HELLO]
        (served,) = upstream.wait_served(1)
    assert (served.api, served.model, served.status, served.ending) == (
        "chat_completions", MODELS[0], 200, "complete",
    )  # fmt: skip
    assert HELLO.encode() in served.body
    assert ("content-type", "application/json") in served.headers
    assert served.key_digest == key_digest("k-1")


def test_in_a_process_it_logs_neither_prompt_nor_key(answers: Path, tmp_path: Path) -> None:
    log = tmp_path / "served.jsonl"
    with ReplayUpstream.start_process(answers, ReplayOptions(log=log)) as upstream:
        assert ask(upstream) == TEXTS[HELLO]
        (served,) = upstream.wait_served(1)
    assert (served.api, served.status, served.body, served.headers) == ("chat_completions", 200, b"", ())
    assert served.key_digest == key_digest("k-1")
    assert HELLO not in log.read_text()
    assert "k-1" not in log.read_text()


@pytest.mark.parametrize("start", [ReplayUpstream.start, ReplayUpstream.start_process])
def test_stopping_ends_it_and_may_be_repeated(answers: Path, start) -> None:
    upstream = start(answers)
    upstream.stop()
    upstream.stop()
    with pytest.raises(openai.APIConnectionError):
        ask(upstream)


def test_stopping_does_not_wait_for_an_answer_that_hangs(answers: Path) -> None:
    with ReplayUpstream.start(answers, ReplayOptions(latency_ms=60_000)) as upstream:
        with (
            openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="k", max_retries=0, timeout=0.2) as client,
            pytest.raises(openai.APITimeoutError),
        ):
            client.chat.completions.create(model=MODELS[0], messages=[{"role": "user", "content": HELLO}])
        assert upstream.wait_served(1)[0].ending == "client_left"
        begun = time.monotonic()
    assert time.monotonic() - begun < 5


def test_what_stops_the_start_is_told(answers: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recorded week"):
        ReplayUpstream.start(tmp_path)
    with pytest.raises(ConfigError, match="did not start: no recorded week"):
        ReplayUpstream.start_process(tmp_path)
    with pytest.raises(ValueError, match="no such fault"):
        ReplayUpstream.start(answers, ReplayOptions(fault_rates=("x=1",)))


def test_it_ends_with_whoever_started_it(answers: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from suffice.testing import ReplayUpstream; "
        "print(ReplayUpstream.start_process(Path(sys.argv[1])).url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, answers], stdout=subprocess.PIPE) as starter:
        url = starter.stdout.readline().decode().strip()
        upstream = ReplayUpstream(url, list, lambda: None)
        assert ask(upstream) == TEXTS[HELLO]
        os.kill(starter.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while True:
        try:
            ask(upstream)
        except openai.APIConnectionError:
            break
        assert time.monotonic() < deadline, "the server outlived its starter"
        time.sleep(0.05)


def test_waiting_for_what_does_not_come_ends(upstream: ReplayUpstream) -> None:
    with pytest.raises(TimeoutError, match="of 1000000"):
        upstream.wait_served(1_000_000, timeout_s=0.05)

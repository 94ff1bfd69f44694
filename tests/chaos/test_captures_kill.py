"""Workers that capture are killed under load: what was written is whole, the ledger misses nothing."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import openai
import pytest
from captured import CIPHER, KEY, captured
from live import LiveProxy, providers, running_proxy

from recorded import HELLO, LONG, TEXTS, write_answers
from suffice.app import CAPTURES
from suffice.store.captures.files import being_written, files
from suffice.store.captures.record import Unreadable, read_calls
from suffice.testing import ReplayUpstream

ON = '[captures]\nenabled = true\nkey = "env:KEY_OF_CAPTURES"\nper_bucket = 100000\n'


def load(proxy: LiveProxy, stop: threading.Event, seen: list[str]) -> None:
    prompts = (HELLO, LONG)
    with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="k", max_retries=0, timeout=20) as client:
        number = 0
        while not stop.is_set():
            number += 1
            with suppress(openai.OpenAIError):
                messages = [{"role": "user", "content": prompts[number % 2]}]
                raw = client.chat.completions.with_raw_response.create(
                    model="gpt-5.4", messages=messages, stream=number % 3 == 0
                )
                answer = raw.parse()
                if number % 3 == 0:
                    list(answer)
                seen.append(raw.headers["x-suffice-decision"])


@pytest.mark.chaos
def test_kills_leave_whole_captures_and_a_whole_ledger(tmp_path: Path) -> None:
    rng = random.Random(5)
    seen: list[str] = []
    with (
        ReplayUpstream.start(write_answers(tmp_path / "answers")) as upstream,
        running_proxy(
            tmp_path / "proxy",
            providers(upstream.url) + ON,
            workers=2,
            environ={"KEY_OF_CAPTURES": KEY.hex()},
        ) as proxy,
    ):
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(proxy, stop, seen)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(1 + rng.random())
            pids = proxy.worker_pids()
            if pids:
                os.kill(rng.choice(pids), signal.SIGKILL)
        time.sleep(1.5)
        stop.set()
        for thread in threads:
            thread.join()
        recorded = {entry.outcome.id for entry in proxy.ledger(at_least=len(seen))}
        folder = proxy.data / CAPTURES
    assert set(seen) <= recorded
    found = [one for _, path in files(folder) for one in read_calls(path, CIPHER)]
    assert not [one for one in found if isinstance(one, Unreadable)], "a cut end is no damage"
    calls = captured(folder)
    assert len(calls) > 20
    assert {call.id for call in calls} <= recorded
    assert len({call.id for call in calls}) == len(calls)
    texts = {call.response["choices"][0]["message"]["content"] for call in calls if call.response}
    assert texts == {TEXTS[HELLO], TEXTS[LONG]}
    # Of those that were killed, and of those that ended in order: nobody holds a file any more.
    assert not any(being_written(path) for _, path in files(folder))

"""A worker's captures without a server: what is drawn, what is kept, what goes wrong and is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import streams
from asks import chat, request
from captured import CIPHER, NOON_NS, captured

from suffice.config import CaptureSettings
from suffice.proxy.captures import taking
from suffice.proxy.captures.patterns import Finder
from suffice.proxy.captures.redaction import finders_of
from suffice.proxy.captures.taking import Captures
from suffice.proxy.guard import Guard
from suffice.proxy.settlement import Settlement
from suffice.store.captures.files import CaptureFiles, files
from suffice.store.captures.record import Found, read_heads
from suffice.types import ClientApi, Decision, Ending, Outcome, Request

ANSWER = b'{"choices":[{"message":{"role":"assistant","content":"By then, jo@example.com."},"finish_reason":"stop"}]}'


class Worker:
    """Captures, and what an exchange does with them."""

    def __init__(self, folder: Path, *finders: Finder, **settings: Any) -> None:
        self.folder = folder
        self.guard = Guard()
        chosen = finders or finders_of(["secrets", "personal"])
        self.captures = Captures(
            CaptureSettings(enabled=True, **settings),
            chosen,
            CaptureFiles(folder, worker="1-aa"),
            CIPHER,
            self.guard,
        )
        self.numbers = iter(range(10_000))

    def exchange(
        self,
        asked: Request | None = None,
        chunks: list[bytes] | None = None,
        *,
        status: int = 200,
        events: bool = False,
        ending: Ending = "complete",
        bucket: str | None = "tickets",
    ) -> bool:
        """Returns whether the call was drawn."""
        asked = msgspec.structs.replace(asked or chat("Write to jo@example.com"), received_ns=NOON_NS)
        body = json.dumps(asked.body).encode()
        settlement = Settlement(
            decision_id=f"id-{next(self.numbers):06d}",
            received_ns=NOON_NS,
            elapsed_us=lambda: 2500,
            record=lambda *_: None,
            guard=self.guard,
        )
        settlement.status, settlement.api = status, asked.api
        settlement.requested_model = asked.model
        if bucket is not None:
            settlement.decision = Decision(baseline="m", model="m", reason="r", bucket=bucket)
        capture = self.captures.offer(asked, len(body), settlement)
        if capture is None:
            return False
        capture.events = events
        for chunk in [ANSWER] if chunks is None else chunks:
            capture.take(chunk)
        settlement.settle(ending)
        self.captures.keep(capture, settlement.outcome)
        return True


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path / "captures")
    yield worker
    worker.captures.close()


def test_a_call_is_kept_redacted_and_whole(worker: Worker) -> None:
    assert worker.exchange()
    worker.captures.close()
    (call,) = captured(worker.folder)
    assert call.request["messages"] == [{"role": "user", "content": "Write to [EMAIL_1]"}]
    assert call.response is not None
    assert call.response["choices"][0]["message"]["content"] == "By then, [EMAIL_1]."
    assert (call.id, call.source, call.model, call.received_ns) == (
        "id-000000",
        "captures",
        "gpt-5.4",
        NOON_NS,
    )
    assert (call.status, call.duration_ms) == (200, 2.5)
    ((_, path),) = files(worker.folder)
    (head,) = [one.head for one in read_heads(path, CIPHER) if isinstance(one, Found)]
    assert (head.bucket, head.reservoir, head.keep) == ("tickets", "tickets", 100)
    assert worker.captures.state() == {"written": 1, "lost": {}}
    assert worker.guard.faults == {}


@pytest.mark.parametrize(
    ("api", "stream"),
    [
        ("chat_completions", streams.chat(usage_asked=True)),
        ("messages", streams.messages()),
        ("responses", streams.responses()),
    ],
)
def test_a_stream_is_kept_as_a_whole_answer(worker: Worker, api: ClientApi, stream: bytes) -> None:
    chunks = [stream[at : at + 37] for at in range(0, len(stream), 37)]
    assert worker.exchange(request({"stream": True}, api=api), chunks, events=True)
    worker.captures.close()
    (call,) = captured(worker.folder)
    assert call.api == api
    assert call.response is not None
    assert call.response["model"]


def test_without_a_decision_the_tag_is_the_bucket(worker: Worker) -> None:
    assert worker.exchange(msgspec.structs.replace(chat("Hi"), feature="letters"), bucket=None)
    worker.captures.close()
    ((_, path),) = files(worker.folder)
    (found,) = read_heads(path, CIPHER)
    assert isinstance(found, Found)
    assert found.head.bucket == "letters"


def test_what_failed_and_what_is_no_text_is_not_drawn(worker: Worker) -> None:
    assert not worker.exchange(status=429)
    assert not worker.exchange(status=500)
    assert not worker.exchange(request({"input": "x"}, api="embeddings"))
    assert not worker.exchange(request({}, api="passthrough"))
    assert worker.captures.state() == {"written": 0, "lost": {}}


@pytest.mark.parametrize("ending", ["client_left", "upstream_broke", "internal_fault"])
def test_what_did_not_come_to_its_end_is_not_kept(worker: Worker, ending: Ending) -> None:
    assert worker.exchange(ending=ending)
    worker.captures.close()
    assert worker.captures.state() == {"written": 0, "lost": {"broke_off": 1}}
    assert files(worker.folder) == []


def test_an_answer_that_is_none_is_not_kept(worker: Worker) -> None:
    worker.exchange(chunks=[b"<html>"])
    worker.exchange(chunks=[b"data: {}\n\n"], events=True)
    worker.captures.close()
    assert worker.captures.state() == {"written": 0, "lost": {"no_answer": 2}}


def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    worker = Worker(tmp_path, max_body_kib=1)
    assert not worker.exchange(chat("x" * 1100))
    assert worker.exchange(chunks=[b'{"a":"' + b"x" * 1100 + b'"}'])
    assert worker.exchange(chunks=[b"x" * 20_000])
    assert worker.exchange()
    worker.captures.close()
    assert worker.captures.state() == {"written": 1, "lost": {"too_large": 3}}


def test_no_more_are_under_way_than_there_is_room_for(worker: Worker) -> None:
    held = []
    for number in range(taking.MAX_UNDER_WAY + 3):
        settlement = Settlement(
            decision_id=f"held-{number}",
            received_ns=NOON_NS,
            elapsed_us=lambda: 1,
            record=lambda *_: None,
            guard=worker.guard,
        )
        settlement.status = 200
        held.append(
            worker.captures.offer(msgspec.structs.replace(chat("Hi"), received_ns=NOON_NS), 10, settlement)
        )
    assert sum(one is None for one in held) == 3
    assert worker.captures.lost == {"no_room": 3}
    for one in held:
        if one is not None:
            worker.captures.keep(one, None)
    assert worker.exchange()


def test_a_finder_that_throws_loses_its_call_and_is_counted(tmp_path: Path) -> None:
    def broken(text: str) -> list[tuple[int, int, str]]:
        if "jo@" in text:
            raise ValueError(text)
        return []

    worker = Worker(tmp_path, broken)
    for asked in (None, chat("Hello"), None):
        assert worker.exchange(asked, [b'{"choices":[]}'])
    worker.captures.close()
    assert worker.guard.faults == {"capture": 2}
    assert [call.request["messages"][0]["content"] for call in captured(tmp_path)] == ["Hello"]


def test_a_folder_that_cannot_be_written_is_counted(tmp_path: Path) -> None:
    (tmp_path / "captures").write_text("a file is in the way")
    worker = Worker(tmp_path / "captures")
    worker.exchange()
    worker.captures.close()
    assert worker.guard.faults == {"capture": 1}
    assert worker.captures.written == 0


def test_no_more_of_a_bucket_are_kept_than_its_sample_needs(tmp_path: Path) -> None:
    worker = Worker(tmp_path, per_bucket=1, share=0.5)
    drawn = sum(worker.exchange() for _ in range(200))
    worker.captures.close()
    assert 1 <= drawn == worker.captures.written <= 20


def test_an_outcome_is_taken_as_it_was_settled(worker: Worker) -> None:
    outcomes: list[Outcome] = []
    settlement = Settlement(
        decision_id="id",
        received_ns=1,
        elapsed_us=lambda: 1,
        record=lambda outcome, _: outcomes.append(outcome),
        guard=worker.guard,
    )
    settlement.settle("complete")
    settlement.settle("client_left")
    assert [settlement.outcome] == outcomes

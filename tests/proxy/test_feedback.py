from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from captured import CIPHER

from suffice.config import Secret
from suffice.errors import RequestError, StoreError
from suffice.proxy.feedback import MAX_BYTES, FeedbackDesk, feedback_of
from suffice.store.guard import Feedback

ID = "0" * 30


def read(**said: Any) -> list[Feedback]:
    return feedback_of(json.dumps({"decision": ID, **said}).encode(), at_ns=7)


def test_thumbs_scores_and_corrections() -> None:
    found = read(thumbs="down", score=1, corrected={"label": "spam"})
    assert [(one.kind, one.value) for one in found] == [("thumbs", 0.0), ("score", 1.0), ("corrected", None)]
    assert {one.at_ns for one in found} == {7}


def test_a_correction_is_kept_only_where_it_can_be_sealed() -> None:
    assert read(corrected="better")[0].sealed is None
    body = json.dumps({"decision": ID, "corrected": "better"}).encode()
    (found,) = feedback_of(body, at_ns=7, cipher=CIPHER)
    assert found.sealed is not None
    assert b"better" not in found.sealed
    assert CIPHER.open(found.sealed, bound_to=ID.encode()) == b'"better"'


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"no json", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "must be a JSON object"),
        (b"{}", "30 hexadecimal digits"),
        (b'{"decision": 5, "thumbs": "up"}', "30 hexadecimal digits"),
        (b'{"decision": "../../etc", "thumbs": "up"}', "30 hexadecimal digits"),
        (json.dumps({"decision": ID}).encode(), "say something"),
        (json.dumps({"decision": ID, "corrected": None}).encode(), "say something"),
        (json.dumps({"decision": ID, "thumbs": "sideways"}).encode(), '"up" or "down"'),
        (json.dumps({"decision": ID, "thumbs": ["up"]}).encode(), '"up" or "down"'),
        (json.dumps({"decision": ID, "score": 1.5}).encode(), "from 0 to 1"),
        (json.dumps({"decision": ID, "score": True}).encode(), "from 0 to 1"),
        (json.dumps({"decision": ID, "score": "1"}).encode(), "from 0 to 1"),
        (json.dumps({"decision": ID, "rating": 1}).encode(), "there is no 'rating'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(body: bytes, says: str) -> None:
    with pytest.raises(RequestError, match=says) as refused:
        feedback_of(body, at_ns=0)
    assert refused.value.status == 400


class Desk:
    """A desk, and what a client gets from it."""

    def __init__(self, token: str | None = None, *, full: bool = False) -> None:
        self.kept: list[Feedback] = []
        self._full = full
        self._desk = FeedbackDesk(None if token is None else Secret(token), None, self._note, lambda: 1)

    def _note(self, one: Feedback) -> None:
        if self._full:
            raise StoreError("the disk is full", code="spool_failed")
        self.kept.append(one)

    def send(self, body: bytes, *, method: str = "POST", **headers: str) -> tuple[int, dict[str, Any]]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        asyncio.run(self._desk.serve({"method": method, "headers": raw}, receive, send))
        return sent[0]["status"], json.loads(sent[1]["body"])


GOOD = json.dumps({"decision": ID, "thumbs": "up"}).encode()


def test_what_is_accepted_is_kept_before_it_is_answered() -> None:
    desk = Desk()
    assert desk.send(GOOD) == (202, {"decision": ID, "accepted": ["thumbs"]})
    assert [one.decision for one in desk.kept] == [ID]


def test_other_methods_and_large_bodies_are_refused() -> None:
    desk = Desk()
    assert desk.send(GOOD, method="GET")[0] == 405
    assert desk.send(b" " * (MAX_BYTES + 1))[0] == 413
    assert not desk.kept


def test_the_access_token_is_asked_for() -> None:
    desk = Desk("t-1")
    assert desk.send(GOOD)[0] == 401
    assert desk.send(GOOD, x_suffice_token="t-1")[0] == 202
    assert desk.send(GOOD, authorization="Bearer t-1")[0] == 202


def test_what_could_not_be_kept_is_told() -> None:
    status, said = Desk(full=True).send(GOOD)
    assert status == 503
    assert "Send it again" in said["error"]["message"]

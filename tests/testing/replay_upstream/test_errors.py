from __future__ import annotations

import json

import pytest

from suffice.testing.replay_upstream.errors import error_body, error_event, error_reply


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (404, "not_found_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (529, "overloaded_error"),
    ],
)
def test_anthropics_shape(status: int, kind: str) -> None:
    reply = error_reply("messages", status)
    body = json.loads(reply.body)
    assert (reply.status, body["type"], body["error"]["type"]) == (status, "error", kind)
    assert body["request_id"] == dict(reply.headers)[b"request-id"].decode()


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", None),
        (429, "requests", "rate_limit_exceeded"),
        (503, "server_error", None),
    ],
)
def test_openais_shape(status: int, kind: str, code: str | None) -> None:
    error = json.loads(error_reply("chat_completions", status).body)["error"]
    assert (error["type"], error["code"], error["param"]) == (kind, code, None)
    assert error["message"]


def test_a_rate_limit_says_when_to_come_back() -> None:
    headers = dict(error_reply("responses", 429).headers)
    assert int(headers[b"retry-after-ms"]) < 1000
    assert (headers[b"retry-after"], headers[b"x-should-retry"]) == (b"1", b"true")
    assert b"x-should-retry" not in dict(error_reply("responses", 400).headers)


def test_message_and_code_may_be_given() -> None:
    error = json.loads(error_body("chat_completions", 404, "No such model.", code="model_not_found"))["error"]
    assert (error["message"], error["code"]) == ("No such model.", "model_not_found")


@pytest.mark.parametrize("api", ["chat_completions", "responses", "messages"])
def test_an_error_in_a_stream_is_one_event(api: str) -> None:
    event = error_event(api)
    assert event.endswith(b"\n\n")
    assert event.count(b"\n\n") == 1
    said = json.loads(event.rpartition(b"data: ")[2])
    assert "error" in (said, said.get("type"), *said)

from __future__ import annotations

import json

import msgspec
import pytest

from suffice.testing.replay_player.check import failure_of, message_of
from suffice.testing.replay_upstream import chat_completions, messages, responses
from suffice.testing.replay_upstream.answers import Answer
from suffice.testing.replay_upstream.ask import Ask

RENDERED = {"chat": chat_completions, "responses": responses, "messages": messages}


@pytest.mark.parametrize("api", RENDERED)
def test_good_answers_pass(api: str, text_answer: Answer, tool_answer: Answer) -> None:
    for answer in (text_answer, tool_answer):
        body = RENDERED[api].body(answer, Ask({}))
        stream = b"".join(RENDERED[api].events(answer, Ask({"stream": True})))
        assert failure_of(api, 200, body, stream=False) is None
        assert failure_of(api, 200, stream, stream=True) is None


@pytest.mark.parametrize("api", RENDERED)
def test_a_stream_cut_anywhere_fails(api: str, text_answer: Answer) -> None:
    stream = b"".join(RENDERED[api].events(text_answer, Ask({"stream": True})))
    for cut in range(len(stream)):
        assert failure_of(api, 200, stream[:cut], stream=True) == "stream broke off"


@pytest.mark.parametrize("api", RENDERED)
def test_an_answer_may_speak_of_data(api: str, text_answer: Answer) -> None:
    answer = msgspec.structs.replace(
        text_answer, text="It holds the following data: 1, 2.\ndata: 3\n\ndata: 4"
    )
    stream = b"".join(RENDERED[api].events(answer, Ask({"stream": True})))
    assert failure_of(api, 200, stream, stream=True) is None


def test_what_is_wrong_is_named(text_answer: Answer) -> None:
    events = list(chat_completions.events(text_answer, Ask({"stream": True})))
    events[1] = b"data: {broken\n\n"
    assert failure_of("chat", 200, b"".join(events), stream=True) == "event is not JSON"
    assert failure_of("chat", 429, b"{}", stream=True) == "status 429"
    assert failure_of("chat", 200, b"{", stream=False) == "body is not JSON"
    assert failure_of("chat", 200, b"[]", stream=False) == "body without choices"
    assert failure_of("messages", 200, b'{"content": []}', stream=False) == "body without content"


def test_an_errors_words_are_found() -> None:
    assert message_of(json.dumps({"error": {"message": "Too\n many"}}).encode()) == "Too many"
    assert message_of(b"plain \xff text") == "plain \ufffd text"
    assert message_of(b'{"error": "none"}') == '{"error": "none"}'
    assert len(message_of(b"x" * 999)) == 200

from __future__ import annotations

import json
from typing import Any

import pytest

from recorded import HELLO, MODELS, TEXTS
from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.library import API_OF_PATH, Library
from suffice.testing.replay_upstream.reply import Reply

MESSAGES = [{"role": "user", "content": HELLO}]


@pytest.fixture
def library(recording: Recording) -> Library:
    return Library(recording)


def ask(library: Library, api: str, **body: Any) -> tuple[Reply, dict[str, Any]]:
    reply = library.answer(api, json.dumps(body).encode())
    return reply, json.loads(reply.body or b"{}")


@pytest.mark.parametrize("model", MODELS)
def test_a_prompt_is_answered_by_every_model_over_every_api(library: Library, model: str) -> None:
    _, chat = ask(library, "chat_completions", model=model, messages=MESSAGES)
    _, response = ask(library, "responses", model=model, input=HELLO)
    _, message = ask(library, "messages", model=model, max_tokens=9, messages=MESSAGES)
    assert chat["choices"][0]["message"]["content"] == TEXTS[HELLO]
    assert response["output"][0]["content"][0]["text"] == TEXTS[HELLO]
    assert message["content"][0]["text"] == TEXTS[HELLO]
    assert chat["model"] == response["model"] == message["model"] == model


def test_the_same_request_gets_the_same_bytes(library: Library) -> None:
    first, _ = ask(library, "chat_completions", model=MODELS[0], messages=MESSAGES, stream=True)
    again, _ = ask(library, "chat_completions", model=MODELS[0], messages=MESSAGES, stream=True)
    assert first.events == again.events != ()
    assert first.headers == again.headers


@pytest.mark.parametrize("api", ["chat_completions", "responses", "messages"])
def test_an_unknown_prompt_and_an_unknown_model_are_told_apart(library: Library, api: str) -> None:
    prompt = {"input": "?"} if api == "responses" else {"messages": [{"role": "user", "content": "?"}]}
    known = {"input": HELLO} if api == "responses" else {"messages": MESSAGES}
    reply, body = ask(library, api, model=MODELS[0], max_tokens=9, **prompt)
    assert (reply.status, reply.model) == (404, MODELS[0])
    assert "not among the recorded" in body["error"]["message"]
    reply, body = ask(library, api, model="gpt-1", max_tokens=9, **known)
    assert reply.status == 404
    assert "gpt-1" in body["error"]["message"]
    if api != "messages":
        assert body["error"]["code"] == "model_not_found"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"model": 7}', b'{"model": ""}', b"[" * 100_000, b'{"a":' * 50_000,
     b'{"model":"m","messages":"x"}', b'{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}'],
    ids=range(11),
)  # fmt: skip
@pytest.mark.parametrize("api", sorted(API_OF_PATH.values()))
def test_what_is_no_request_is_a_400_in_the_apis_shape(library: Library, api: str, raw: bytes) -> None:
    reply = library.answer(api, raw)
    body = json.loads(reply.body)
    assert reply.status == 400
    assert body["error"]["type"] == "invalid_request_error"
    assert body.get("type", "error") == "error"


def test_messages_need_max_tokens(library: Library) -> None:
    reply, body = ask(library, "messages", model=MODELS[0], messages=MESSAGES)
    assert (reply.status, body["error"]["message"]) == (400, "max_tokens: Field required")


def test_models_are_listed_in_each_providers_shape(library: Library) -> None:
    openai, anthropic = (json.loads(library.models(api).body) for api in ("other", "messages"))
    assert (
        {model["id"] for model in openai["data"]}
        == {model["id"] for model in anthropic["data"]}
        == set(MODELS)
    )
    assert (openai["object"], anthropic["has_more"]) == ("list", False)
    assert json.loads(library.model("other", MODELS[0]).body)["id"] == MODELS[0]
    assert library.model("messages", "gpt-1").status == 404


def test_a_recording_without_answers_lists_no_model() -> None:
    assert json.loads(Library(Recording({}, {})).models("messages").body)["data"] == []


def test_embeddings_need_no_recording(library: Library) -> None:
    reply, body = ask(library, "embeddings", model="text-embedding-3-small", input="anything")
    assert (reply.status, len(body["data"])) == (200, 1)

"""An answer under another name: only the name changes, however the bytes of it fall."""

from __future__ import annotations

import json

import pytest
import streams
from hypothesis import given
from hypothesis import strategies as st

from suffice.proxy.naming import Naming
from suffice.types import ClientApi

STREAMS: dict[ClientApi, bytes] = {
    "chat_completions": streams.chat(usage_asked=True),
    "responses": streams.responses(),
    "messages": streams.messages(),
}


def events_of(stream: bytes) -> list[bytes]:
    return [event + b"\n\n" for event in stream.split(b"\n\n") if event]


def models_of(stream: bytes) -> set[str]:
    found = set()
    for event in events_of(stream):
        data = event.partition(b"data: ")[2]
        if data.startswith(b"{"):
            body = json.loads(data)
            for part in (body, body.get("message", {}), body.get("response", {})):
                if isinstance(part, dict) and "model" in part:
                    found.add(part["model"])
    return found


@pytest.mark.parametrize("api", STREAMS)
@pytest.mark.parametrize("together", [1, 2, 50])
def test_a_stream_names_the_model_that_was_asked_for(api: ClientApi, together: int) -> None:
    stream = STREAMS[api]
    (served,) = models_of(stream)
    naming, events = Naming(api, "asked-for"), events_of(stream)
    chunks = [b"".join(events[start : start + together]) for start in range(0, len(events), together)]
    named = b"".join(naming.events(chunk) for chunk in chunks)
    assert models_of(named) == {"asked-for"}
    assert named.replace(b"asked-for", served.encode()) == stream


@given(text=st.text(), name=st.text(min_size=1, max_size=30))
def test_what_a_model_wrote_is_never_touched(text: str, name: str) -> None:
    said = f'{text} "model":"small" {text}'
    chunk = {"model": "small", "choices": [{"delta": {"content": said}}]}
    event = b"data: " + json.dumps(chunk).encode() + b"\n\n"
    read = json.loads(Naming("chat_completions", name).events(event)[6:])
    assert read == {**chunk, "model": name}


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"x","model":"small","usage":{}}',
        b' {\n "model" : "small",\n "n": 1.50 }\n',
        b'{"input":{"model":"small"},"model":"small"}',
    ],
)
def test_a_whole_answer_changes_its_own_name_alone(body: bytes) -> None:
    named = Naming("messages", "big").whole(body)
    assert json.loads(named) == {**json.loads(body), "model": "big"}
    assert len(named) == len(body) - 2


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error":{"message":"no"}}'])
def test_an_answer_that_names_none_stays_as_it_is(body: bytes) -> None:
    assert Naming("chat_completions", "big").whole(body) == body
    assert Naming("chat_completions", "big").events(body) == body

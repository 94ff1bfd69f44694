from __future__ import annotations

import json

import pytest
from streams import chat

from suffice.proxy.sse import EventSplitter
from suffice.proxy.transcript import Transcript, Verdict
from suffice.proxy.wire import chat_completions, only_deltas
from suffice.upstream.framing import framed


def relay(chunks: list[bytes], *, asked: bool) -> tuple[bytes, Transcript, int]:
    """What the client gets, what was seen, and how many events were the last."""
    splitter, transcript = EventSplitter(), Transcript("chat_completions")
    out, last = [], 0
    for chunk in chunks:
        for event in splitter.feed(chunk):
            verdict, forwarded = chat_completions.see(event, transcript, asked)
            last += verdict is Verdict.LAST
            out.append(forwarded)
    return b"".join(out) + splitter.rest(), transcript, last


def test_a_stream_with_usage_is_forwarded_as_it_is_wherever_it_is_cut() -> None:
    stream = chat(usage_asked=True)
    for at in range(len(stream) + 1):
        out, transcript, last = relay([stream[:at], stream[at:]], asked=False)
        usage = transcript.settled_usage(None, streamed=True)
        assert out == stream
        assert last == 1
        assert usage is not None
        assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (20, 9, 8)
        assert usage.source == "reported"
        assert transcript.model == "gpt-5.4-2026-03-05"
        assert usage.service_tier == "default"


def test_usage_that_only_suffice_asked_for_leaves_no_trace_wherever_the_stream_is_cut() -> None:
    upstream, unasked = chat(usage_asked=True), chat(usage_asked=False)
    for at in range(len(upstream) + 1):
        out, transcript, _ = relay([upstream[:at], upstream[at:]], asked=True)
        assert out == unasked
        usage = transcript.settled_usage(None, streamed=True)
        assert usage is not None
        assert usage.output_tokens == 9


def test_a_stream_without_usage_is_estimated_and_marked() -> None:
    _, transcript, _ = relay([chat(usage_asked=False)], asked=False)
    usage = transcript.settled_usage(17, streamed=True)
    assert usage is not None
    assert usage.source == "estimated"
    assert usage.input_tokens == 17
    assert 8 <= usage.output_tokens <= 25


def test_a_stream_cut_at_every_byte_settles_with_what_was_generated() -> None:
    stream = chat(usage_asked=True)
    before = 0
    for at in range(len(stream)):
        _, transcript, _ = relay([stream[:at]], asked=False)
        usage = transcript.settled_usage(17, streamed=True)
        assert usage is not None
        assert usage.source == ("reported" if usage.cache_read_tokens else "estimated")
        if usage.source == "estimated":
            assert usage.output_tokens >= before - 1
            before = usage.output_tokens


@pytest.mark.parametrize(
    ("sent", "options"),
    [
        ({"model": "m", "stream": True}, {"include_usage": True}),
        ({"model": "m", "stream": True, "stream_options": None}, {"include_usage": True}),
        (
            {"model": "m", "stream": True, "stream_options": {"include_obfuscation": False}},
            {"include_obfuscation": False, "include_usage": True},
        ),
        ({"model": "m", "stream": True, "stream_options": {"include_usage": False}}, {"include_usage": True}),
    ],
)
def test_usage_is_asked_for_where_the_client_did_not(sent: dict[str, object], options: object) -> None:
    patched = chat_completions.ask_for_usage(json.dumps(sent).encode() + b" \n", sent)
    assert patched is not None
    assert json.loads(patched) == {**sent, "stream_options": options}


def test_the_clients_own_bytes_stay_when_usage_is_asked_for() -> None:
    body = b'{ "stream":true,\n "n": 1.0, "seed": 12345678901234567890, "x":"\\u00e9" }'
    patched = chat_completions.ask_for_usage(body, json.loads(body))
    assert patched is not None
    assert patched.startswith(body[:-1])


@pytest.mark.parametrize(
    "sent",
    [
        {"model": "m"},
        {"stream": False},
        {"stream": "yes"},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream": True, "stream_options": "nonsense"},
    ],
)
def test_nothing_is_asked_where_it_was_asked_or_makes_no_sense(sent: dict[str, object]) -> None:
    assert chat_completions.ask_for_usage(json.dumps(sent).encode(), sent) is None


def test_a_chunk_that_is_no_json_is_forwarded() -> None:
    out, transcript, last = relay([b"data: {oops\n\n", b": ping\n\n", b"data: [DONE]\n\n"], asked=True)
    assert out == b"data: {oops\n\n: ping\n\ndata: [DONE]\n\n"
    assert last == 1
    assert transcript.model is None


DELTA = b'data: {"choices":[{"delta":{"content":"a word"}}]}\n\n'
NULL = b'data: {"choices":[],"usage":null}\n\n'
ODD = b'data: {"choices":[],"usage":null,"obfuscation":"xy"}\n\n'
USED = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
SPACED = b'data: {"choices": [], "usage": {"prompt_tokens": 1}}\n\n'
DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize("plain", [[DELTA], [NULL], [ODD], [DELTA, NULL], [NULL, DELTA], [ODD, ODD]])
@pytest.mark.parametrize("seen", [None, USED, SPACED, DONE])
def test_what_has_to_be_seen_is_found_wherever_it_stands_framed_or_not(
    plain: list[bytes], seen: bytes | None
) -> None:
    chunk = b"".join(plain)
    for body in [chunk, framed(chunk)]:
        assert only_deltas(chat_completions, body)
    for at in range(len(plain) + 1) if seen is not None else ():
        chunk = b"".join([*plain[:at], seen, *plain[at:]])
        assert not only_deltas(chat_completions, chunk)
        assert not only_deltas(chat_completions, framed(chunk))

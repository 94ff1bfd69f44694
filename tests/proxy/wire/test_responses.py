from __future__ import annotations

from streams import responses as stream_of

from suffice.proxy.sse import EventSplitter
from suffice.proxy.transcript import Transcript, Verdict
from suffice.proxy.wire import only_deltas, responses
from suffice.upstream.framing import framed


def relay(chunks: list[bytes]) -> tuple[bytes, Transcript, int]:
    splitter, transcript = EventSplitter(), Transcript("responses")
    out, last = [], 0
    for chunk in chunks:
        for event in splitter.feed(chunk):
            verdict, forwarded = responses.see(event, transcript, False)
            last += verdict is Verdict.LAST
            out.append(forwarded)
    return b"".join(out) + splitter.rest(), transcript, last


def test_a_stream_is_forwarded_as_it_is_and_read_wherever_it_is_cut() -> None:
    stream = stream_of()
    for at in range(len(stream) + 1):
        out, transcript, last = relay([stream[:at], stream[at:]])
        usage = transcript.settled_usage(None, streamed=True)
        assert out == stream
        assert last == 1
        assert usage is not None
        assert (usage.input_tokens, usage.cache_read_tokens) == (30, 10)
        assert (usage.output_tokens, usage.reasoning_tokens) == (12, 4)
        assert transcript.model == "gpt-5.4-mini-2026-03-17"


def test_a_stream_cut_at_every_byte_before_its_last_event_is_estimated() -> None:
    stream = stream_of()
    for at in range(stream.rindex(b"event: response.completed")):
        _, transcript, last = relay([stream[:at]])
        usage = transcript.settled_usage(31, streamed=True)
        assert last == 0
        assert usage is not None
        assert (usage.source, usage.input_tokens) == ("estimated", 31)
        assert usage.output_tokens <= 10


def test_nothing_has_to_be_asked_for() -> None:
    assert responses.ask_for_usage(b'{"stream":true}', {"stream": True}) is None


def test_deltas_pass_framed_or_not_and_what_has_to_be_seen_does_not_wherever_it_stands() -> None:
    events = [event + b"\n\n" for event in stream_of().split(b"\n\n")[:-1]]
    deltas = [event for event in events if b"delta\n" in event and b"message_delta" not in event]
    others = [event for event in events if b"response.c" in event]
    assert deltas
    assert len(others) == 2
    for delta in deltas:
        for body in [delta, framed(delta)]:
            assert only_deltas(responses, body)
        for other in others:
            for chunk in [delta + other, other + delta]:
                assert not only_deltas(responses, chunk)
                assert not only_deltas(responses, framed(chunk))

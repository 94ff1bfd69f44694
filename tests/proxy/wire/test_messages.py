from __future__ import annotations

from streams import messages as stream_of

from suffice.proxy.sse import EventSplitter
from suffice.proxy.transcript import Transcript, Verdict
from suffice.proxy.wire import messages, only_deltas
from suffice.upstream.framing import framed


def relay(chunks: list[bytes]) -> tuple[bytes, Transcript, int]:
    splitter, transcript = EventSplitter(), Transcript("messages")
    out, last = [], 0
    for chunk in chunks:
        for event in splitter.feed(chunk):
            verdict, forwarded = messages.see(event, transcript, False)
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
        assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (161, 100, 50)
        assert (usage.output_tokens, usage.source) == (15, "reported")
        assert transcript.model == "claude-haiku-4-5-20251001"


def test_a_cut_stream_keeps_the_reported_input_and_estimates_the_output() -> None:
    stream = stream_of()
    after_start = stream.index(b"event: content_block_start")
    before_delta = stream.index(b"event: message_delta")
    for at in range(after_start, before_delta):
        _, transcript, last = relay([stream[:at]])
        usage = transcript.settled_usage(9, streamed=True)
        assert last == 0
        assert usage is not None
        assert usage.source == "estimated"
        assert (usage.input_tokens, usage.cache_read_tokens) == (161, 100)
        assert usage.output_tokens <= 12


def test_nothing_has_to_be_asked_for() -> None:
    assert messages.ask_for_usage(b'{"stream":true}', {"stream": True}) is None


def test_deltas_pass_framed_or_not_and_what_has_to_be_seen_does_not_wherever_it_stands() -> None:
    events = [event + b"\n\n" for event in stream_of().split(b"\n\n")[:-1]]
    deltas = [event for event in events if b"delta\n" in event and b"message_delta" not in event]
    others = [event for event in events if b"message_" in event]
    assert deltas
    assert len(others) == 3
    for delta in deltas:
        for body in [delta, framed(delta)]:
            assert only_deltas(messages, body)
        for other in others:
            for chunk in [delta + other, other + delta]:
                assert not only_deltas(messages, chunk)
                assert not only_deltas(messages, framed(chunk))

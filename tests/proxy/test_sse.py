from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.proxy.sse import EventSplitter, data_of

ENDS = (b"\n", b"\r\n", b"\r")


def split(chunks: list[bytes]) -> tuple[list[bytes], bytes]:
    splitter = EventSplitter()
    events = [event for chunk in chunks for event in splitter.feed(chunk)]
    return events, splitter.rest()


@pytest.mark.parametrize("end", ENDS)
def test_each_line_ending_closes_an_event_wherever_the_stream_is_cut(end: bytes) -> None:
    stream = b"data: one" + end + end + b"event: x" + end + b"data: two" + end + end + b"data: unfinished"
    # A final CR may be half of a CRLF: only the whole-stream reading fixes what the events are.
    whole = [data_of(event) for event in split([stream])[0]]
    assert whole == [b"one", b"two"]
    for at in range(len(stream) + 1):
        events, rest = split([stream[:at], stream[at:]])
        assert [data_of(event) for event in events if data_of(event)] == whole
        assert b"".join(events) + rest == stream


@given(st.lists(st.binary(max_size=12) | st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"data: x\n\n"])))
def test_every_byte_that_goes_in_comes_out_in_order(chunks: list[bytes]) -> None:
    events, rest = split(chunks)
    assert b"".join(events) + rest == b"".join(chunks)


def test_an_event_beyond_the_bound_is_handed_out_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suffice.proxy.sse.MAX_EVENT_BYTES", 10)
    events, rest = split([b"data: 0123456789", b"ab\n\n"])
    assert events == [b"data: 0123456789", b"ab\n\n"]
    assert rest == b""


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: {}\n\n", b"{}"),
        (b"data:{}\n\n", b"{}"),
        (b"event: x\r\ndata: a\r\ndata: b\r\n\r\n", b"a\nb"),
        (b": comment\n\n", b""),
        (b"event: ping\n\n", b""),
        (b"\ndata: [DONE]\n\n", b"[DONE]"),
    ],
)
def test_data_of_joins_an_events_data_lines(event: bytes, data: bytes) -> None:
    assert data_of(event) == data

"""Responses relayed chunk by chunk, cut wherever a network may cut them: same bytes, one settlement, before the end."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any, TypeVar

import pytest
import streams
from provider_calls import Call, Framed

from suffice.errors import UpstreamError
from suffice.proxy.guard import Guard
from suffice.proxy.headers import Headers
from suffice.proxy.response import MeteredResponse
from suffice.proxy.settlement import Settlement
from suffice.proxy.transcript import MAX_KEPT_BYTES
from suffice.types import ClientApi, Outcome
from suffice.upstream.framing import framed

T = TypeVar("T")

EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8")]
JSON = [(b"content-type", b"application/json")]
ANSWER = json.dumps(
    {"model": "m-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
).encode()

STREAMS: dict[ClientApi, bytes] = {
    "chat_completions": streams.chat(usage_asked=True),
    "responses": streams.responses(),
    "messages": streams.messages(),
}
LAST = {
    "chat_completions": b"[DONE]\n\n",
    "responses": b'"total_tokens":42}}}\n\n',
    "messages": b'"message_stop"}\n\n',
}


class Client:
    """The server's view of a relay's client, as frames need it."""

    def __init__(self, relay: Relay) -> None:
        self.flow = self.transport = self
        self.disconnected = False
        self.write = relay.forward
        self._relay = relay

    @property
    def write_paused(self) -> bool:
        return self._relay.full


class Relay:
    """Relays one response; keeps what the client got, and how much of it before the outcome was safe.

    It stands for the reply to the client too. A slow client takes no more after each part until it has drained.
    """

    def __init__(
        self, call: Call, api: ClientApi, *, asked: bool = False, stream: bool = True, slow: bool = False
    ) -> None:
        self.body = b""
        self.before_settled = b""
        self.status = 0
        self.headers: Headers = []
        self.slow = slow
        self.full = False
        self.ended = False
        self.outcomes: list[Outcome] = []
        self.guard = Guard()
        self.settlement = Settlement(
            decision_id="id",
            received_ns=0,
            elapsed_us=lambda: 1,
            record=lambda outcome, _decision: self.outcomes.append(outcome),
            guard=self.guard,
        )
        self.settlement.api = api
        self.settlement.stream = stream
        self.call = call
        self.response = MeteredResponse(call, self, self.settlement, self.guard, asked=asked)
        self.takes_frames = True
        self.forwarded = 0
        self.cycle = Client(self)

    def start(self, status: int, lines: bytes, length: int | None = None) -> None:
        self.status, self.headers = status, [line.partition(b": ")[::2] for line in lines.split(b"\r\n")[:-1]]
        assert length is None or (b"content-length", b"%d" % length) in self.headers

    def whole(self, status: int, lines: bytes, body: bytes) -> None:
        self.start(status, lines)
        self.end(body)

    def write(self, body: bytes) -> bool:
        assert self.status
        assert not self.full, "the client takes no more for now"
        self.body += body
        if not self.settlement.settled:
            self.before_settled = self.body
        self.full = self.slow
        return not self.full

    def forward(self, frames: bytes) -> None:
        self.forwarded += 1
        body = b""
        while frames:
            head, _, rest = frames.partition(b"\r\n")
            size = int(head, 16)
            assert rest[size : size + 2] == b"\r\n"
            body, frames = body + rest[:size], rest[size + 2 :]
        self.write(body)

    async def drained(self) -> None:
        await asyncio.sleep(0)
        self.full = False

    def end(self, body: bytes) -> None:
        self.full = False
        self.write(body)
        self.ended = True

    def run(self, *, whole: bool = False) -> Relay:
        ours = b"x-suffice-decision: id\r\n"

        async def relay() -> None:
            if whole:
                self.response.relay_whole(await self.call.whole(), ours)
            else:
                await self.response.relay(ours)

        asyncio.run(relay())
        return self


@pytest.mark.parametrize("api", STREAMS)
def test_a_stream_cut_at_every_byte_is_relayed_as_it_is_and_settled_before_its_end(api: ClientApi) -> None:
    stream = STREAMS[api]
    for at in range(len(stream) + 1):
        relay = Relay(Call([stream[:at], stream[at:]], EVENTS), api).run()
        assert relay.body == stream
        assert relay.ended
        assert LAST[api] not in relay.before_settled, "killed now, it would be lost"
        assert reported(relay).served_model


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("size", [1, 7, 64, 1000])
@pytest.mark.parametrize("api", STREAMS)
def test_a_stream_in_small_or_large_chunks_is_relayed_as_it_is(api: ClientApi, size: int, slow: bool) -> None:
    stream = STREAMS[api]
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    relay = Relay(Call(chunks, EVENTS), api, slow=slow).run()
    assert relay.body == stream
    assert [outcome.ending for outcome in relay.outcomes] == ["complete"]


def reported(relay: Relay) -> Outcome:
    (outcome,) = relay.outcomes
    assert outcome.usage is not None
    assert outcome.usage.source == "reported"
    return outcome


def events_of(stream: bytes) -> list[bytes]:
    return [event + b"\n\n" for event in stream.split(b"\n\n")[:-1]]


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("api", STREAMS)
def test_framed_events_are_relayed_as_they_are_wherever_the_stream_is_cut(api: ClientApi, slow: bool) -> None:
    stream, events = STREAMS[api], events_of(STREAMS[api])
    for at in range(sum(len(framed(event)) for event in events)):
        relay = Relay(Framed(events, EVENTS, at=at), api, slow=slow).run()
        assert relay.body == stream
        assert relay.ended
        assert LAST[api] not in relay.before_settled
        # All but the first, the cut one, and the few with more to read than a delta. One goes on before the next comes.
        assert relay.forwarded >= len(events) - 6
        reported(relay)
        assert not relay.guard.faults


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("together", [2, 3, 7])
def test_frames_that_come_together_are_relayed_together(together: int, asked: bool) -> None:
    upstream, unasked = (streams.chat(usage_asked=included, text="word " * 50) for included in (True, False))
    framed = Framed(events_of(upstream), EVENTS, together=together)
    relay = Relay(framed, "chat_completions", asked=asked).run()
    assert relay.body == (unasked if asked else upstream)
    assert 0 < relay.forwarded <= len(events_of(upstream)) / together
    reported(relay)


def test_frames_lose_only_the_usage_that_the_client_did_not_ask_for() -> None:
    upstream, unasked = streams.chat(usage_asked=True), streams.chat(usage_asked=False)
    events = events_of(upstream)
    for at in range(sum(len(framed(event)) for event in events)):
        relay = Relay(Framed(events, EVENTS, at=at), "chat_completions", asked=True).run()
        assert relay.body == unasked
        assert relay.forwarded
        assert relay.outcomes[0].usage is not None
    # A provider that names no usage before it is asked.
    spare = [*events_of(unasked)[:-1], *events[-2:]]
    relay = Relay(Framed(spare, EVENTS), "chat_completions", asked=True).run()
    assert relay.body == unasked
    assert relay.forwarded


def test_the_end_of_an_answer_is_noted_of_frames_too() -> None:
    events = events_of(streams.chat(usage_asked=False))
    events[-2] = events[-2].replace(b'"stop"', b'"length"')
    relay = Relay(Framed(events, EVENTS), "chat_completions")
    relay.settlement.arm = "holdout"
    relay.run()
    assert relay.forwarded
    assert relay.outcomes[0].signals == ("length",)


def test_what_is_kept_of_frames_is_bounded_and_all_of_them_count() -> None:
    first, *deltas, end, done = events_of(streams.chat(usage_asked=False, text="word " * 2000))
    framed_bytes = [len(framed(delta)) for delta in deltas]
    assert sum(framed_bytes) > 8 * MAX_KEPT_BYTES
    relay = Relay(Framed([first, *deltas, end, done], EVENTS), "chat_completions")
    relay.run()
    transcript = relay.settlement.transcript
    assert transcript is not None
    assert transcript.kept_bytes <= MAX_KEPT_BYTES + max(framed_bytes)
    assert transcript.seen_bytes >= sum(map(len, deltas))
    usage = transcript.settled_usage(7, streamed=True)
    assert usage is not None
    assert usage.output_tokens == pytest.approx(2000, rel=0.3)


def test_frames_are_left_alone_where_somebody_else_takes_the_answer_or_the_reply_takes_none() -> None:
    events = events_of(STREAMS["chat_completions"])
    relay = Relay(Framed(events, EVENTS), "chat_completions")
    relay.takes_frames = False
    assert relay.run().body == STREAMS["chat_completions"]
    assert not relay.forwarded


def test_nothing_is_written_to_a_client_that_has_left() -> None:
    relay = Relay(Framed(events_of(STREAMS["chat_completions"]), EVENTS), "chat_completions")
    relay.cycle.disconnected = True
    reported(relay.run())
    assert not relay.forwarded


def test_usage_that_the_client_did_not_ask_for_is_taken_out_wherever_the_stream_is_cut() -> None:
    upstream, unasked = streams.chat(usage_asked=True), streams.chat(usage_asked=False)
    events = events_of(upstream)
    assert Relay(Call(events, EVENTS), "chat_completions", asked=True).run().body == unasked
    for at in range(len(upstream) + 1):
        relay = Relay(Call([upstream[:at], upstream[at:]], EVENTS), "chat_completions", asked=True).run()
        assert relay.body == unasked
        assert relay.outcomes[0].usage is not None
        assert relay.outcomes[0].usage.source == "reported"


@pytest.mark.parametrize("api", STREAMS)
def test_a_stream_that_breaks_off_at_any_byte_reaches_the_client_up_to_there(api: ClientApi) -> None:
    stream = STREAMS[api]
    for at in range(len(stream)):
        relay = Relay(Call([stream[:at]], EVENTS, breaks=True), api)
        with pytest.raises(UpstreamError):
            relay.run()
        assert not relay.ended
        assert relay.body == stream[:at]
        assert relay.settlement.settled == (LAST[api] in relay.body)


def test_a_stream_that_breaks_off_shows_nothing_of_the_usage_that_suffice_asked_for() -> None:
    upstream, unasked = streams.chat(usage_asked=True), streams.chat(usage_asked=False)
    for at in range(len(upstream)):
        relay = Relay(Call([upstream[:at]], EVENTS, breaks=True), "chat_completions", asked=True)
        with pytest.raises(UpstreamError):
            relay.run()
        assert unasked.startswith(relay.body)
        assert len(relay.outcomes) <= 1


def test_a_usage_event_without_its_blank_line_is_read_and_taken_out_at_the_end() -> None:
    upstream = streams.chat(usage_asked=True).removesuffix(b"\n\ndata: [DONE]\n\n")
    unasked = streams.chat(usage_asked=False).removesuffix(b"data: [DONE]\n\n")
    relay = Relay(Call([upstream], EVENTS), "chat_completions", asked=True).run()
    assert relay.body == unasked
    assert relay.outcomes[0].usage is not None
    assert relay.outcomes[0].usage.source == "reported"


@pytest.mark.parametrize("api", STREAMS)
def test_events_of_declared_length_are_settled_before_their_last_byte(api: ClientApi) -> None:
    # A stream without its usual end, such as one that ends with an error.
    stream = b'data: {"error":{"message":"overloaded"}}\n'
    headers = [*EVENTS, (b"content-length", str(len(stream)).encode())]
    for at in range(len(stream) + 1):
        relay = Relay(Call([stream[:at], stream[at:]], headers), api).run()
        assert relay.body == stream
        assert len(relay.before_settled) < len(stream)
        assert len(relay.outcomes) == 1


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_a_declared_length_without_a_body_is_not_waited_for(method: str, status: int) -> None:
    call = Call([], [(b"content-length", b"77"), (b"etag", b"x")])
    call.status = status
    relay = Relay(call, "passthrough", stream=False)
    relay.settlement.method = method
    relay.run()
    assert relay.ended
    assert (b"etag", b"x") in relay.headers
    assert ((b"content-length", b"77") in relay.headers) == (method == "HEAD")


def test_a_whole_answer_of_204_declares_no_length() -> None:
    call = Call([], [])
    call.status = 204
    relay = Relay(call, "chat_completions", stream=False).run(whole=True)
    assert b"content-length" not in dict(relay.headers)


def test_a_whole_answer_is_metered_and_settled_before_it_is_sent() -> None:
    relay = Relay(Call([ANSWER], JSON), "chat_completions", stream=False).run(whole=True)
    assert relay.body == ANSWER
    assert relay.before_settled == b""
    assert b"content-length" not in dict(relay.headers)
    (outcome,) = relay.outcomes
    assert outcome.served_model == "m-1"
    assert outcome.usage is not None
    assert outcome.usage.output_tokens == 2


def test_a_whole_answer_that_breaks_off_reaches_nobody() -> None:
    relay = Relay(Call([ANSWER[:9]], JSON, breaks=True), "chat_completions", stream=False)
    with pytest.raises(UpstreamError):
        relay.run(whole=True)
    assert not relay.response.started
    assert relay.outcomes == []


def test_a_stream_for_a_client_that_did_not_ask_for_one_is_read_all_the_same() -> None:
    relay = Relay(Call([STREAMS["chat_completions"]], EVENTS), "chat_completions", stream=False).run(
        whole=True
    )
    assert relay.body == STREAMS["chat_completions"]
    assert relay.outcomes[0].usage is not None


@pytest.mark.parametrize("cut", range(0, len(ANSWER), 5))
def test_an_answer_of_declared_length_is_settled_before_its_last_byte(cut: int) -> None:
    headers = [*JSON, (b"content-length", str(len(ANSWER)).encode())]
    relay = Relay(Call([ANSWER[:cut], ANSWER[cut:]], headers), "chat_completions", stream=False).run()
    assert relay.body == ANSWER
    assert len(relay.before_settled) < len(ANSWER)
    assert relay.outcomes[0].usage is not None


def test_a_compressed_answer_is_relayed_unread() -> None:
    packed = gzip.compress(ANSWER)
    headers = [*JSON, (b"content-encoding", b"gzip")]
    relay = Relay(Call([packed], headers), "chat_completions", stream=False).run()
    assert relay.body == packed
    assert relay.outcomes[0].usage is None


def test_another_path_is_relayed_unread() -> None:
    relay = Relay(Call([b"file", b" bytes"], [(b"content-length", b"10")]), "passthrough", stream=False).run()
    assert relay.body == b"file bytes"
    assert relay.outcomes[0].usage is None


@pytest.mark.parametrize("broken", ["see", "take_json"])
def test_a_fault_in_metering_costs_the_client_nothing(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError

    owner = "transcript.Transcript" if broken == "take_json" else "wire.chat_completions"
    monkeypatch.setattr(f"suffice.proxy.{owner}.{broken}", fail)
    stream = STREAMS["chat_completions"]
    relay = Relay(Call([stream], EVENTS), "chat_completions").run()
    answer = Relay(Call([ANSWER], JSON), "chat_completions", stream=False).run(whole=True)
    assert relay.body == stream
    assert answer.body == ANSWER
    assert [len(relay.outcomes), len(answer.outcomes)] == [1, 1]
    framed = Relay(Framed(events_of(stream), EVENTS), "chat_completions").run()
    assert framed.body == stream
    assert len(framed.outcomes) == 1
    assert sum(one.guard.faults["meter"] for one in (relay, answer, framed)) >= 1


SHAPES = [streams.chat(usage_asked=True).replace(b"\n", b"\r\n"), b": ping\n\n" + STREAMS["messages"]]


@pytest.mark.parametrize("stream", SHAPES, ids=["crlf", "comment"])
def test_other_line_ends_and_comments_pass_as_they_are(stream: bytes) -> None:
    for at in range(0, len(stream), 3):
        assert Relay(Call([stream[:at], stream[at:]], EVENTS), "chat_completions").run().body == stream

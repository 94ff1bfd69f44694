"""Faults and departures as they look on the wire, byte for byte."""

from __future__ import annotations

import http.client
import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from recorded import HELLO, LONG, MODELS
from suffice.testing import ReplayOptions, ReplayUpstream
from suffice.testing.replay_upstream.served import Served

CHAT = "/v1/chat/completions"


def body(prompt: str = HELLO, **more: object) -> bytes:
    return json.dumps(
        {"model": MODELS[0], "messages": [{"role": "user", "content": prompt}], **more}
    ).encode()


def raw(upstream: ReplayUpstream, sent: bytes, fault: str = "") -> bytes:
    """Sends a request over a bare socket; returns everything that comes until the connection closes."""
    with connected(upstream) as client:
        client.sendall(request(sent, fault))
        received = b""
        while piece := client.recv(65536):
            received += piece
    return received


def connected(upstream: ReplayUpstream) -> socket.socket:
    parts = urlsplit(upstream.url)
    client = socket.create_connection((parts.hostname, parts.port), timeout=10)
    client.settimeout(10)
    return client


def request(sent: bytes, fault: str = "") -> bytes:
    asked = f"x-replay-fault: {fault}\r\n" if fault else ""
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: x\r\n{asked}connection: close\r\ncontent-length: {len(sent)}\r\n\r\n"
    )
    return head.encode() + sent


def payload(received: bytes) -> bytes:
    """The body, with the frames of chunked encoding taken away."""
    head, _, rest = received.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return rest
    whole = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        whole += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return whole


def last_served(upstream: ReplayUpstream, before: int) -> Served:
    return upstream.wait_served(before + 1)[before]


@pytest.mark.parametrize("cut", [0, 1, 50, 400, 4000])
def test_a_stream_is_cut_at_the_very_byte(upstream: ReplayUpstream, cut: int) -> None:
    before = len(upstream.served)
    whole = payload(raw(upstream, body(LONG, stream=True)))
    received = raw(upstream, body(LONG, stream=True), f"cut-bytes:{cut}")
    assert payload(received) == whole[:cut]
    assert not received.endswith(b"0\r\n\r\n")
    assert last_served(upstream, before + 1).ending == "fault"


def test_a_body_is_cut_at_the_very_byte(upstream: ReplayUpstream) -> None:
    whole = payload(raw(upstream, body()))
    assert payload(raw(upstream, body(), "cut-bytes:30")) == whole[:30]


@pytest.mark.parametrize("cut", [0, 1, 3])
def test_a_stream_is_cut_after_so_many_events(upstream: ReplayUpstream, cut: int) -> None:
    before = len(upstream.served)
    received = payload(raw(upstream, body(stream=True), f"cut:{cut}"))
    assert received.count(b"\n\n") == cut
    assert last_served(upstream, before).events_sent == cut


def test_close_answers_nothing(upstream: ReplayUpstream) -> None:
    assert raw(upstream, body(), "close") == b""


def test_an_error_event_ends_a_stream_in_good_order(upstream: ReplayUpstream) -> None:
    received = raw(upstream, body(stream=True), "error-event:2")
    assert received.endswith(b"0\r\n\r\n")
    events = payload(received).split(b"\n\n")
    assert len(events) == 4
    assert b'"error"' in events[2]


@pytest.mark.parametrize("stream", [True, False])
def test_bad_json_is_as_long_as_good_json(upstream: ReplayUpstream, stream: bool) -> None:
    good, bad = (payload(raw(upstream, body(stream=stream), fault)) for fault in ("", "bad-json"))
    assert len(good) == len(bad)
    assert good != bad
    events = [event.removeprefix(b"data: ") for event in bad.split(b"\n\n")[:-2]] if stream else [bad]
    with pytest.raises(json.JSONDecodeError):
        [json.loads(event) for event in events]


def test_usage_is_withheld(upstream: ReplayUpstream) -> None:
    assert b'"usage"' not in payload(raw(upstream, body(), "no-usage"))


@pytest.mark.parametrize(("fault", "least_s"), [("latency:120", 0.11), ("latency-chunk:40", 0.2)])
def test_latency_is_waited_for(upstream: ReplayUpstream, fault: str, least_s: float) -> None:
    begun = time.perf_counter()
    received = raw(upstream, body(stream=True), fault)
    assert time.perf_counter() - begun >= least_s
    assert payload(received).endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(("fault", "status"), [("hang", 0), ("hang:2", 200), ("latency-chunk:5000", 200)])
def test_a_client_that_leaves_is_noticed_at_once(upstream: ReplayUpstream, fault: str, status: int) -> None:
    before = len(upstream.served)
    with connected(upstream) as client:
        client.sendall(request(body(stream=True), fault))
        if status:
            assert client.recv(1000)
        time.sleep(0.1)
        assert len(upstream.served) == before
    left = time.monotonic()
    served = last_served(upstream, before)
    assert time.monotonic() - left < 1
    assert (served.ending, served.status, served.disconnected) == ("client_left", status, True)


def test_events_arrive_one_by_one(answers: Path) -> None:
    with (
        ReplayUpstream.start(answers, ReplayOptions(chunk_latency_ms=30)) as upstream,
        connected(upstream) as client,
    ):
        client.sendall(request(body(stream=True)))
        arrived = []
        while client.recv(65536):
            arrived.append(time.monotonic())
    assert len(arrived) > 5
    assert arrived[-1] - arrived[0] > 0.12


def test_a_connection_serves_many_requests(upstream: ReplayUpstream) -> None:
    parts = urlsplit(upstream.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    lengths = set()
    for number in range(20):
        connection.request("POST", CHAT, body(stream=number % 2 == 0))
        lengths.add(len(connection.getresponse().read()))
    connection.close()
    assert len(lengths) == 2

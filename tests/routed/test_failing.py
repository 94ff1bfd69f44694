"""A cheaper model that fails: the baseline answers, what was thrown away is settled, and nobody sees more than that."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from pathlib import Path

import openai
import pytest
import route_proxy as routed
from live import LiveProxy, running_proxy
from route_proxy import BASELINE, CHEAPER

from recorded import HELLO, LONG, TEXTS
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

Entries = Callable[[int], list[Entry]]
CHAT = "/v1/chat/completions"


def post(
    port: int, body: bytes, headers: dict[str, str], path: str = CHAT
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def failing(feature: str, fault: str, session: str, model: str = CHEAPER) -> dict[str, str]:
    return {
        "x-suffice-feature": feature,
        "x-suffice-session": session,
        "x-replay-fault": fault,
        "x-replay-fault-model": model,
    }


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "ending", "status", "grade"),
    [
        ("500", "complete", 500, "not_billed"),
        ("429", "complete", 429, "not_billed"),
        ("404", "complete", 404, "not_billed"),
        ("400", "complete", 400, "not_billed"),
        ("close", "upstream_broke", None, "unknown"),
        ("cut-bytes:0", "upstream_broke", 200, "unknown"),
    ],
)
def test_what_fails_before_the_first_byte_is_answered_by_the_baseline(
    proxy: LiveProxy,
    feature: str,
    session: str,
    entries: Entries,
    fault: str,
    ending: str,
    status: int | None,
    grade: str,
    stream: bool,
) -> None:
    told, headers, body = post(
        proxy.port, routed.chat(HELLO, stream=stream), failing(feature, fault, session)
    )
    plain = post(proxy.port, routed.chat(HELLO, stream=stream), {"x-suffice-route": "off"})
    assert (told, body) == (200, plain[2])
    assert headers["x-suffice-model"] == BASELINE
    assert headers["x-suffice-reason"] == "candidate_failed"
    assert headers["x-suffice-arm"] == "routed"
    thrown, served = entries(2)
    assert (thrown.outcome.leg, served.outcome.leg) == ("discarded", "served")
    assert served.outcome.signals == ("fallback",)
    assert (served.outcome.sent_model, served.outcome.served_model) == ("", BASELINE)
    assert (served.outcome.arm, served.cost.grade) == ("routed", "measured")
    assert (thrown.outcome.parent, thrown.outcome.sent_model) == (served.outcome.id, CHEAPER)
    assert (thrown.outcome.ending, thrown.outcome.status) == (ending, status)
    assert thrown.cost.grade == grade


def test_a_stream_that_begins_with_an_error_is_answered_by_the_baseline(
    proxy: LiveProxy, feature: str, session: str, entries: Entries
) -> None:
    body = routed.chat(HELLO, stream=True)
    status, headers, answer = post(proxy.port, body, failing(feature, "error-event:0", session))
    assert (status, headers["x-suffice-reason"]) == (200, "candidate_failed")
    assert answer.endswith(b"data: [DONE]\n\n")
    assert b'"error"' not in answer
    assert [entry.outcome.fault for entry in entries(2)] == ["error_event", None]


def test_a_cheaper_model_that_is_silent_is_waited_for_only_so_long(
    upstream: ReplayUpstream, tmp_path: Path, session: str
) -> None:
    routed.publish(tmp_path / "data", routed.certified("faq"))
    impatient = routed.config(upstream.url) + "[limits]\ncandidate_timeout_s = 0.3\n"
    with running_proxy(tmp_path, impatient) as proxy:
        status, headers, _ = post(proxy.port, routed.chat(HELLO), failing("faq", "hang", session))
        found = routed.legs(proxy, "faq", at_least=2)
    assert (status, headers["x-suffice-reason"]) == (200, "candidate_failed")
    assert found["discarded"][0].outcome.fault == "candidate_timeout"


def test_if_the_baseline_fails_too_the_client_gets_its_answer_as_it_is(
    proxy: LiveProxy, upstream: ReplayUpstream, feature: str, session: str, entries: Entries
) -> None:
    sent = {"x-suffice-feature": feature, "x-suffice-session": session, "x-replay-fault": "429"}
    status, headers, body = post(proxy.port, routed.chat(HELLO), sent)
    direct = post(int(upstream.url.rsplit(":", 1)[1]), routed.chat(HELLO), {"x-replay-fault": "429"})
    assert (status, body) == (429, direct[2])
    assert headers["retry-after"] == direct[1]["retry-after"]
    thrown, served = entries(2)
    assert (thrown.outcome.leg, served.outcome.leg) == ("discarded", "served")
    assert (served.outcome.status, served.cost.grade) == (429, "not_billed")


def test_tries_of_an_sdk_are_not_multiplied(
    proxy: LiveProxy, upstream: ReplayUpstream, feature: str, session: str, entries: Entries
) -> None:
    before = len(upstream.served)
    with (
        openai.OpenAI(
            base_url=f"{proxy.url}/v1",
            api_key="k",
            max_retries=2,
            default_headers={
                "x-suffice-feature": feature, "x-suffice-session": session, "x-replay-fault": "503",
            },
        ) as client,
        pytest.raises(openai.InternalServerError),
    ):  # fmt: skip
        client.chat.completions.create(model=BASELINE, messages=[{"role": "user", "content": HELLO}])
    asked = [json.loads(one.body)["model"] for one in upstream.served[before:]]
    assert asked == [CHEAPER, BASELINE, BASELINE, BASELINE], (
        "three tries, and one call more than without suffice"
    )
    reasons = sorted(entry.outcome.reason for entry in entries(4))
    assert reasons.count("retried") == 2


def test_a_stream_is_never_taken_back_after_its_first_byte(
    proxy: LiveProxy, feature: str, session: str, entries: Entries
) -> None:
    body = routed.chat(LONG, stream=True)
    sent = {**failing(feature, "cut:2", session), "content-length": str(len(body))}
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in sent.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.settimeout(10)
        client.sendall(head.encode() + body)
        received = b""
        while piece := client.recv(65536):
            received += piece
    assert b"HTTP/1.1 200" in received
    assert not received.endswith(b"0\r\n\r\n")
    (entry,) = entries(1)
    assert (entry.outcome.ending, entry.outcome.sent_model) == ("upstream_broke", CHEAPER)


def test_a_model_that_keeps_failing_is_left_alone(upstream: ReplayUpstream, tmp_path: Path) -> None:
    routed.publish(tmp_path / "data", routed.certified("faq"))
    with running_proxy(tmp_path, routed.config(upstream.url)) as proxy:
        before = len(upstream.served)
        told = [
            post(proxy.port, routed.chat(HELLO), failing("faq", "500", f"s-{number}"))[1]["x-suffice-reason"]
            for number in range(12)
        ]
        asked = [json.loads(one.body)["model"] for one in upstream.served[before:]]
        states = proxy.health()["breakers"]
        found = routed.legs(proxy, "faq", at_least=12 + asked.count(CHEAPER))
    assert told[0] == "candidate_failed"
    assert told[-1] == "candidate_paused"
    assert asked.count(BASELINE) == 12
    assert asked.count(CHEAPER) == len(found["discarded"]) == told.count("candidate_failed") < 12
    assert states == {f"openai/{CHEAPER}": "open"}
    assert all(entry.outcome.arm == "routed" for entry in found["served"])


def test_a_client_that_leaves_ends_the_call_of_the_cheaper_model(
    proxy: LiveProxy, feature: str, session: str, entries: Entries
) -> None:
    body = routed.chat(HELLO)
    sent = {**failing(feature, "hang", session), "content-length": str(len(body))}
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in sent.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendall(head.encode() + body)
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
    (entry,) = entries(1)
    assert (entry.outcome.ending, entry.outcome.sent_model) == ("client_left", CHEAPER)


def test_bytes_that_the_client_sent_go_on_to_the_cheaper_model_but_for_its_name(
    proxy: LiveProxy, upstream: ReplayUpstream, feature: str, session: str
) -> None:
    odd = b'  { "messages" : [{"content":"' + HELLO.encode() + b'","role":"user"}],"model":"gpt-5.4" }\n '
    status, _, body = post(
        proxy.port,
        odd,
        {"x-suffice-feature": feature, "x-suffice-session": session, "authorization": "Bearer k"},
    )
    seen = upstream.served[-1]
    assert seen.body == odd.replace(b'"gpt-5.4"', b'"gpt-5.4-mini"')
    assert dict(seen.headers)["authorization"] == "Bearer k"
    assert not any(name.startswith("x-suffice") for name, _ in seen.headers)
    direct = post(int(upstream.url.rsplit(":", 1)[1]), seen.body, {})[2]
    assert (status, body) == (200, direct.replace(b'"gpt-5.4-mini"', b'"gpt-5.4"', 1))
    assert json.loads(body)["choices"][0]["message"]["content"] == TEXTS[HELLO]


def test_the_answer_may_name_what_served_it(upstream: ReplayUpstream, tmp_path: Path) -> None:
    routed.publish(tmp_path / "data", routed.certified("faq"))
    plain = 'mode = "route"\n[route]\nholdout = 0.0\nramp = [1.0]\nresponse_model = "served"\n'
    with running_proxy(tmp_path, routed.config(upstream.url, plain)) as proxy:
        _, headers, body = post(proxy.port, routed.chat(HELLO), {"x-suffice-feature": "faq"})
    assert json.loads(body)["model"] == headers["x-suffice-model"] == CHEAPER

"""The switch in a running proxy: on, ramped, off and on again, on all workers, under load, without a failed request."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import route_proxy as routed
from live import LiveProxy, running_proxy
from policed import Desk
from route_proxy import BASELINE, CHEAPER

from load import Client
from recorded import HELLO
from suffice.policy.assignment import assign
from suffice.policy.switch import Setting
from suffice.store.switch import SwitchFile
from suffice.testing import ReplayUpstream

WITHIN_S = 20.0


def ask(port: int, feature: str = "tickets", session: str = "") -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"content-type": "application/json", "x-suffice-feature": feature}
        if session:
            headers["x-suffice-session"] = session
        connection.request("POST", "/v1/chat/completions", routed.chat(HELLO), headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200
        assert json.loads(body)["model"] == BASELINE
        return {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def on_all(proxy: LiveProxy, mode: str, fingerprint: str, workers: int = 2) -> float:
    """Waits until every worker has this switch; returns how long that took."""
    started = time.monotonic()
    seen: dict[int, tuple[str, str]] = {}
    while len(seen) < workers or set(seen.values()) != {(mode, fingerprint)}:
        assert time.monotonic() - started < WITHIN_S
        health = proxy.health()
        seen[health["worker"]] = (health["mode"], health["switch"])
    return time.monotonic() - started


def switched(desk: Desk, *arguments: str) -> str:
    fingerprint: str = desk.told("mode", *arguments)["switch"]
    return fingerprint


def test_the_switch_takes_effect_on_all_workers_and_back_without_a_failed_request(
    upstream: ReplayUpstream, tmp_path: Path
) -> None:
    desk = Desk(tmp_path)
    routed.publish(desk.data, routed.certified("tickets", "untagged", "letters"))
    with running_proxy(desk.folder, routed.config(upstream.url, ""), workers=2) as proxy:
        stop = threading.Event()
        clients = [Client(proxy.port, number, stop) for number in range(4)]
        for client in clients:
            client.start()
        try:
            assert ask(proxy.port)["x-suffice-model"] == BASELINE
            on = switched(desk, "route", "--ramp", "100", "--holdout", "0")
            on_all(proxy, "route", on)
            assert {ask(proxy.port)["x-suffice-model"] for _ in range(8)} == {CHEAPER}
            one = switched(desk, "observe", "--bucket", "tickets")
            on_all(proxy, "route", one)
            assert {ask(proxy.port)["x-suffice-model"] for _ in range(8)} == {BASELINE}
            assert {ask(proxy.port, "letters")["x-suffice-model"] for _ in range(8)} == {CHEAPER}
            off = switched(desk, "off")
            on_all(proxy, "off", off)
            assert {ask(proxy.port, "letters")["x-suffice-reason"] for _ in range(8)} == {"mode_off"}
            back = switched(desk, "observe")
            on_all(proxy, "observe", back)
            assert {ask(proxy.port, "letters")["x-suffice-model"] for _ in range(8)} == {BASELINE}
        finally:
            stop.set()
            for client in clients:
                client.join()
        seen = [id_ for client in clients for id_ in client.seen]
        entries = proxy.ledger(at_least=len(seen))
        health = proxy.health()
    assert [client.broken for client in clients] == [0] * 4
    assert len(seen) > 20
    recorded = Counter(entry.outcome.id for entry in entries)
    assert set(recorded.values()) == {1}
    assert set(seen) <= recorded.keys()
    assert health["faults"] == {}
    assert {entry.outcome.mode for entry in entries} == {"route", "observe", ""}


def test_arms_fall_as_the_dice_say_and_a_ramp_takes_nobody_back(
    upstream: ReplayUpstream, tmp_path: Path
) -> None:
    routed.publish(tmp_path / "data", routed.certified("faq"))
    file = SwitchFile(tmp_path / "data")
    sessions = [f"session-{number}" for number in range(60)]
    arms: list[list[str]] = []
    with running_proxy(tmp_path, routed.config(upstream.url, ""), workers=2) as proxy:
        for share in (0.2, 0.6, 1.0):
            setting = Setting(mode="route", since_ns=0, ramp=(share,))
            switch = routed.switch("observe", buckets={"faq": setting}, holdout=0.2, salt="s")
            file.change(lambda _, switch=switch: switch)
            on_all(proxy, "observe", switch.fingerprint)
            arms.append([ask(proxy.port, "faq", session)["x-suffice-arm"] for session in sessions])
        entries = proxy.ledger(at_least=3 * len(sessions))
    first, second, third = arms
    for before, after in ((first, second), (second, third)):
        assert all(now == "routed" for was, now in zip(before, after, strict=True) if was == "routed")
    assert 0 < first.count("routed") < second.count("routed") < third.count("routed") < len(sessions)
    for entry in entries:
        outcome = entry.outcome
        assert outcome.propensity in {0.2 * 0.8, 0.6 * 0.8, 0.8}
        cast = assign(outcome.session, "faq", share=(outcome.propensity or 0) / 0.8, holdout=0.2, salt="s")
        assert outcome.arm == cast.arm
        assert (outcome.sent_model == CHEAPER) == (outcome.arm == "routed")
        assert outcome.reason == ("certified_suffices" if outcome.arm == "routed" else "holdout")


def test_a_switch_that_cannot_be_read_changes_nothing_and_is_told(
    upstream: ReplayUpstream, tmp_path: Path, wait_for: Callable[[Callable[[], bool]], None]
) -> None:
    routed.publish(tmp_path / "data", routed.certified("faq"))
    file = SwitchFile(tmp_path / "data")
    file.change(lambda _: routed.switch())
    with running_proxy(tmp_path, routed.config(upstream.url, "")) as proxy:
        assert ask(proxy.port, "faq")["x-suffice-model"] == CHEAPER
        (tmp_path / "data" / "switch.json").write_text("{", "utf-8")
        wait_for(lambda: proxy.health()["switch_error"] is not None)
        health = proxy.health()
        assert "cannot be read" in health["switch_error"]
        assert (health["mode"], health["faults"]) == ("route", {"reload": 1})
        assert ask(proxy.port, "faq")["x-suffice-model"] == CHEAPER
    with running_proxy(tmp_path, routed.config(upstream.url)) as proxy:
        # Who knows what it said: at a start nothing is routed by what cannot be read.
        assert ask(proxy.port, "faq")["x-suffice-model"] == BASELINE
        (tmp_path / "data" / "switch.json").unlink()
        wait_for(lambda: proxy.health()["mode"] == "route")
        assert proxy.health()["switch_error"] is None
        assert ask(proxy.port, "faq")["x-suffice-model"] == CHEAPER


def test_explain_says_of_a_body_and_of_the_record_what_the_proxy_does(
    upstream: ReplayUpstream, tmp_path: Path
) -> None:
    desk = Desk(tmp_path)
    routed.publish(desk.data, routed.certified("faq"))
    setting = Setting(mode="route", since_ns=0, ramp=(0.6,), reason="ana")
    switch = routed.switch("observe", buckets={"faq": setting}, holdout=0.2, salt="s")
    SwitchFile(desk.data).change(lambda _: switch)
    body = tmp_path / "request.json"
    body.write_bytes(routed.chat(HELLO))
    answers = {}
    with running_proxy(desk.folder, routed.config(upstream.url, "")) as proxy:
        for session in ("", *(f"session-{number}" for number in range(8))):
            answers[session] = ask(proxy.port, "faq", session)
        proxy.ledger(at_least=len(answers))
    for session, answer in answers.items():
        told = answer["x-suffice-arm"], answer["x-suffice-model"], answer["x-suffice-reason"]
        named = ["--session", session] if session else []
        for asked in ([body, "--feature", "faq", *named], ["--decision", answer["x-suffice-decision"]]):
            found = desk.told("explain", *asked)
            outcome = found["outcome"]
            assert (found["mode"], found["switched"]["because"], outcome["mode"]) == ("route", "ana", "route")
            assert (outcome["arm"], outcome["model"], outcome["reason"]) == told
            assert outcome["propensity"] == 0.6 * 0.8
    assert {answer["x-suffice-arm"] for answer in answers.values()} == {"routed", "holdout"}

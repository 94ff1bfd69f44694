"""The recorded week in route mode: certified models serve, each answer is the recorded one of the model that served."""

from __future__ import annotations

import http.client
import io
import json
import re
from collections import Counter
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from certified import write_trial
from live import running_proxy
from policed import Desk
from route_proxy import config
from week_trials import BASELINE, tried, week_answers

from suffice.policy.assignment import assign
from suffice.policy.published import Published
from suffice.testing import ReplayUpstream

SIZE = 2693
ROUTE = 'mode = "route"\n[route]\nholdout = 0.05\nramp = [1.0]\n'


@pytest.mark.timeout(300)
def test_the_recorded_week_is_routed_as_certified_and_costs_less(recorded_data: Path, tmp_path: Path) -> None:
    traffic, desk = recorded_data / "traffic", Desk(tmp_path)
    answers = week_answers(recorded_data)
    write_trial(desk.data, *tried(answers, np.random.default_rng(8)))
    assert desk.run("certify").exit_code == 0
    certified = {one.key for one in Published.decode(desk.policies.draft.read_bytes()).certificates}
    assert desk.run("policy", "publish").exit_code == 0
    week = read_week(traffic / "week.jsonl.zst")
    served: Counter[tuple[str, str]] = Counter()
    with (
        ReplayUpstream.start(traffic) as upstream,
        running_proxy(tmp_path, config(upstream.url, ROUTE)) as proxy,
        connected(int(upstream.url.rsplit(":", 1)[1])) as direct,
        connected(proxy.port) as through,
    ):
        for number, line in enumerate(week):
            body = {**line["request"], **({"stream": True} if number % 3 == 0 else {})}
            if number % 6 == 0:
                body["stream_options"] = {"include_usage": True}
            status, model, answer = ask(through, body, line["feature"])
            served[line["feature"], model] += 1
            same = ask(direct, {**body, "model": model}, line["feature"])
            assert (status, answer) == (200, named(same[2], body["model"]))
        entries = proxy.ledger(at_least=SIZE, timeout_s=60)
        assert proxy.health()["faults"] == {}
    kept = [entry for entry in entries if entry.outcome.leg == "served"]
    assert len(kept) == SIZE
    assert len({entry.outcome.id for entry in entries}) == len(entries)
    routed = [entry for entry in kept if entry.outcome.sent_model]
    assert len(routed) > SIZE / 3
    for entry in kept:
        outcome = entry.outcome
        if outcome.sent_model:
            assert (outcome.bucket, BASELINE, outcome.sent_model) in certified
            assert outcome.arm == "routed"
        if outcome.arm:
            cast = assign(outcome.session or outcome.id, outcome.bucket, share=1.0, holdout=0.05)
            assert (outcome.arm, outcome.propensity) == (cast.arm, cast.propensity)
    assert sum(served.values()) == SIZE
    # What was paid, the thrown-away calls among it, against what the recorded baseline cost for the same week.
    paid = sum(entry.cost.nanos or 0 for entry in entries)
    usual = sum(baseline_nanos(line["response"]["usage"]) for line in week)
    assert 0 < paid < 0.7 * usual
    assert all(entry.cost.nanos is not None for entry in entries)
    # Quality, by the benchmark's own grades: within the tolerance in every use case that was routed.
    for bucket in {entry.outcome.bucket for entry in routed}:
        models = {entry.outcome.sent_model for entry in routed if entry.outcome.bucket == bucket}
        losses = [graded.d for model in models for graded in answers[bucket][model].values()]
        assert np.mean(losses) > -0.05


def connected(port: int) -> AbstractContextManager[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))


def read_week(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        return [json.loads(line) for line in text]


def ask(connection: http.client.HTTPConnection, body: dict[str, Any], feature: str) -> tuple[int, str, bytes]:
    connection.request(
        "POST",
        "/v1/chat/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json", "x-suffice-feature": feature, "authorization": "Bearer test"},
    )
    answer = connection.getresponse()
    return answer.status, answer.headers.get("x-suffice-model", ""), answer.read()


def named(answer: bytes, model: str) -> bytes:
    """An answer as it would be if the provider called its model so."""
    return re.sub(rb'("model": ?)"[^"]*"', rb'\1"' + model.encode() + b'"', answer)


def baseline_nanos(usage: dict[str, Any]) -> int:
    # Published prices of the baseline, in nano-dollars per token.
    return int(usage["prompt_tokens"]) * 2_500 + int(usage["completion_tokens"]) * 10_000

"""A cheaper model's whole answer that fails the request's own contract: the baseline's is what the client gets."""

from __future__ import annotations

import json
from pathlib import Path

import openai
import pytest
import route_proxy as routed
from live import running_proxy
from route_proxy import BASELINE, CHEAPER

from recorded import INVOICE, write_answers
from suffice.testing import ReplayUpstream

SCHEMA = {
    "type": "object",
    "properties": {"number": {"type": "string"}, "total": {"type": "number"}},
    "required": ["number", "total"],
    "additionalProperties": False,
}
FORM = {"type": "json_schema", "json_schema": {"name": "invoice", "strict": True, "schema": SCHEMA}}


def with_answer(folder: Path, text: str) -> Path:
    """Recorded answers where the cheaper model says this to the question for an invoice."""
    write_answers(folder)
    right = '{"number":"A-17","total":40.0}'
    lines = []
    for line in (folder / "answers.jsonl").read_text().splitlines():
        row = json.loads(line)
        message = json.loads(row["message"])
        if row["model"] == CHEAPER and message.get("content") == right:
            row["message"] = json.dumps({**message, "content": text})
        lines.append(json.dumps(row))
    (folder / "answers.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize(
    ("text", "signal"),
    [('{"number":"A-17"', "contract"), ('{"number":17,"total":40.0}', "contract"), ("", "empty")],
)
def test_the_baseline_answers_and_both_calls_are_paid_for(tmp_path: Path, text: str, signal: str) -> None:
    routed.publish(tmp_path / "data", routed.certified("faq"))
    with (
        ReplayUpstream.start(with_answer(tmp_path / "answers", text)) as upstream,
        running_proxy(tmp_path, routed.config(upstream.url)) as proxy,
        openai.OpenAI(
            base_url=f"{proxy.url}/v1", api_key="k", default_headers={"x-suffice-feature": "faq"}
        ) as client,
    ):
        answer = client.chat.completions.with_raw_response.create(
            model=BASELINE, messages=[{"role": "user", "content": INVOICE}], response_format=FORM
        )
        found = routed.legs(proxy, "faq", at_least=2)
        assert proxy.health()["faults"] == {}
    parsed = answer.parse()
    assert (parsed.model, json.loads(parsed.choices[0].message.content)) == (
        BASELINE,
        {"number": "A-17", "total": 40.0},
    )
    assert answer.headers["x-suffice-model"] == BASELINE
    assert answer.headers["x-suffice-reason"] == "escalated"
    (served,), (thrown,) = found["served"], found["discarded"]
    assert served.outcome.signals == ("escalated", signal)
    assert thrown.outcome.signals == (signal,)
    assert (thrown.outcome.parent, thrown.outcome.sent_model) == (served.outcome.id, CHEAPER)
    assert (served.cost.grade, thrown.cost.grade) == ("measured", "measured")
    assert (served.cost.nanos, thrown.cost.nanos) == (40 * 2_500 + 12 * 15_000, 40 * 750 + 12 * 4_500)

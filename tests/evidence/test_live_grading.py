from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from raw import RawProvider, raw_provider

from recorded import HELLO, write_answers
from suffice.catalog.prices import PriceBook
from suffice.config import GraderSettings, Provider
from suffice.errors import UpstreamError
from suffice.evidence.graders import Parts
from suffice.evidence.grading import Ask, Sample
from suffice.evidence.live_grading import Judged, LiveGrading, grades_live, judge_of, live_grader
from suffice.testing import ReplayUpstream
from suffice.types import Outcome
from suffice.upstream.client import UpstreamPool

EXPECTED = GraderSettings(kind="exact")
BASELINE = GraderSettings(kind="exact", reference="baseline")


def answer(text: str) -> dict[str, Any]:
    return {
        "model": "m",
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
    }


def graded(tables: dict[str, GraderSettings], baseline: dict[str, Any], candidate: dict[str, Any]) -> Judged:
    live = LiveGrading(tables, Parts())
    sample = Sample(id="1", bucket="faq", request={})
    return asyncio.run(live.grade(sample, "chat_completions", baseline, candidate))


@pytest.mark.parametrize(
    ("settings", "live"),
    [
        (EXPECTED, False),
        (BASELINE, True),
        (GraderSettings(kind="human"), False),
        (GraderSettings(kind="embedding", reference="baseline"), False),
        (GraderSettings(kind="json_schema"), True),
        (GraderSettings(kind="json_schema", fields=("*",)), False),
        (GraderSettings(kind="judge", model="openai/gpt-5.4"), True),
        (GraderSettings(kind="command", command=("true",)), True),
        (GraderSettings(kind="regex", pattern="x", reference="none"), True),
    ],
)
def test_who_can_grade_what_has_no_right_answer(settings: GraderSettings, live: bool) -> None:
    assert grades_live(settings) is live


def test_a_table_for_live_traffic_comes_first_and_the_nearest_counts() -> None:
    special = GraderSettings(kind="contains", reference="baseline")
    assert live_grader("faq", {"faq": EXPECTED, "*": BASELINE}) == BASELINE
    assert live_grader("faq", {"faq": BASELINE, "live:faq": special}) == special
    assert live_grader("faq", {"faq": EXPECTED}) is None


def test_whether_a_use_case_can_be_graded() -> None:
    live = LiveGrading({"faq": BASELINE}, Parts())
    assert (live.can("faq"), live.can("faq"), live.can("other")) == (True, True, False)


def test_a_pair_is_graded_by_the_tables_grader() -> None:
    same, other = (graded({"faq": BASELINE}, answer("yes"), answer(text)) for text in ("yes", "no"))
    assert (same.d, other.d) == (0.0, -1.0)
    assert same.grader == "exact against the baseline"
    assert same.version


def test_no_grader_and_no_answer_are_no_verdict() -> None:
    assert graded({}, answer("yes"), answer("yes")).reason == "no_grader"
    found = graded({"faq": BASELINE}, answer("yes"), {"error": {"message": "no"}})
    assert (found.d, found.reason.partition(":")[0]) == (None, "unreadable_answer")


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


def asked(upstream: ReplayUpstream | RawProvider, legs: list[Outcome], body: dict[str, Any]) -> Any:
    async def run() -> Any:
        pool = UpstreamPool(connect_timeout_s=5, read_timeout_s=5)
        provider = Provider(name="openai", base_url=f"{upstream.url}/v1", prices="openai")
        price_of = PriceBook({"openai": "openai"}).cost

        def record(leg: Outcome, _: object) -> None:
            legs.append(leg)

        ask: Ask = judge_of(
            pool, {"openai": provider}, price_of, record, lambda: 1_790_000_000_000_000_000, lambda: "id"
        )
        try:
            return await ask(body)
        finally:
            await pool.close()

    return asyncio.run(run())


def test_a_judges_call_is_a_leg_of_the_ledger(upstream: ReplayUpstream) -> None:
    legs: list[Outcome] = []
    messages = [{"role": "user", "content": HELLO}]
    document, cost = asked(upstream, legs, {"model": "openai/gpt-5.4", "messages": messages})
    assert document["choices"]
    assert cost is not None
    assert cost > 0
    (leg,) = legs
    assert (leg.leg, leg.reason, leg.requested_model) == ("shadow", "grading", "gpt-5.4")
    assert leg.usage is not None


def test_a_judge_of_no_provider_is_told(upstream: ReplayUpstream) -> None:
    with pytest.raises(UpstreamError, match="not configured"):
        asked(upstream, [], {"model": "nobody/gpt-5.4", "messages": []})


def test_a_judge_whose_calls_cannot_be_counted_is_not_asked(upstream: ReplayUpstream) -> None:
    before, legs = len(upstream.served), list[Outcome]()
    with pytest.raises(UpstreamError, match="no price for the judge openai/of-nobody") as raised:
        asked(upstream, legs, {"model": "openai/of-nobody", "messages": []})
    assert (raised.value.code, legs, len(upstream.served)) == ("no_price", [], before)


def test_a_judge_that_does_not_tell_its_usage_counts_with_the_most() -> None:
    silent = {"model": "gpt-5.4", "choices": [{"message": {"role": "assistant", "content": "VERDICT: 1"}}]}
    body = json.dumps(silent).encode()
    response = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    with raw_provider(response) as provider:
        _, cost = asked(provider, [], {"model": "openai/gpt-5.4", "messages": [], "max_tokens": 10})
    assert cost is not None
    assert cost > 0

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from raw import raw_provider
from sums import BAD, BIG, GOOD, HAIKU, journal, planned, ran, right, write_sums

from suffice.config import GraderSettings
from suffice.errors import StoreError
from suffice.evidence.asking import Desk
from suffice.evidence.grading import Answered, Ask, PairScorer, Sample, Score, Scorer
from suffice.evidence.plan import PlannedBucket
from suffice.evidence.result import TrialResult
from suffice.evidence.rows import spent_by_row
from suffice.evidence.runner import ENDED, Finished
from suffice.testing import ReplayOptions, ReplayUpstream
from suffice.testing.replay_upstream import Served


def by_candidate(finished: Finished) -> dict[str, TrialResult]:
    return {result.candidate: result for result in finished.results}


def asked(served: list[Served]) -> Counter[tuple[str, str]]:
    """How often each prompt went to each model."""
    bodies = [json.loads(one.body) for one in served]
    return Counter((body["messages"][-1]["content"], body["model"]) for body in bodies)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sums(tmp_path, {"sums": 120})


def test_the_good_one_is_equivalent_the_bad_ones_are_dropped_early_and_the_money_adds_up(
    folder: Path,
) -> None:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD, BAD, f"other/{HAIKU}")
        finished = ran(folder, upstream.url, plan)
        served = upstream.served
    results = by_candidate(finished)
    assert finished.state == "done"
    good, bad = results["gpt-4o-mini"], results["gpt-3.5-turbo"]
    assert good.verdict == "EQUIVALENT"
    assert good.noise.mean_absolute == 0.0
    assert good.noise.n == sum(unit.twice for unit in plan.buckets[0].units[: good.asked])
    assert (bad.asked, bad.verdict) in {(20, "INCONCLUSIVE"), (20, "WORSE")}
    assert bad.dropped == "clearly worse after 20 units"
    counts = asked(served)
    assert sum(count for (_, model), count in counts.items() if model == BAD) == 20
    assert max(count for (_, model), count in counts.items() if model != BIG) == 1
    assert set(counts.values()) == {1, 2}, "the baseline alone is asked twice, for some units"
    with closing(journal(folder)) as store:
        assert finished.spent_nanos == store.spent_nanos("t1") == sum(spent_by_row(plan, store).values())
        assert sum(result.spent_nanos for result in finished.results) == finished.spent_nanos
        assert len(list(store.calls("t1"))) == len(served)
        kept = [msgspec.json.decode(raw, type=TrialResult) for raw in store.results("t1")]
        assert {result.candidate: result for result in kept} == results


@pytest.mark.parametrize("provider", ["other", "anthropic"])
def test_differences_are_those_of_the_recorded_answers(folder: Path, provider: str) -> None:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, f"{provider}/{HAIKU}", delta=0.3)
        (result,) = ran(folder, upstream.url, plan).results
        paths = {one.path for one in upstream.served}
    assert paths == {"/v1/chat/completions"}, "also where the provider has another format of its own"
    assert result.candidate == HAIKU
    units = [int(unit.id.rpartition("-")[2]) for unit in plan.buckets[0].units[: result.asked]]
    truth = sum(right(HAIKU, number) - right(BIG, number) for number in units) / len(units)
    assert result.mean == pytest.approx(truth)
    assert result.baseline_score == 1.0
    assert result.candidate_cost_nanos == 30 * 250 + 5 * 1250
    assert result.output_ratio == 1.0


def test_the_same_plan_finds_the_same_again(folder: Path, tmp_path: Path) -> None:
    second = write_sums(tmp_path / "second", {"sums": 120})
    with ReplayUpstream.start(folder) as upstream:
        first = ran(folder, upstream.url, planned(folder, upstream.url, GOOD, BAD))
        again = ran(second, upstream.url, planned(second, upstream.url, GOOD, BAD), concurrency=2)
    assert first == again


def test_a_run_that_is_over_asks_nothing_when_it_is_run_again(folder: Path) -> None:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD)
        first = ran(folder, upstream.url, plan)
        count = len(upstream.served)
        assert ran(folder, upstream.url, plan) == first
        assert len(upstream.served) == count


def test_the_cap_is_never_passed_and_more_money_goes_on_where_it_stopped(
    folder: Path, tmp_path: Path
) -> None:
    other = write_sums(tmp_path / "other", {"sums": 120})
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD)
        # The longest answer of the baseline alone may cost 16 cents: the rest of the cap stays unspent.
        capped = ran(folder, upstream.url, plan, max_usd=0.172)
        count = len(upstream.served)
        assert capped.state == "capped"
        assert capped.spent_nanos <= 172_000_000
        assert 0 < count < 120
        assert "--max-usd" in capped.said
        whole = ran(folder, upstream.url, plan, max_usd=5)
        assert whole.state == "done"
        assert max(asked(upstream.served).values()) <= 2
        uninterrupted = ran(other, upstream.url, planned(other, upstream.url, GOOD))
    assert whole.results == uninterrupted.results
    assert whole.spent_nanos == uninterrupted.spent_nanos


def test_logged_answers_stand_for_the_baseline_except_for_the_noise(folder: Path) -> None:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD, reuse_logged=True)
        (result,) = ran(folder, upstream.url, plan).results
        counts = Counter(model for _, model in asked(upstream.served).elements())
    assert counts[GOOD] == result.asked
    assert counts[BIG] == result.noise.n == sum(unit.twice for unit in plan.buckets[0].units[: result.asked])
    assert result.baseline_cost_nanos == 125_000


def test_out_of_quota_halfway_pauses_and_resumes_to_the_same_end(folder: Path, tmp_path: Path) -> None:
    other = write_sums(tmp_path / "other", {"sums": 120})
    poor = ReplayOptions(fault_rates=("402=0.03",), seed=5)
    with ReplayUpstream.start(folder) as upstream, ReplayUpstream.start(folder, poor) as broke:
        plan = planned(folder, upstream.url, GOOD)
        paused = ran(folder, broke.url, plan)
        answered = asked([one for one in broke.served if one.status == 200])
        assert paused.state == "paused"
        assert "quota" in paused.said
        assert answered, "it ran out halfway"
        whole = ran(folder, upstream.url, plan)
        later = asked(upstream.served)
        twice = {key for key in answered & later if key[1] != BIG}
        assert twice == set(), "no candidate's answer is paid for twice"
        assert whole.results == ran(other, upstream.url, planned(other, upstream.url, GOOD)).results


def test_errors_that_stay_are_no_verdict_and_the_worst_they_hide_is_shown(folder: Path) -> None:
    faulty = ReplayOptions(fault_rates=("500=0.05",), seed=3)
    with ReplayUpstream.start(folder, faulty) as upstream:
        plan = planned(folder, upstream.url, GOOD, delta=0.4)
        finished = ran(folder, upstream.url, plan)
    (result,) = finished.results
    assert result.no_verdict > 0
    assert set(result.no_verdict_reasons) == {"provider_error"}
    assert result.n + result.no_verdict == result.asked
    assert result.lower_if_lost is not None
    assert result.lower_if_lost < result.lower


def test_retries_make_good_what_fails_now_and_then(folder: Path) -> None:
    faulty = ReplayOptions(fault_rates=("429=0.2",), seed=3)
    with ReplayUpstream.start(folder, faulty) as upstream:
        plan = planned(folder, upstream.url, GOOD)
        (result,) = ran(folder, upstream.url, plan, attempts=12).results
        assert any(one.status == 429 for one in upstream.served)
    assert result.no_verdict == 0
    assert result.verdict == "EQUIVALENT"


def test_a_candidate_that_refuses_everything_is_worse_not_missing(folder: Path) -> None:
    refusal = {
        "model": GOOD,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": None, "refusal": "I cannot."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }
    body = json.dumps(refusal).encode()
    with raw_provider(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body) as provider:
        plan = planned(folder, provider.url, GOOD, reuse_logged=True, twice_share=0.0)
        (result,) = ran(folder, provider.url, plan).results
    assert (result.no_verdict, result.mean, result.asked) == (0, -1.0, 20)
    assert result.dropped is not None


def test_another_model_than_asked_stops_the_row_and_says_so(folder: Path) -> None:
    said = {"model": BIG, "choices": [{"index": 0, "message": {"role": "assistant", "content": "1"}}]}
    body = json.dumps(said).encode()
    with raw_provider(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body) as provider:
        plan = planned(folder, provider.url, GOOD, reuse_logged=True, twice_share=0.0)
        (result,) = ran(folder, provider.url, plan, max_usd=50).results
    assert result.no_verdict_reasons == {"other_model": 20}
    assert result.dropped == "20 of 20 units have no verdict, most of them: other_model"
    assert result.verdict == "INCONCLUSIVE"


class Throws:
    """A grader of our own that fails on some requests."""

    NAME = "throws"
    VERSION = "1"
    advisory = False

    def __init__(self, when: Callable[[int], bool]) -> None:
        self._when = when

    async def score(self, sample: Sample, answer: Answered) -> Score:
        if self._when(int(sample.expected)):
            raise RuntimeError("the grader's own mistake")
        return Score(value=float(answer.text == str(sample.expected)), reason="compared")


def throwing(when: Callable[[int], bool]) -> Callable[[PlannedBucket, Ask], Scorer | PairScorer]:
    return lambda _bucket, _ask: Throws(when)


def test_a_grader_that_throws_now_and_then_leaves_units_without_a_verdict(folder: Path) -> None:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD)
        finished = ran(folder, upstream.url, plan, grader_of=throwing(lambda number: number % 40 == 0))
    (result,) = finished.results
    assert set(result.no_verdict_reasons) == {"grader_failed"}
    assert 0 < result.no_verdict < result.asked / 10
    assert finished.state == "done"


def test_a_grader_that_throws_most_of_the_time_stops_its_row_after_a_round(folder: Path) -> None:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD)
        finished = ran(folder, upstream.url, plan, grader_of=throwing(lambda number: number % 8 != 0))
        assert len(upstream.served) <= 42
    (result,) = finished.results
    assert result.dropped is not None
    assert result.dropped.endswith("of 20 units have no verdict, most of them: grader_failed")
    assert finished.state == "done"


def test_a_judge_that_talks_nonsense_gives_no_verdict(folder: Path) -> None:
    said = {
        "model": BIG,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Bananas."}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }
    body = json.dumps(said).encode()
    judge = GraderSettings(kind="judge", model=f"openai/{BIG}")
    with raw_provider(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body) as provider:
        # The provider answers as the baseline whoever is asked: as candidate it is no candidate.
        plan = planned(folder, provider.url, "openai/unheard-of", grader=judge)
        assert plan.rows == 0
        plan = planned(
            folder, provider.url, f"openai/{GOOD}", grader=judge, id="t2", reuse_logged=True, twice_share=1.0
        )
        (result,) = ran(folder, provider.url, plan, max_usd=90).results
    assert result.no_verdict == result.asked == 20
    assert result.noise.n == 0
    assert result.spent_nanos > 0


def test_a_stop_lets_calls_under_way_arrive_and_nothing_is_lost(folder: Path) -> None:
    desks: list[Desk] = []
    slow = ReplayOptions(latency_ms=20)
    with ReplayUpstream.start(folder, slow) as upstream:
        plan = planned(folder, upstream.url, GOOD)

        class Stops(Throws):
            async def score(self, sample: Sample, answer: Answered) -> Score:
                desks[0].stop("paused", "enough for today")
                return await super().score(sample, answer)

        stopped = ran(
            folder,
            upstream.url,
            plan,
            grader_of=lambda _bucket, _ask: Stops(lambda _: False),
            started=desks.append,
        )
        assert (stopped.state, stopped.said) == ("paused", "enough for today")
        with closing(journal(folder)) as store:
            assert {call.state for call in store.calls("t1")} == {"done"}
            assert store.head("t1").state == "paused"
            assert len(list(store.calls("t1"))) == len(upstream.served)
        assert ran(folder, upstream.url, plan).state == "done"
        assert max(asked(upstream.served).values()) <= 2


def test_rows_of_many_use_cases_go_on_until_all_of_them_can_be_certified_together(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 100, "more": 100, "third": 100})
    with ReplayUpstream.start(folder) as upstream:
        alone = planned(folder, upstream.url, GOOD, buckets=("sums",), id="t1")
        (single,) = ran(folder, upstream.url, alone).results
        many = planned(folder, upstream.url, GOOD, BAD, f"other/{HAIKU}", id="t2")
        finished = ran(folder, upstream.url, many)
    good = [result for result in finished.results if result.candidate == "gpt-4o-mini"]
    assert single.verdict == "EQUIVALENT"
    assert {result.verdict for result in good} == {"EQUIVALENT"}
    assert all(result.e_value >= 9 / (0.05 * 3) for result in good), "three of nine rows"


def test_a_call_that_is_gone_from_the_log_stops_the_run(folder: Path) -> None:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD)
        (folder / "traffic.db").unlink()
        for left in folder.glob("traffic.db-*"):
            left.unlink()
        write_sums(folder, {"others": 30})
        with pytest.raises(StoreError, match="is gone"):
            ran(folder, upstream.url, plan)
    with closing(journal(folder)) as store:
        head = store.head(plan.id)
    assert (head.state, head.said) == ("paused", ENDED), "nothing runs any more"

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sums import BAD, BIG, DAY_NS, GOOD, HAIKU, NOW_NS, NUMERIC, market_at, planned, write_sums

from suffice.config import GraderSettings
from suffice.errors import ConfigError
from suffice.evidence import planning
from suffice.evidence.plan import PlannedBucket, PlannedRow
from suffice.evidence.planning import GUESS_SAID, Source, Wish, make_plan, needs_expected
from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.types import LoggedCall

URL = "http://127.0.0.1:9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sums(tmp_path, {"sums": 120, "few": 7})


def buckets(folder: Path, *candidates: str, **wish: object) -> dict[str, PlannedBucket]:
    return {bucket.bucket: bucket for bucket in planned(folder, URL, *candidates, **wish).buckets}


def only(bucket: PlannedBucket) -> PlannedRow:
    (row,) = bucket.rows
    return row


def test_each_use_case_has_its_sample_its_baseline_and_a_forecast(folder: Path) -> None:
    sums = buckets(folder)["sums"]
    assert (sums.baseline, sums.baseline_name) == (f"openai/{BIG}", "gpt-4o")
    assert (sums.population, sums.set_aside, sums.strata, sums.whole) == (120, 0, 4, True)
    assert len({unit.id for unit in sums.units}) == 120
    assert sums.calls_per_month == pytest.approx(120 * 30.44 * 24 / 119)
    row = only(sums)
    assert row.guess == GUESS_SAID
    assert row.expected_units is not None
    assert 20 <= row.expected_units <= 120
    assert row.expected_calls == round(row.expected_units * 2.1)
    mini, big = 30 * 150 + 5 * 600, 30 * 2_500 + 5 * 10_000
    assert row.expected_nanos == round(row.expected_units * (mini + 1.1 * big))


def test_a_use_case_of_seven_requests_cannot_be_tried(folder: Path) -> None:
    few = buckets(folder)["few"]
    assert few.cannot == "7 requests: a round is 20"
    assert list(buckets(folder, buckets=("few",), id="t2")) == ["few"]
    assert few.tried == ()


def test_without_candidates_the_smaller_siblings_are_tried(folder: Path) -> None:
    plan = make_plan(
        Wish(id="t", seed=1),
        _source(folder),
    )
    sums = next(bucket for bucket in plan.buckets if bucket.bucket == "sums")
    assert [row.candidate for row in sums.rows] == ["openai/gpt-4o-mini", "openai/gpt-3.5-turbo"]


def _source(
    folder: Path, *, grader: GraderSettings | None = NUMERIC, earlier: tuple[float, ...] = ()
) -> Source:
    return Source(
        log=TrafficStore(folder / TRAFFIC, read_only=True),
        market=market_at(URL),
        grader_of=lambda _: grader,
        advisory=lambda _: True,
        earlier=lambda *_: earlier,
    )


def test_what_an_earlier_trial_saw_counts_in_place_of_the_guess(folder: Path) -> None:
    plan = make_plan(Wish(id="t", seed=1, candidates=(GOOD,)), _source(folder, earlier=(0.0,) * 200))
    row = only(next(bucket for bucket in plan.buckets if bucket.bucket == "sums"))
    assert row.guess == "200 differences of an earlier trial"
    assert plan.buckets[0].advisory


def test_the_baseline_is_shared_by_its_candidates_and_saved_where_its_log_is_used(folder: Path) -> None:
    two = buckets(folder, GOOD, BAD, id="t2")["sums"].rows[0]
    logged = only(buckets(folder, reuse_logged=True, id="t3")["sums"])
    assert two.expected_units is not None
    assert logged.expected_units is not None
    assert two.expected_calls == round(two.expected_units * (1 + 1.1 / 2))
    assert logged.expected_calls == round(logged.expected_units * 1.1)


def test_a_grader_that_needs_expected_answers_and_has_none_tries_nothing(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 60}, expected=False)
    sums = buckets(folder)["sums"]
    assert sums.cannot == "0 requests: a round is 20; left out: no expected answer, which the grader needs"
    against = GraderSettings(kind="exact", reference="baseline")
    assert buckets(folder, grader=against, id="t2")["sums"].cannot is None


def test_without_a_grader_a_use_case_says_where_to_write_one(folder: Path) -> None:
    assert '[graders."sums"]' in (buckets(folder, grader=None)["sums"].cannot or "")


def test_candidates_that_cannot_be_asked_are_kept_with_their_reason(folder: Path) -> None:
    rows = {
        row.candidate: row
        for row in buckets(folder, GOOD, "claude-haiku-4-5", "unpriced/x", BIG)["sums"].rows
    }
    assert rows[f"openai/{GOOD}"].cannot is None
    assert rows["anthropic/claude-haiku-4-5"].cannot is None, "its provider serves chat completions too"
    assert "no price" in (rows["unpriced/x"].cannot or "")
    assert rows[f"openai/{BIG}"].cannot == "it is the baseline"


def add(folder: Path, count: int, *, bucket: str = "sums", model: str = BIG, **request: object) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], **request}
    calls = [
        LoggedCall(
            id=f"x-{model}-{bucket}-{at}", source="test", model=model, feature=bucket, request=body, expected=1,
            received_ns=NOW_NS - DAY_NS,
        )
        for at in range(count)
    ]  # fmt: skip
    with closing(TrafficStore(folder / TRAFFIC)) as traffic:
        assert traffic.add(calls) == count


def test_requests_for_another_model_are_left_out_and_counted(folder: Path) -> None:
    add(folder, 9, model="gpt-4.1")
    sums = buckets(folder)["sums"]
    assert (sums.calls, sums.population) == (129, 120)
    assert sums.left_out == {"they ask for another model": 9}
    other = buckets(folder, baseline="gpt-4.1", id="t2")["sums"]
    assert other.cannot == "9 requests: a round is 20; left out: they ask for another model"
    assert "none of its requests" in (buckets(folder, baseline="gpt-5.4", id="t3")["sums"].cannot or "")


def test_a_few_requests_that_a_candidate_may_not_serve_are_left_out_and_many_exclude_it(folder: Path) -> None:
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]
    add(folder, 12, messages=picture)
    sums = buckets(folder, GOOD, BAD)["sums"]
    assert [row.cannot for row in sums.rows] == [None, None]
    assert sums.left_out == {f"{BAD}: it cannot see images": 12}
    assert sums.population == 120
    add(folder, 40, model="gpt-4o", messages=picture)
    good, bad = buckets(folder, GOOD, BAD, id="t2")["sums"].rows
    assert good.cannot is None
    assert bad.cannot == "52 of 172 requests looked at: it cannot see images"


def test_a_large_use_case_is_sampled_down_and_its_population_estimated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_UNITS", 40)
    sums = buckets(folder)["sums"]
    assert (len(sums.units), sums.population, sums.whole) == (40, 120, False)


def test_a_plan_is_the_same_for_the_same_seed(folder: Path) -> None:
    plans = [
        planned(folder, URL, GOOD, f"other/{HAIKU}", id=f"t{at}", seed=seed)
        for at, seed in enumerate((4, 4, 5))
    ]
    assert plans[0].buckets == plans[1].buckets
    assert plans[0].buckets[0].units != plans[2].buckets[0].units


def test_a_name_that_no_use_case_has_and_a_log_without_any_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no use case tickets; there are: few, sums"):
        buckets(folder, buckets=("tickets",))
    with closing(TrafficStore(tmp_path / "empty" / TRAFFIC)) as traffic:
        traffic.add([LoggedCall(id="1", source="test", model=BIG, request={})])
    with pytest.raises(ConfigError, match="suffice buckets"):
        buckets(tmp_path / "empty")


def test_use_cases_that_buckets_found_count_before_the_tag(folder: Path) -> None:
    with closing(TrafficStore(folder / TRAFFIC)) as traffic:
        traffic.assign((f"sums-{number:05d}", "found") for number in range(60))
    found = buckets(folder)
    assert (found["found"].calls, found["sums"].calls) == (60, 60)


def test_embeddings_cannot_be_tried(folder: Path) -> None:
    with closing(TrafficStore(folder / TRAFFIC)) as traffic:
        traffic.add(
            [
                LoggedCall(
                    id=f"e{at}",
                    source="t",
                    model="text-embedding-3-small",
                    api="embeddings",
                    feature="e",
                    request={},
                )
                for at in range(30)
            ]
        )
    assert "which no trial can ask" in (buckets(folder)["e"].cannot or "")


def test_which_graders_need_an_expected_answer() -> None:
    assert needs_expected(GraderSettings(kind="numeric"))
    assert not needs_expected(GraderSettings(kind="json_schema"))
    assert needs_expected(GraderSettings(kind="json_schema", fields=("a",)))
    assert not needs_expected(GraderSettings(kind="judge", model="openai/x"))

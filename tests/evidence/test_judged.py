from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sums import BAD, BIG, NOW_NS, journal, planned, ran, write_sums

from suffice.config import GraderSettings
from suffice.evidence.calibrating import calibrate
from suffice.evidence.graders.judge import Judge
from suffice.evidence.grading import digest_of
from suffice.evidence.judged import earlier_judged, judged_pairs, stored_answer
from suffice.evidence.plan import Plan
from suffice.store.ratings import Rating
from suffice.store.trials import TRIALS, TrialHead, TrialStore
from suffice.testing import ReplayUpstream

SETTINGS = GraderSettings(kind="judge", model=f"openai/{BIG}")
BASELINE, CANDIDATE = f"openai/{BIG}", f"openai/{BAD}"


class Given:
    def __init__(self, *ratings: Rating) -> None:
        self._ratings = ratings

    def of(self, unit: str) -> list[Rating]:
        return [one for one in self._ratings if one.unit == unit]


async def prefers_the_first(_body: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
    return {"model": "judge", "choices": [{"message": {"content": "VERDICT: 1"}}]}, 10


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    folder = write_sums(tmp_path_factory.mktemp("sums"), {"sums": 40})
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, BAD, grader=SETTINGS)
        ran(
            folder,
            upstream.url,
            plan,
            grader_of=lambda _bucket, _ask: Judge(ask=prefers_the_first, model="m"),
        )
    return folder, plan


def units_asked_about(folder: Path, plan: Plan) -> list[str]:
    """Odd sums, where the two answers differ; of the others the judge is not asked."""
    with closing(journal(folder)) as store:
        stored = store.grades(plan.id, "sums", CANDIDATE)
    return [unit for unit in stored if int(unit.rpartition("-")[2]) % 2]


def pairs(folder: Path, plan: Plan, *ratings: Rating, **more: Any) -> list[Any]:
    (bucket,) = plan.buckets
    with closing(journal(folder)) as store:
        return judged_pairs(store, Given(*ratings), (plan.id, bucket, bucket.rows[0]), **more)


def test_pairs_that_the_judge_was_asked_about_are_found(trial: tuple[Path, Plan]) -> None:
    found = pairs(*trial)
    assert len(found) == len(units_asked_about(*trial)) > 0
    assert {(one.first, one.second, one.human) for one in found} == {("baseline", "candidate", None)}


def test_what_people_said_is_found_by_model_or_by_answer(trial: tuple[Path, Plan]) -> None:
    folder, plan = trial
    unit, other, *_ = units_asked_about(folder, plan)
    with closing(journal(folder)) as store:
        answers = [
            stored_answer(store, plan.id, (unit, model, "0"), "chat_completions")
            for model in (BASELINE, CANDIDATE)
        ]
    assert answers[0] is not None
    assert answers[1] is not None
    exact = Rating(
        unit=unit,
        model="whatever",
        digest=digest_of(answers[1]),
        against="it was called",
        against_digest=digest_of(answers[0]),
        value=-0.5,
    )
    by_model = Rating(unit=other, model=BIG, against=BAD, value=1.0, rated_ns=NOW_NS)
    of_another = Rating(unit=other, model=BAD, digest="0" * 16, against=BIG, value=1.0)
    said = [one.human for one in pairs(folder, plan, exact, by_model, of_another) if one.human is not None]
    assert sorted(said) == [-1.0, -0.5]
    before = pairs(folder, plan, exact, by_model, rated_before_ns=NOW_NS)
    assert [one.human for one in before if one.human is not None] == [-0.5]


def test_a_later_trial_of_the_same_judge_is_calibrated_on_what_was_known_when_it_was_planned(
    trial: tuple[Path, Plan],
) -> None:
    folder, plan = trial
    units = units_asked_about(folder, plan)
    early = [Rating(unit=unit, model=BAD, against=BIG, value=0.5, rated_ns=NOW_NS - 1) for unit in units]
    late = [Rating(unit=units[0], model=BAD, against=BIG, value=-1.0, rater="b", rated_ns=NOW_NS + 5)]
    next_ = msgspec.structs.replace(plan, id="t2", created_ns=NOW_NS + 1)
    version = plan.buckets[0].grader_version
    with closing(TrialStore(folder / TRIALS)) as store:
        store.plan(TrialHead(id="t2", created_ns=NOW_NS + 1, state="planned", plan=next_.encode()))
        store.plan(TrialHead(id="old", created_ns=0, state="done", plan=b'{"of": "another version"}'))
        found = list(earlier_judged(store, Given(*early, *late), next_, version))
        assert [one.human for one in found] == [0.5] * len(units)
        worth = calibrate(found)
        assert worth.tie == pytest.approx(0.5 * len(units) / (len(units) + 10))
        assert list(earlier_judged(store, Given(*early), next_, "1-another")) == []
        assert list(earlier_judged(store, Given(*early), plan, version)) == []


def test_an_answer_that_is_not_there_is_none(trial: tuple[Path, Plan]) -> None:
    folder, plan = trial
    with closing(journal(folder)) as store:
        assert stored_answer(store, plan.id, ("nowhere", BASELINE, "0"), "chat_completions") is None
        unit = units_asked_about(folder, plan)[0]
        assert stored_answer(store, plan.id, (unit, BASELINE, "0"), "messages") is None
        found = stored_answer(store, plan.id, (unit, BASELINE, "0"), "chat_completions")
    assert found is not None
    assert found.text == str(2 * int(unit.rpartition("-")[2]))

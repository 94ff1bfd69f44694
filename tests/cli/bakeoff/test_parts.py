from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sums import GOOD, NUMERIC, planned, write_sums

from suffice.cli.bakeoff._parts import (
    _calibration,
    _grader,
    asked_providers,
    earlier_of,
    grader_setting,
    is_advisory,
    keys_of,
    nobody,
    plan_of,
)
from suffice.config import GraderSettings, Provider, Secret, Settings
from suffice.errors import ConfigError, StoreError
from suffice.evidence.calibrating import Calibration
from suffice.evidence.graders import Parts, identity
from suffice.evidence.graders.judge import Judge
from suffice.evidence.trial import Graded
from suffice.store.ratings import RATINGS, RatingStore
from suffice.store.trials import TRIALS, TrialHead, TrialStore

URL = "http://127.0.0.1:9"


def settings(**providers: Provider) -> Settings:
    return Settings(providers={one.name: one for one in providers.values()})


def test_a_grader_is_read_with_its_bucket_and_its_keys() -> None:
    assert grader_setting("exact") == ("*", GraderSettings(kind="exact"))
    assert grader_setting("a:b:numeric,absolute_tolerance=0.5,field=x") == (
        "a:b",
        GraderSettings(kind="numeric", absolute_tolerance=0.5, field="x"),
    )
    assert grader_setting("json_schema,schema=s.json,fields=total")[1] == GraderSettings(
        kind="json_schema", schema=Path("s.json"), fields=("total",)
    )


@pytest.mark.parametrize(
    "text", ["", "exact,reference=", "exact,reference=nobody", "numeric,absolute_tolerance=-1"]
)
def test_what_is_no_grader_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        grader_setting(text)


def test_a_key_comes_from_the_option_else_the_settings_else_where_sdks_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = Provider(name="own", base_url="https://x.example", secret=Secret("sk-own"))
    openai = Provider(name="openai", base_url="https://y.example")
    here = Provider(name="here", base_url="http://localhost:1234/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-usual")
    monkeypatch.setenv("MINE", "sk-mine")
    all_ = settings(own=own, openai=openai, here=here)
    assert keys_of(all_, ["own", "openai", "here"], ()) == {"own": "sk-own", "openai": "sk-usual"}
    assert keys_of(all_, ["own"], ("own=MINE",)) == {"own": "sk-mine"}
    with pytest.raises(ConfigError, match="not configured any more"):
        keys_of(all_, ["gone"], ())
    with pytest.raises(ConfigError, match="NOWHERE is not set"):
        keys_of(all_, ["own"], ("own=NOWHERE",))


def test_the_providers_of_a_plan_are_those_of_its_models_and_its_judge(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 40})
    judge = GraderSettings(kind="judge", model="other/judge")
    assert asked_providers(planned(folder, URL, GOOD)) == {"openai"}
    assert asked_providers(planned(folder, URL, GOOD, grader=judge, id="t2")) == {"openai", "other"}
    assert asked_providers(planned(folder, URL, "nowhere/x", id="t3")) == set()


def test_earlier_differences_are_of_the_same_use_case_candidate_and_grader(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 40})
    plan = planned(folder, URL, GOOD)
    (bucket,) = plan.buckets
    with closing(TrialStore(folder / TRIALS)) as store:
        for unit, d in (("u1", 1.0), ("u2", None), ("u3", 0.0)):
            grade = msgspec.json.encode(Graded(unit=unit, d=d))
            store.grade(plan.id, "sums", bucket.rows[0].candidate, unit, grade)
        assert earlier_of(store, "sums", "gpt-4o-mini", bucket.grader_version) == (), "it has not run"
        store.say(plan.id, "done")
        # The newest trial is of another version: what it says cannot be told, and is in nobody's way.
        store.plan(
            TrialHead(id="old", created_ns=plan.created_ns + 1, state="done", plan=b'{"of": "another"}')
        )
        assert earlier_of(store, "sums", "gpt-4o-mini", bucket.grader_version) == [1.0, 0.0]
        assert earlier_of(store, "sums", "gpt-4o-mini", "another") == ()
        assert earlier_of(store, "sums", "gpt-3.5-turbo", bucket.grader_version) == ()


def test_the_newest_plan_counts_where_none_is_named(tmp_path: Path) -> None:
    with closing(TrialStore(tmp_path / TRIALS)) as store, pytest.raises(StoreError):
        plan_of(store, None)
    folder = write_sums(tmp_path, {"sums": 40})
    first = planned(folder, URL, GOOD, id="a1")
    newest = planned(folder, URL, GOOD, id="a2")
    with closing(TrialStore(tmp_path / TRIALS)) as store:
        assert plan_of(store, None) == newest
        assert plan_of(store, "a1") == first


def test_only_some_graders_are_advisory(tmp_path: Path) -> None:
    assert not is_advisory(NUMERIC, folder=tmp_path)
    assert is_advisory(GraderSettings(kind="embedding"), folder=tmp_path)
    assert not is_advisory(GraderSettings(kind="judge", model="openai/x"), folder=tmp_path)


def test_a_judge_is_calibrated_on_what_people_said_of_earlier_trials_of_its_own(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 40})
    settings_ = GraderSettings(kind="judge", model="openai/judge")
    plan = planned(folder, URL, GOOD, grader=settings_)
    (bucket,) = plan.buckets
    asked: list[str] = []

    def calibration_of(version: str) -> Calibration:
        asked.append(version)
        return Calibration(candidate=0.25)

    judge = _grader(bucket, nobody, parts=Parts(), calibration_of=calibration_of)
    assert isinstance(judge, Judge)
    assert (judge.calibration.candidate, asked) == (0.25, [bucket.grader_version])
    with closing(TrialStore(folder / TRIALS)) as store:
        ratings = RatingStore(folder / RATINGS, read_only=True)
        found = _calibration(bucket.grader_version, store=store, ratings=ratings, plan=plan, name_of=str)
    assert found == Calibration()
    other = msgspec.structs.replace(bucket, grader=NUMERIC, grader_version=identity(NUMERIC)[1])
    _grader(other, nobody, parts=Parts(), calibration_of=calibration_of)
    assert len(asked) == 1, "only a judge is calibrated"


def test_a_grader_that_is_another_than_when_the_trial_was_planned_is_refused(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 40})
    schema = folder / "sum.json"
    schema.write_text('{"type": "object"}')
    settings_ = GraderSettings(kind="json_schema", schema=schema)
    (bucket,) = planned(folder, URL, GOOD, grader=settings_).buckets

    def grader() -> object:
        return _grader(bucket, nobody, parts=Parts(), calibration_of=lambda _: Calibration())

    assert grader()
    schema.write_text('{"type": "array"}')
    with pytest.raises(ConfigError) as raised:
        grader()
    assert raised.value.code == "other_grader"
    schema.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        grader()

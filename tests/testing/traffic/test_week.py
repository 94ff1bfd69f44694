from __future__ import annotations

import json
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from suffice.testing.recorded_week import WeekRequest, read_week
from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.prompt_key import prompt_key
from suffice.testing.traffic import USE_CASES, write_weeks
from suffice.testing.traffic.models import MODELS
from suffice.testing.traffic.week import BEGIN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traffic")
    write_weeks(folder, conversations=540)
    return folder


@pytest.fixture(scope="module")
def week(folder: Path) -> list[WeekRequest]:
    return list(read_week(folder))


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_weeks(tmp_path / name, seed=seed, conversations=60)
    for file in ("week.jsonl", "week-1.jsonl", "answers.jsonl"):
        first, same, other = ((tmp_path / name / file).read_bytes() for name in "abc")
        assert first == same != other


def test_a_week_is_written_quickly_and_small(tmp_path: Path) -> None:
    begun = time.perf_counter()
    (count,) = write_weeks(tmp_path)
    assert time.perf_counter() - begun < 4
    assert 1_900 < count < 2_300
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 20_000_000


def test_weeks_follow_each_other_and_no_prompt_comes_twice(tmp_path: Path) -> None:
    counts = write_weeks(tmp_path, weeks=3, conversations=100)
    weeks = [list(read_week(tmp_path / f"week-{number}.jsonl")) for number in (1, 2, 3)]
    assert [len(week) for week in weeks] == counts
    assert list(read_week(tmp_path)) == [request for week in weeks for request in week]
    begins = [datetime.fromisoformat(week[0].timestamp) for week in weeks]
    assert [(begin - BEGIN).days // 7 for begin in begins] == [0, 1, 2]
    recording = Recording.load(tmp_path)
    assert len(recording) == sum(counts)
    every = [request for week in weeks for request in week]
    assert len({request.id for request in every}) == len(every)
    sessions = [{request.session for request in week if request.session} for week in weeks]
    assert not sessions[0] & sessions[1]


def test_the_replay_upstream_has_an_answer_of_every_model(folder: Path, week: list[WeekRequest]) -> None:
    recording = Recording.load(folder)
    assert recording.models == tuple(sorted(MODELS))
    assert len(recording) == len(week)
    for request in week:
        key = prompt_key("chat_completions", request.request)
        assert all(recording.find(key, model) for model in MODELS)


def test_the_recorded_response_is_the_baselines_answer(
    week: list[WeekRequest], rows: list[dict[str, Any]]
) -> None:
    answers = {(row["request_id"], row["model"]): row for row in rows}
    for request in week:
        row = answers[request.id, request.request["model"]]
        assert request.response["choices"][0]["message"] == json.loads(row["message"])
        assert request.response["usage"]["prompt_tokens"] == row["input_tokens"]
        assert request.response["usage"]["completion_tokens"] == row["output_tokens"]


def test_it_is_one_week_in_order_mostly_at_work(week: list[WeekRequest]) -> None:
    times = [datetime.fromisoformat(request.timestamp) for request in week]
    assert times == sorted(times)
    assert (times[-1] - times[0]).days == 6
    assert sum(8 <= at.hour < 19 for at in times) > 0.7 * len(times)


def test_every_use_case_and_several_baselines_occur(week: list[WeekRequest]) -> None:
    features = Counter(request.feature for request in week)
    assert features.keys() == {use_case.name for use_case in USE_CASES}
    assert min(features.values()) >= 10
    baselines = Counter(request.request["model"] for request in week)
    assert baselines["gpt-5.4"] > len(week) / 2
    assert "claude-opus-5" in baselines


def test_better_models_are_right_more_often(week: list[WeekRequest], rows: list[dict[str, Any]]) -> None:
    def mean(model: str, *features: str) -> float:
        ids = {request.id for request in week if request.feature in features}
        scores = [row["score"] for row in rows if row["model"] == model and row["request_id"] in ids]
        return sum(scores) / len(scores)

    hard = ("contract-comparison", "campaign-copy", "price-reasoning")
    assert mean("gpt-5.4", *hard) > mean("gpt-5.4-mini", *hard) + 0.1 > mean("gpt-5.4-nano", *hard) + 0.2
    assert mean("gpt-5.4-nano", "support-intent", "review-sentiment") > 0.9


def test_what_is_hard_is_hard_for_all_models(rows: list[dict[str, Any]]) -> None:
    scores: dict[str, dict[str, float]] = {}
    for row in rows:
        scores.setdefault(row["request_id"], {})[row["model"]] = row["score"]
    failed = [one for one in scores.values() if not one["gpt-5.4"]]
    wrong = sum(1 - one["gpt-5.4-mini"] for one in scores.values()) / len(scores)
    assert len(failed) > 5
    assert sum(1 - one["gpt-5.4-mini"] for one in failed) / len(failed) > 3 * wrong


def test_right_answers_are_what_a_right_model_says(
    week: list[WeekRequest], rows: list[dict[str, Any]]
) -> None:
    """Held against the message itself, as a grader will: the scores of the generator are not asked."""
    messages = {(row["request_id"], row["model"]): (row["score"], json.loads(row["message"])) for row in rows}
    known = [request for request in week if request.expected is not None]
    assert {request.feature for request in known} >= {"support-intent", "price-reasoning", "refund-agent"}
    for request in known:
        score, message = messages[request.id, "gpt-5.4"]
        if isinstance(request.expected, list):
            (call,) = message["tool_calls"]
            said = {"name": call["function"]["name"], "arguments": json.loads(call["function"]["arguments"])}
            assert ([said] == request.expected) == bool(score)
        else:
            assert message["content"].endswith(request.expected) == bool(score)


def test_tokens_are_plausible(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        parts = row["cached_tokens"] + row["cache_write_tokens"]
        assert 0 <= parts <= row["input_tokens"]
        assert 0 <= row["reasoning_tokens"] < row["output_tokens"]
        assert 10 < row["input_tokens"] < 5000
    assert any(row["cached_tokens"] for row in rows if row["model"] == "gpt-5.4")
    assert any(row["cache_write_tokens"] for row in rows if row["model"] == "claude-opus-5")
    assert not any(row["cache_write_tokens"] for row in rows if row["model"].startswith("gpt"))


def test_an_agents_steps_share_a_session_and_grow(week: list[WeekRequest]) -> None:
    sessions: dict[str, list[int]] = {}
    for request in week:
        if request.session:
            sessions.setdefault(request.session, []).append(len(request.request["messages"]))
    assert len(sessions) > 8
    assert all(lengths == [2, 4, 6, 8] for lengths in sessions.values())

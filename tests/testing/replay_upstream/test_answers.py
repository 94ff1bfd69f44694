from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from recorded import HELLO, MODELS, TEXTS, WEATHER, WEATHER_TOOL, write_answers
from suffice.errors import ConfigError
from suffice.testing.replay_upstream.answers import Call, Recording, Tokens
from suffice.testing.replay_upstream.prompt_key import prompt_key

HELLO_KEY = prompt_key("responses", {"input": HELLO})


def test_each_models_answer_is_found(recording: Recording) -> None:
    answer = recording.find(HELLO_KEY, "claude-opus-5")
    assert answer is not None
    assert (answer.text, answer.calls, answer.model) == (TEXTS[HELLO], (), "claude-opus-5")
    assert answer.tokens == Tokens(input=40, output=12)
    assert recording.models == tuple(sorted(MODELS))


def test_ids_depend_on_prompt_and_model(recording: Recording) -> None:
    seeds = {recording.find(HELLO_KEY, model).seed for model in MODELS}
    assert len(seeds) == len(MODELS)
    assert recording.find(HELLO_KEY, MODELS[0]) == recording.find(HELLO_KEY, MODELS[0])


def test_tool_calls_are_found(recording: Recording) -> None:
    tools = [{"type": "function", **WEATHER_TOOL}]
    answer = recording.find(prompt_key("responses", {"input": WEATHER, "tools": tools}), MODELS[0])
    assert answer is not None
    assert (answer.text, answer.calls) == (None, (Call("get_weather", '{"city":"Oslo"}'),))


def test_what_was_not_recorded_is_none(recording: Recording) -> None:
    assert recording.find(HELLO_KEY, "gpt-1") is None
    assert recording.find(b"?" * 16, MODELS[0]) is None
    assert recording.knows(HELLO_KEY)
    assert not recording.knows(b"?" * 16)


def test_a_dated_model_answers_under_its_usual_name_as_well(tmp_path: Path) -> None:
    folder = write_answers(tmp_path)
    rows = (folder / "answers.jsonl").read_text()
    (folder / "answers.jsonl").write_text(rows.replace('"gpt-5.4-mini"', '"gpt-5.4-mini-2026-03-17"'))
    recording = Recording.load(folder)
    answer = recording.find(HELLO_KEY, "gpt-5.4-mini")
    assert answer is not None
    assert answer == recording.find(HELLO_KEY, "gpt-5.4-mini-2026-03-17")
    assert answer.model == "gpt-5.4-mini-2026-03-17"
    assert "gpt-5.4-mini" not in recording.models
    assert recording.find(HELLO_KEY, "gpt-5.4-mini-2026-01-01") is None


def test_parquet_and_json_lines_say_the_same(tmp_path: Path) -> None:
    folder = write_answers(tmp_path)
    rows = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    rows[0]["cached_tokens"] = 16
    (folder / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    plain = Recording.load(folder)
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "answers.parquet")
    (folder / "answers.jsonl").unlink()
    packed = Recording.load(folder)
    assert len(plain) == len(packed) == 6
    for model in MODELS:
        assert plain.find(HELLO_KEY, model) == packed.find(HELLO_KEY, model)
    assert packed.find(HELLO_KEY, MODELS[0]).tokens.cached == 16


def test_a_folder_without_answers_is_told(tmp_path: Path) -> None:
    write_answers(tmp_path)
    (tmp_path / "answers.jsonl").unlink()
    with pytest.raises(ConfigError, match="no recorded answers"):
        Recording.load(tmp_path)


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.parquet"])
def test_answers_that_cannot_be_read_are_told(tmp_path: Path, name: str) -> None:
    write_answers(tmp_path)
    (tmp_path / "answers.jsonl").unlink()
    (tmp_path / name).write_text('{"request_id": 1}\n')
    with pytest.raises(ConfigError, match="answers"):
        Recording.load(tmp_path)


def test_a_request_that_is_none_is_told(tmp_path: Path) -> None:
    write_answers(tmp_path)
    line = {"id": "r", "timestamp": "2026-03-09T00:00:00+00:00", "request": {"messages": 1}}
    (tmp_path / "week.jsonl").write_text(json.dumps(line))
    with pytest.raises(ConfigError, match="recorded request r"):
        Recording.load(tmp_path)


def test_without_a_response_the_timestamp_says_when(tmp_path: Path) -> None:
    write_answers(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "week.jsonl").read_text().splitlines()]
    for line in lines:
        del line["response"]
    (tmp_path / "week.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert Recording.load(tmp_path).find(HELLO_KEY, MODELS[0]).created == 1773014400

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recorded import write_answers
from suffice.cli.demo._material import generated, recorded
from suffice.errors import ConfigError
from suffice.testing.recorded_week import read_week


def test_generated_weeks_are_different_and_can_be_proved(tmp_path: Path) -> None:
    found = generated(tmp_path, 3)
    weeks = [found.watched, *found.routed]
    assert len(weeks) == 3
    prompts = [{json.dumps(one.request) for one in read_week(week)} for week in weeks]
    assert not prompts[0] & (prompts[1] | prompts[2])
    assert found.candidates == ("gpt-5.4-mini", "gpt-5.4-nano")
    assert {"support-intent", "price-reasoning", "refund-agent"} <= found.graders.keys()
    assert "campaign-copy" not in found.graders
    assert found.why_not is None
    assert f"{sum(map(len, prompts)):,} requests" in found.told


def test_a_recorded_week_is_routed_again(tmp_path: Path) -> None:
    found = recorded(write_answers(tmp_path))
    assert found.routed == (found.watched,)
    assert found.answers == tmp_path
    assert found.candidates == ("gpt-5.4-mini",)
    assert found.why_not is not None
    assert "20 requests" in found.why_not


def test_without_a_second_model_nothing_can_be_proved(tmp_path: Path) -> None:
    rows = (write_answers(tmp_path) / "answers.jsonl").read_text().splitlines()
    kept = [row for row in rows if json.loads(row)["model"] != "gpt-5.4-mini"]
    (tmp_path / "answers.jsonl").write_text("\n".join(kept) + "\n")
    found = recorded(tmp_path)
    assert found.candidates == ()
    assert "no second model" in str(found.why_not)


def test_an_empty_recording_is_told(tmp_path: Path) -> None:
    (write_answers(tmp_path) / "week.jsonl").write_text("")
    assert recorded(tmp_path).why_not is not None
    (tmp_path / "week.jsonl").unlink()
    with pytest.raises(ConfigError, match="no recorded week"):
        recorded(tmp_path)

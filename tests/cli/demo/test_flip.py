from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from entries import entry, outcome

from suffice.cli._children import ChildError
from suffice.cli.demo._flip import flip, turns, who_served
from suffice.cli.demo._material import Material
from suffice.policy.switch import Setting, Switch
from suffice.store.switch import SwitchFile

SWITCH = Switch(default=Setting(mode="route", since_ns=1), holdout=0.1)


def switched(tmp_path: Path, told_stage: type, *, valid: int = 1, taken: bool = True) -> Any:
    def write() -> str:
        SwitchFile(tmp_path / "data").change(lambda _: SWITCH)
        return ""

    stage = told_stage(tmp_path, {"mode": write})
    stage.config.write_text('[data]\ndirectory = "data"\n')
    stage.live = {"switch": SWITCH.fingerprint if taken else None, "certificates": {"valid": valid}}
    return stage


def material(tmp_path: Path) -> Material:
    weeks = (tmp_path / "2.jsonl", tmp_path / "3.jsonl")
    return Material(
        answers=tmp_path, watched=tmp_path / "1.jsonl", routed=weeks, candidates=(), graders={}, told=""
    )


def test_later_weeks_are_played_and_who_served_them_is_shown(tmp_path: Path, told_stage: type) -> None:
    stage = switched(tmp_path, told_stage)
    stage.arriving = [entry(9, arm="")]
    stage.replay(tmp_path / "1.jsonl")
    stage.arriving = [
        entry(1, session="a", arm="routed", sent_model="small"),
        entry(2, session="a", arm="routed", sent_model="small"),
        entry(3, session="b", arm="holdout"),
        entry(4, session="c", arm="routed", sent_model="small", leg="discarded"),
    ]
    flip(stage, material(tmp_path))
    assert stage.ran == [("mode", "route", "--ramp", "100", "--holdout", "10")]
    assert [week.name for week in stage.played] == ["1.jsonl", "2.jsonl", "3.jsonl"]
    stage.print_summary()
    assert "1 conversations of several turns; 1 had one model throughout" in stage.text
    assert "2 of 3 requests by a cheaper model; none failed" in stage.text


@pytest.mark.parametrize("how", [{"taken": False}, {"valid": 0}])
def test_a_proxy_that_does_not_take_the_switch_is_told(
    tmp_path: Path, told_stage: type, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suffice.cli.demo._flip._TAKEN_S", 0.2)
    with pytest.raises(ChildError, match="did not take the switch"):
        flip(switched(tmp_path, told_stage, **how), material(tmp_path))


def test_served_calls_are_counted_by_model_and_arm(tmp_path: Path, told_stage: type) -> None:
    served = [
        outcome(1, arm="routed", sent_model="small"),
        outcome(2, arm="routed", sent_model="small"),
        outcome(3, arm="holdout"),
        outcome(4),
    ]
    stage = told_stage(tmp_path, {})
    stage.console.print(who_served(served))
    rows = [line.split() for line in stage.text.splitlines()[1:]]
    assert rows[0] == ["big", "small", "routed", "2", "50.0%"]
    assert sorted(rows[1:]) == [["big", "big", "-", "1", "25.0%"], ["big", "big", "holdout", "1", "25.0%"]]


def test_a_conversation_that_changed_its_model_is_counted() -> None:
    served = [
        outcome(1, session="a", sent_model="small"),
        outcome(2, session="a"),
        outcome(3, session="b", sent_model="small"),
        outcome(4, session="b", sent_model="small"),
        outcome(5, session=""),
        outcome(6, session=""),
    ]
    assert turns(served) == (2, 1)

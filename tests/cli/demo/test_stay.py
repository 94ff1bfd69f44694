from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from entries import entry

from suffice.cli.demo._material import Material
from suffice.cli.demo._stay import stay


def stayed(tmp_path: Path, told_stage: type, monkeypatch: pytest.MonkeyPatch, *, routed: bool) -> Any:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(told_stage, "wait_for_end", interrupted)
    stage = told_stage(tmp_path, {})
    stage.arriving = [entry(1, sent_model="small"), entry(2), entry(3, leg="discarded", sent_model="small")]
    stage.replay(tmp_path)
    material = Material(
        answers=tmp_path / "traffic", watched=tmp_path, routed=(), candidates=(), graders={}, told=""
    )
    stay(stage, material, routed=routed)
    return stage


def test_it_says_what_to_try_until_ctrl_c(
    tmp_path: Path, told_stage: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = stayed(tmp_path, told_stage, monkeypatch, routed=True).text
    assert "OPENAI_BASE_URL=http://127.0.0.1:1/v1" in text
    assert "suffice explain --decision id-00000001" in text
    assert "suffice mode observe" in text
    assert text.rstrip().endswith("ended")


def test_what_was_not_routed_needs_no_way_back(
    tmp_path: Path, told_stage: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "mode observe" not in stayed(tmp_path, told_stage, monkeypatch, routed=False).text

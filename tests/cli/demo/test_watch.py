from __future__ import annotations

import json
from pathlib import Path

from suffice.cli.demo._material import Material
from suffice.cli.demo._watch import watch


def test_the_first_week_is_played_and_reported(tmp_path: Path, told_stage: type) -> None:
    document = {"total": {"cost_nanos": 2_500_000_000}, "projection": {"savings_nanos": 1_000_000_000}}
    stage = told_stage(tmp_path, {"report": json.dumps(document)})
    week = tmp_path / "week.jsonl"
    watch(
        stage,
        Material(answers=tmp_path, watched=week, routed=(), candidates=(), graders={}, told="", why_not=None),
    )
    assert stage.played == [week]
    assert "--html" in stage.ran[0]
    assert json.loads((tmp_path / "report.json").read_text()) == document
    stage.print_summary()
    assert "1 of 4: watch" in stage.text
    assert "0 requests for $2.5000; projected savings $1.0000 (modelled)" in stage.text

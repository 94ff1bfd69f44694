from __future__ import annotations

from pathlib import Path
from typing import Any

from suffice.cli.demo._material import Material
from suffice.cli.demo._prove import prove, verdicts


def row(candidate: str, verdict: str, **more: Any) -> dict[str, Any]:
    bounds = {"n": 120, "mean": -0.01, "lower": -0.04, "upper": 0.02, "dropped": None}
    return {"bucket": "parallel-tool-calls", "candidate": candidate, "verdict": verdict} | bounds | more


ROWS = [
    row("gpt-5.4-mini", "EQUIVALENT"),
    row("gpt-5.4-nano", "WORSE", mean=-0.2),
    row("gpt-3.5-turbo", "INCONCLUSIVE", mean=None, dropped="clearly worse after 20 units"),
]


def proved(tmp_path: Path, told_stage: type, *certified: str) -> tuple[bool, Any]:
    buckets = [
        {"bucket": "texts", "cannot": "no grader", "grader": None, "rows": []},
        {
            "bucket": "parallel-tool-calls",
            "cannot": None,
            "grader": {"kind": "tool_calls", "reference": "baseline"},
            "rows": [{"expected_nanos": 120_000_000}, {"expected_nanos": None}, {"cannot": "no price"}],
        },
    ]
    judged = [{**one, "certified": one["candidate"] in certified} for one in ROWS]
    stage = told_stage(
        tmp_path,
        {
            "import": {"added": 300, "with_expected": 200},
            "bakeoff plan": {"buckets": buckets},
            "bakeoff run": {"results": ROWS, "spent_nanos": 110_000_000},
            "certify": {"rows": judged},
        },
    )
    candidates = ("gpt-5.4-mini", "gpt-5.4-nano")
    material = Material(
        answers=tmp_path,
        watched=tmp_path / "week.jsonl",
        routed=(),
        candidates=candidates,
        graders={},
        told="",
    )
    return prove(stage, material, 7), stage


def test_verdicts_are_told_and_what_is_certified_is_published(tmp_path: Path, told_stage: type) -> None:
    certified, stage = proved(tmp_path, told_stage, "gpt-5.4-mini")
    assert certified
    assert [ran[0] for ran in stage.ran] == ["import", "bakeoff", "bakeoff", "certify", "policy"]
    tried = ("--candidate", "gpt-5.4-mini", "--candidate", "gpt-5.4-nano")
    assert stage.ran[1] == ("bakeoff", "plan", *tried, "--reuse-logged", "--seed", "7")
    stage.print_summary()
    for text in (
        "300 calls, 200 of them with the right answer",
        "2 trials in 1 use cases; to a verdict on all of them about $0.12",
        "a candidate can only lose",
        "people: texts.",
        "would have cost $0.1100 at list prices",
        "EQUIVALENT*",
        "* certified, 1 of 3",
        "gpt-3.5-turbo: clearly worse after 20 units",
        "1 EQUIVALENT, 1 WORSE, 1 INCONCLUSIVE; 1 certified",
    ):
        assert text in " ".join(stage.text.split())


def test_nothing_certified_is_not_published(tmp_path: Path, told_stage: type) -> None:
    certified, stage = proved(tmp_path, told_stage)
    assert not certified
    assert "policy" not in {ran[0] for ran in stage.ran}


def test_the_table_fits_80_columns(tmp_path: Path, told_stage: type) -> None:
    stage = told_stage(tmp_path, {})
    stage.console.print(verdicts(ROWS, {("parallel-tool-calls", "gpt-5.4-mini")}))
    lines = [line.rstrip() for line in stage.text.splitlines()]
    assert len(lines) == 1 + len(ROWS)
    assert lines[1].startswith("parallel-tool-calls gpt-5.4-mini")
    assert lines[1].endswith("-0.010 (-0.040 to +0.020) EQUIVALENT*")
    assert lines[2].startswith(" ")
    assert lines[3].endswith("- (-0.040 to +0.020) INCONCLUSIVE")
    assert max(map(len, lines)) <= 80

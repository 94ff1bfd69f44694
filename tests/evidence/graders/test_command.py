from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import uvloop
from grading_cases import ASKED, said, sample, score

from suffice.config import GraderSettings
from suffice.errors import ConfigError
from suffice.evidence.graders import Parts, make

QUICK = 30.0


def run(
    program: str, *, expected: Any = "42", answer: Any = None, folder: Path | None = None, **settings: Any
) -> Any:
    made = GraderSettings(
        kind="command", command=(sys.executable, "-c", program), timeout_s=QUICK, **settings
    )
    return score(made, expected, said("42") if answer is None else answer, Parts(folder=folder or Path()))


@pytest.mark.parametrize(
    ("prints", "value", "reason"),
    [
        ("1", 1.0, "the grader says 1"),
        ("0.25", 0.25, "the grader says 0.25"),
        ("true", 1.0, "the grader says 1"),
        ("3 tests run\\nFAIL\\n", 0.0, "the grader says 0"),
        ('{\\"score\\": 0.5, \\"reason\\": \\"half of it\\"}', 0.5, "half of it"),
        ('{\\"score\\": null, \\"reason\\": \\"cannot say\\"}', None, "grader_abstains: cannot say"),
        ("", None, "unreadable_score: nothing was printed"),
        ("splendid", None, "unreadable_score: it is no number from 0 to 1"),
        ("7", None, "unreadable_score: it is no number from 0 to 1"),
        ("NaN", None, "unreadable_score: it is no number from 0 to 1"),
    ],
)
def test_the_last_line_is_the_verdict(prints: str, value: float | None, reason: str) -> None:
    found = run(f'print("{prints}")')
    assert (found.value, found.reason) == (value, reason)


def test_it_is_told_the_sample_and_the_answer() -> None:
    program = (
        "import json, sys; told = json.load(sys.stdin);"
        "right = told['sample']['expected'] == told['answer']['text'];"
        "asked = told['sample']['request']['messages'][0]['content'];"
        "print(json.dumps({'score': right, 'reason': f'{len(asked)} {sorted(told)}'}))"
    )
    assert run(program).reason == f"{len(ASKED)} ['answer', 'sample']"
    assert run(program).value == 1
    assert run(program, answer=said("41")).value == 0


@pytest.mark.parametrize(("code", "value"), [(0, 1.0), (1, 0.0), (2, None), (139, None)])
def test_the_exit_code_may_be_the_verdict(code: int, value: float | None) -> None:
    found = run(f"raise SystemExit({code})", verdict="exit_code")
    assert found.value == value
    assert found.reason == (f"exit code {code}" if value is not None else f"command_failed: exit code {code}")


def test_a_failing_program_is_no_verdict_whatever_it_prints() -> None:
    assert run("print(1); raise ValueError").reason == "command_failed: exit code 1"


def test_a_program_that_reads_nothing_is_heard_all_the_same() -> None:
    assert run("print(1)", answer=said("x" * 1_000_000)).value == 1


def test_a_program_that_never_stops_printing_is_ended() -> None:
    assert run("while True: print('x' * 1000)").reason == "unreadable_score: it printed more than 1 MiB"


def test_a_program_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    inner = (
        f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(600)"
    )
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    grader = make(GraderSettings(kind="command", command=(sys.executable, "-c", outer), timeout_s=2.0))
    assert hasattr(grader, "score")
    found = asyncio.run(grader.score(sample("42"), said("42")))
    assert found.reason == "grader_timed_out: no verdict within 2 s"
    if pid.exists():  # a very busy machine may not have come that far
        until_gone(int(pid.read_text()))


def until_gone(pid: int) -> None:
    """Waits for the kernel to clear away what was killed; fails if it goes on running."""
    for _ in range(1000):
        if not _runs(pid):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} goes on running")


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_it_runs_in_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "score.txt").write_text("0.75")
    assert run("print(open('score.txt').read())", folder=tmp_path).value == 0.75


def test_keys_in_the_environment_are_not_handed_on_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-secret")
    program = "import json, os; print(json.dumps({'score': 1, 'reason': os.environ.get('SOME_API_KEY', 'nothing')}))"
    assert run(program).reason == "nothing"
    assert run(program, environment=("SOME_API_KEY",)).reason == "sk-secret"
    assert "PATH" in os.environ


def test_a_variable_that_is_not_set_says_so() -> None:
    with pytest.raises(ConfigError, match="NO_SUCH_VARIABLE_HERE, which is not set"):
        run("print(1)", environment=("NO_SUCH_VARIABLE_HERE",))


def test_a_program_of_the_configurations_folder_may_be_named(tmp_path: Path) -> None:
    program = tmp_path / "grade.sh"
    program.write_text("#!/bin/sh\ncat > /dev/null\necho pass\n")
    settings = GraderSettings(kind="command", command=("./grade.sh",))
    with pytest.raises(ConfigError, match="is not there"):
        make(settings, Parts(folder=tmp_path / "elsewhere"))
    assert score(settings, None, said("x"), Parts(folder=tmp_path)).reason.startswith("command_failed: ")
    program.chmod(0o755)
    assert score(settings, None, said("x"), Parts(folder=tmp_path)).value == 1


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("print(0.25)", "the grader says 0.25"),
        ("while True: print('x' * 1000)", "unreadable_score: it printed more than 1 MiB"),
        ("import time; time.sleep(600)", "grader_timed_out: no verdict within 2 s"),
    ],
)
def test_it_runs_in_the_loop_of_trials_as_well(program: str, reason: str) -> None:
    timeout_s = 2.0 if "sleep" in program else QUICK
    grader = make(
        GraderSettings(kind="command", command=(sys.executable, "-c", program), timeout_s=timeout_s)
    )
    assert hasattr(grader, "score")
    assert uvloop.run(grader.score(sample("42"), said("42"))).reason == reason


def test_what_it_is_told_is_json_even_of_odd_answers() -> None:
    program = "import json, sys; print(len(json.load(sys.stdin)['answer']['text']) == 2)"
    assert (
        run(
            program.replace("print(", "print(1.0 * (").replace("== 2)", "== 2))"), answer=said("\ud800\0")
        ).value
        == 1
    )
    assert json.dumps("\ud800") == '"\\ud800"'

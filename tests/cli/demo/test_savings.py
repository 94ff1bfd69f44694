from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from invoices import invoice

from suffice.cli._children import ChildError
from suffice.cli.demo import _savings
from suffice.cli.demo._savings import recompute, savings
from suffice.money import usd


def saved(tmp_path: Path, told_stage: type, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The step on an invoice of other sessions, with a script that has nothing to say against it."""
    made = invoice()
    scripts = tmp_path / "docs"
    scripts.mkdir()
    (scripts / "recompute_invoice.py").write_text("print('sound: all of it')\n")
    monkeypatch.setattr(_savings, "_SCRIPTS", scripts)
    stage = told_stage(
        tmp_path, {"invoice": lambda: (tmp_path / "invoice.json").write_bytes(made.encode()) and ""}
    )
    savings(stage)
    return stage, made


def test_savings_are_shown_checked_and_billed_for_one_period(
    tmp_path: Path, told_stage: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, made = saved(tmp_path, told_stage, monkeypatch)
    assert [" ".join(ran[:2]).partition(" --")[0] for ran in stage.ran] == [
        "savings", "status", "ledger verify", "invoice", "ledger export",
    ]  # fmt: skip
    since, until = stage.ran[0][1:5:2], stage.ran[0][2:5:2]
    assert since == ("--since", "--until")
    assert until[0] < until[1]
    assert stage.ran[3][1:5] == stage.ran[0][1:5]
    assert "sound: all of it" in stage.text
    stage.print_summary()
    assert f"{usd(made.verified_nanos, places=4)} verified" in stage.text
    assert f"fee {usd(made.fee_nanos, places=4)}" in stage.text
    assert "sound; the invoice recomputes" in stage.text


def test_what_does_not_recompute_fails_the_demo(
    tmp_path: Path, told_stage: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "check.py").write_text("import sys\nprint('PROBLEM: ' + sys.argv[1])\nsys.exit(1)\n")
    monkeypatch.setattr(_savings, "_SCRIPTS", tmp_path)
    stage = told_stage(tmp_path, {})
    with pytest.raises(ChildError, match=r"docs/check\.py does not agree"):
        recompute(stage, "check.py", Path("invoice.json"))
    assert "PROBLEM: invoice.json" in stage.text


def test_without_the_repository_the_script_is_only_named(
    tmp_path: Path, told_stage: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_savings, "_SCRIPTS", tmp_path / "none")
    stage = told_stage(tmp_path, {})
    assert not recompute(stage, "check.py", Path("invoice.json"))
    assert "docs/check.py of the repository recomputes it" in stage.text


def test_the_scripts_of_this_checkout_are_found() -> None:
    assert (_savings._SCRIPTS / "recompute_invoice.py").is_file()

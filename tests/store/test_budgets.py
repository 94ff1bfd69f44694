from __future__ import annotations

from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.ledger.budget import Budget, Standing
from suffice.store.budgets import FILE, BudgetFile, Standings

FOUND = Standings(
    at_ns=7,
    standings=(
        Standing(
            budget=Budget(feature="faq", per="day", limit_nanos=10, when_spent="economise", evidence="prior"),
            since_ns=0,
            until_ns=100,
            spent_nanos=12,
            unknown=1,
            state="spent",
            told="spent",
        ),
    ),
    error="no",
)


def test_it_is_kept_and_every_change_is_noticed(tmp_path: Path) -> None:
    file = BudgetFile(tmp_path / "data")
    assert file.read() is None
    assert file.state() is None
    file.write(FOUND)
    seen = file.state()
    assert file.read() == FOUND
    file.write(FOUND)
    assert file.state() != seen
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]
    file.remove()
    file.remove()
    assert (file.state(), file.read()) == (None, None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at_ns": "x"}', '{"at_ns": 1, "standings": [{}]}', "\xff"])
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(StoreError, match="cannot be read"):
        BudgetFile(tmp_path).read()


def test_what_cannot_be_written_or_removed_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        BudgetFile(tmp_path / "file").write(FOUND)
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be removed"):
        BudgetFile(tmp_path).remove()

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from suffice.config import WhenSpent
from suffice.ledger.budget import ALL, Budget, Standing
from suffice.policy.economy import Economy, Spell
from suffice.proxy import budgets as module
from suffice.proxy.budgets import BudgetWatch, Gate, economy_of, gate_of
from suffice.proxy.guard import Guard
from suffice.store.budgets import FILE, BudgetFile, Standings

DAY_NS = 86_400_000_000_000


def standing(
    feature: str = "faq", when_spent: WhenSpent = "refuse", *, per: Any = "day", days: int = 1, **more: Any
) -> Standing:
    evidence = "prior" if when_spent == "economise" else None
    given = {
        "budget": Budget(
            feature=feature, per=per, limit_nanos=5 * 10**9, when_spent=when_spent, evidence=evidence
        ),
        "since_ns": 0,
        "until_ns": days * DAY_NS,
        "spent_nanos": 5_020_000_000,
        "unknown": 0,
        "state": "spent",
        **more,
    }
    return Standing(**given)


def test_only_what_is_spent_and_refuses_is_refused() -> None:
    assert (
        gate_of([standing(state="near"), standing(when_spent="notify"), standing(when_spent="economise")])
        is None
    )
    gate = gate_of([standing()])
    assert gate is not None
    assert gate.refusal("other", 1) is None
    refusal = gate.refusal("faq", DAY_NS - 1_500_000_000)
    assert refusal is not None
    assert (refusal.status, refusal.code, refusal.retry_after_s) == (429, "budget_spent", 2)
    assert refusal.message.startswith(
        "The budget of the use case 'faq' for this day is spent: $5.02 of $5.00. "
    )
    assert "anew at 1970-01-02T00:00:00Z" in refusal.message


def test_a_period_that_is_over_refuses_nobody() -> None:
    gate = Gate([standing(since_ns=DAY_NS, days=2)])
    assert [gate.refusal("faq", at_ns) is None for at_ns in (DAY_NS - 1, DAY_NS, 2 * DAY_NS)] == [
        True,
        False,
        True,
    ]


def test_all_together_refuses_everybody_and_the_longest_says_when() -> None:
    gate = Gate([standing(), standing(ALL, per="month", days=30, unknown=3)])
    for feature in ("faq", "other"):
        refusal = gate.refusal(feature, DAY_NS - 10**9)
        assert refusal is not None
        assert refusal.retry_after_s == 29 * 86_400 + 1
        assert "of all use cases together for this month" in refusal.message
        assert "and 3 calls of unknown cost" in refusal.message


def test_what_economises() -> None:
    spell = Spell(evidence="prior", since_ns=0, until_ns=DAY_NS)
    assert economy_of([standing(), standing(when_spent="economise", state="near")]) is None
    assert economy_of([standing(when_spent="economise"), standing(ALL, "economise")]) == Economy(
        features={"faq": (spell,)}, everywhere=(spell,)
    )


def test_a_change_is_noticed_once(tmp_path: Path) -> None:
    file = BudgetFile(tmp_path)
    watch = BudgetWatch(file, Guard())
    assert (watch.gate, watch.economy, watch.state(0)) == (None, None, None)
    file.write(Standings(at_ns=1, standings=(standing(), standing("frugal", "economise"))))
    assert [watch.look(), watch.look()] == [True, False]
    watch.load()
    assert watch.gate is not None
    assert watch.economy is not None
    state = watch.state(0)
    assert state is not None
    assert [(row["use_case"], row["state"], row["spent_percent"]) for row in state["budgets"]] == [
        ("faq", "spent", 100),
        ("frugal", "spent", 100),
    ]
    past = watch.state(DAY_NS)
    assert past is not None
    assert past["budgets"] == []
    file.remove()
    assert watch.look()
    watch.load()
    assert (watch.gate, watch.economy, watch.state(0)) == (None, None, None)


def test_what_was_found_before_the_start_counts_from_the_start(tmp_path: Path) -> None:
    BudgetFile(tmp_path).write(Standings(at_ns=1, standings=(standing(),)))
    assert BudgetWatch(BudgetFile(tmp_path), Guard()).gate is not None


def test_what_cannot_be_read_holds_nobody_up_and_is_counted(tmp_path: Path) -> None:
    BudgetFile(tmp_path).write(Standings(at_ns=1, standings=(standing(),)))
    guard = Guard()
    watch = BudgetWatch(BudgetFile(tmp_path), guard)
    (tmp_path / FILE).write_text("{")
    assert watch.look()
    watch.load()
    assert watch.gate is None
    assert guard.faults["budget"] == 1
    state = watch.state(0)
    assert state is not None
    assert "cannot be read" in state["error"]


def test_it_is_told_of_changes_until_it_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    file = BudgetFile(tmp_path)
    watch = BudgetWatch(file, Guard())

    async def run() -> list[bool]:
        seen: list[bool] = []
        changed = asyncio.Event()

        def note() -> None:
            seen.append(watch.gate is not None)
            changed.set()

        task = asyncio.get_running_loop().create_task(watch.run(note))
        file.write(Standings(at_ns=1, standings=(standing(),)))
        await changed.wait()
        changed.clear()
        file.remove()
        await changed.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return seen

    assert asyncio.run(run()) == [True, False]

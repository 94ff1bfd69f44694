from __future__ import annotations

from io import StringIO
from typing import Any

from narrow import USE_CASE, expect_whole
from rich.console import Console

from suffice.config import WhenSpent
from suffice.ledger.budget import ALL, Budget, Standing
from suffice.policy.switch import Setting, Switch
from suffice.report.budgets import MOST_ROWS, Budgets, budgets_told, show_budgets

SWITCH = Switch(
    default=Setting(mode="observe", since_ns=0), buckets={"faq": Setting(mode="route", since_ns=0)}
)
END_NS = 1_795_651_200_000_000_000
"""2026-11-26."""


def standing(feature: str, spent_usd: float, when_spent: WhenSpent = "notify", **more: Any) -> Standing:
    evidence = "calibrated" if when_spent == "economise" else None
    limit = 5 * 10**9
    spent = round(spent_usd * 10**9)
    return Standing(
        **{
            "budget": Budget(
                feature=feature, per="day", limit_nanos=limit, when_spent=when_spent, evidence=evidence
            ),
            "since_ns": 0,
            "until_ns": END_NS,
            "spent_nanos": spent,
            "unknown": 0,
            "state": "spent" if spent >= limit else "near" if spent * 5 >= limit * 4 else "open",
            **more,
        }
    )


def shown(budgets: Budgets, width: int = 80) -> str:
    out = StringIO()
    show_budgets(budgets, Console(file=out, width=width))
    return out.getvalue()


def test_what_is_nearest_to_its_end_comes_first() -> None:
    found = budgets_told(
        [standing("a", 1), standing(ALL, 4.5), standing("b", 5.5, "refuse", unknown=12)], SWITCH
    )
    assert [(row.use_case, row.state, row.unknown_calls) for row in found.rows] == [
        ("b", "spent", 12),
        (None, "near", 0),
        ("a", "open", 0),
    ]


def test_it_fits_a_terminal_of_80_columns() -> None:
    told = budgets_told(
        [
            standing(USE_CASE, 12_345.678, "refuse", unknown=1_234),
            standing("faq", 5, "economise"),
            standing(ALL, 0.4),
        ],
        SWITCH,
    )
    figures = ("all together", "$12,345.68", "and 1,234 calls of unknown cost; refusing", "8%", "2026-11-26")
    words = ("economising (calibrated)", "when spent: notify")
    expect_whole(lambda console: show_budgets(told, console), USE_CASE, *figures, *words)


def test_one_that_economises_where_nothing_is_routed_says_so() -> None:
    text = shown(
        budgets_told([standing(name, 1, "economise") for name in ("faq", "letters")], SWITCH), width=120
    )
    assert "Not routed, so economising changes nothing: letters." in text
    routed = shown(budgets_told([standing(ALL, 1, "economise")], SWITCH))
    assert "Not routed" not in routed


def test_many_are_cut_and_counted() -> None:
    rows = [standing(f"case-{number}", 1) for number in range(MOST_ROWS + 3)]
    assert "3 more are further from their end" in shown(budgets_told(rows, SWITCH))


def test_none_are_not_mentioned_and_unknown_is_said() -> None:
    assert shown(Budgets()) == ""
    assert "not known: the ledger [bold] is broken" in shown(Budgets(error="the ledger [bold] is broken"))

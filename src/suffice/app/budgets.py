"""The budgets' part of the composition: what the supervisor, its workers and commands put together for them."""

from __future__ import annotations

from suffice.app import LEDGER, SPOOLS, price_book_from
from suffice.config import Settings
from suffice.ledger.budget import Standing, budgets_of, standings
from suffice.proxy.spending import Spending
from suffice.store.budgets import BudgetFile


def budget_file_from(settings: Settings) -> BudgetFile:
    """Returns where it is kept how the budgets of this configuration stand."""
    return BudgetFile(settings.data.directory)


def spending_from(settings: Settings) -> Spending:
    """Returns what adds up what was spent."""
    folder = settings.data.directory
    return Spending(folder / LEDGER, folder / SPOOLS, price_book_from(settings).cost)


def standings_from(settings: Settings, *, now_ns: int) -> tuple[Standing, ...]:
    """Returns how all budgets stand, from the files alone: `suffice serve` need not run.

    Args:
        settings: All of them.
        now_ns: The clock, Unix time.

    Raises:
        StoreError: The ledger cannot be read: what is spent is not known.
    """
    budgets = budgets_of(settings)
    if not budgets.there:
        return ()
    return standings(budgets, spending_from(settings).look(now_ns), every=True)

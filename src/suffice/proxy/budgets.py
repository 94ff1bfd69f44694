"""What spent budgets change in a worker: which use cases are refused, and which are decided on less evidence.

A worker only reads what the supervisor has found, twice a second, and swaps one reference. What cannot be read holds
nobody up: no budget is known to be spent then. A period that is over holds nobody up either, whatever the file says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from suffice.errors import RequestError, StoreError
from suffice.ledger.budget import ALL, Standing
from suffice.policy.economy import Economy, Spell
from suffice.proxy.guard import Guard
from suffice.proxy.reload import LOOK_EVERY_S
from suffice.store.budgets import Standings
from suffice.store.switch import State

_log = logging.getLogger("suffice.budgets")

CODE = "budget_spent"
"""Of the error that a refused client gets."""


class Source(Protocol):
    """Where the supervisor says how budgets stand."""

    def state(self) -> State:
        """Returns something that differs whenever it was replaced."""

    def read(self) -> Standings | None:
        """Returns what it says; `None` if there is nothing."""


class Gate:
    """What is refused.

    Args:
        spent: Budgets that are spent and refuse.
    """

    def __init__(self, spent: Iterable[Standing]) -> None:
        self._of: dict[str, list[Standing]] = {}
        for one in spent:
            self._of.setdefault(one.budget.feature, []).append(one)

    def refusal(self, feature: str, at_ns: int) -> RequestError | None:
        """Returns what a request is answered with; `None` if it may pass.

        Args:
            feature: The client's tag.
            at_ns: When it arrived, Unix time.
        """
        spent = [one for name in (feature, ALL) for one in self._of.get(name, ()) if one.covers(at_ns)]
        if not spent:
            return None
        # Of several, the one that holds longest says when it is worth another try.
        last = max(spent, key=lambda one: one.until_ns)
        return RequestError(_words(last), code=CODE, status=429, retry_after_s=last.resets_in_s(at_ns))


def _words(one: Standing) -> str:
    whose = "all use cases together" if one.budget.feature == ALL else f"the use case {one.budget.feature!r}"
    unknown = f", and {one.unknown:,} calls of unknown cost" if one.unknown else ""
    ends = datetime.fromtimestamp(one.until_ns // 1_000_000_000, UTC)
    return (
        f"The budget of {whose} for this {one.budget.per} is spent: {one.amounts}{unknown}. "
        f"It begins anew at {ends:%Y-%m-%dT%H:%M:%SZ}; until then requests are refused, as the operator has set it. "
        "To go on before that, raise the budget in suffice.toml."
    )


def gate_of(standings: Iterable[Standing]) -> Gate | None:
    """Returns what is refused; `None` if nothing is."""
    spent = [one for one in standings if one.state == "spent" and one.budget.when_spent == "refuse"]
    return Gate(spent) if spent else None


def economy_of(standings: Iterable[Standing]) -> Economy | None:
    """Returns where less evidence is enough; `None` if nowhere."""
    spells: dict[str, tuple[Spell, ...]] = {}
    for one in standings:
        budget = one.budget
        if one.state == "spent" and budget.when_spent == "economise" and budget.evidence is not None:
            spell = Spell(evidence=budget.evidence, since_ns=one.since_ns, until_ns=one.until_ns)
            spells[budget.feature] = (*spells.get(budget.feature, ()), spell)
    everywhere = spells.pop(ALL, ())
    return Economy(features=spells, everywhere=everywhere) if spells or everywhere else None


class BudgetWatch:
    """Holds what was read last.

    Args:
        source: Where it is read.
        guard: Counts what cannot be read, as `budget`.
    """

    def __init__(self, source: Source, guard: Guard) -> None:
        self._source = source
        self._guard = guard
        self._seen: State = None
        self._found: Standings | None = None
        self.error: str | None = None
        self.gate: Gate | None = None
        self.economy: Economy | None = None
        self.look()
        self.load()

    def look(self) -> bool:
        """Tells whether there is something new to load, once for each change. Cheap: one stat."""
        seen = self._source.state()
        changed, self._seen = seen != self._seen, seen
        return changed

    def load(self) -> None:
        """Reads how budgets stand."""
        self.error = None
        try:
            self._found = self._source.read()
        except StoreError as error:
            self._guard.faults["budget"] += 1
            self._found, self.error = None, error.message
            _log.warning("no budget is held to: %s", error.message)
        standings = () if self._found is None else self._found.standings
        self.gate, self.economy = gate_of(standings), economy_of(standings)

    async def run(self, changed: Callable[[], None]) -> None:
        """Looks twice a second until it is cancelled.

        Args:
            changed: Called after each change, on the event loop.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self.look():
                await asyncio.to_thread(self.load)
                changed()

    def state(self, at_ns: int) -> Mapping[str, Any] | None:
        """Returns how budgets stand, for `/healthz`, which anybody may ask: shares, no amounts. `None` without any."""
        found = self._found
        if found is None:
            return None if self.error is None else {"error": self.error, "budgets": []}
        return {
            "error": found.error,
            "uncounted_bytes": found.uncounted_bytes,
            "budgets": [
                {
                    "use_case": one.budget.feature or None,
                    "per": one.budget.per,
                    "state": one.state,
                    "spent_percent": one.percent,
                    "unknown_calls": one.unknown,
                    "when_spent": one.budget.when_spent,
                    "until": datetime.fromtimestamp(one.until_ns // 1_000_000_000, UTC),
                }
                for one in found.standings
                if one.covers(at_ns)
            ],
        }

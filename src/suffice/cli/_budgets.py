"""Looks twice a second what use cases have spent while `suffice serve` runs, and tells its workers and the operator."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from suffice.app import id_maker, settings_from
from suffice.app.budgets import budget_file_from, spending_from
from suffice.app.guard import levers_from
from suffice.config import Settings
from suffice.errors import ConfigError, StoreError, SufficeError
from suffice.ledger.budget import Standing, budgets_of, standings, to_tell
from suffice.policy.published import moment_of
from suffice.proxy.guard import Guard
from suffice.store.budgets import Standings
from suffice.store.events import Happened, Spent

LOOK_EVERY_S = 0.5
_THEN = {
    "notify": "that is told, and nothing else",
    "economise": "cheaper models serve on less evidence",
    "refuse": "requests are refused",
}

_log = logging.getLogger("suffice.budgets")


class BudgetLooks:
    """What the supervisor runs in a thread of its own.

    Args:
        settings: As read at the start.
        config: Their file: a change of its budgets counts at the next look; `None` if there is none.
        now_ns: The clock, Unix time.
    """

    def __init__(self, settings: Settings, config: Path | None, now_ns: Callable[[], int]) -> None:
        self._config = config
        self._now_ns = now_ns
        self._file = budget_file_from(settings)
        self._spending = spending_from(settings)
        self._levers = levers_from(settings, id_maker())
        self._budgets = budgets_of(settings)
        self._guard = Guard()
        self._config_seen = self._config_state()
        self._wrong: str | None = None
        self._unknown: str | None = None
        self._last = self._written = self._before()
        self._keep_to_settings()

    def run(self, stop: threading.Event, *, wait_s: float = LOOK_EVERY_S) -> None:
        """Looks until told to stop, and then once more. What fails is logged, and tried again at the next look.

        Args:
            stop: Set to end.
            wait_s: Seconds between two looks.
        """
        while True:
            # Whatever it is that fails: a thread that ended would leave the workers with what it said last.
            self._guard.run("budget", self.glance)
            if stop.wait(wait_s):
                break
        self._guard.run("budget", self.glance)

    def glance(self) -> tuple[Standing, ...]:
        """Adds up, tells the workers, and whoever is to be told; returns how budgets stand."""
        self._reread()
        if not self._budgets.there:
            self._take_away()
            return ()
        now_ns = self._now_ns()
        before = () if self._last is None else self._last.standings
        new: list[Standing] = []
        try:
            found, new = to_tell(standings(self._budgets, self._spending.look(now_ns)), before)
            self._unknown = None
        except StoreError as error:
            if self._unknown != error.message:
                _log.warning("what was spent is not known: %s", error.message)
            found, self._unknown = self._held(before), error.message
        self._last = Standings(
            at_ns=now_ns,
            standings=found,
            uncounted_bytes=self._spending.uncounted_bytes,
            error=self._unknown or self._wrong,
        )
        # The workers first: what is to be held to does not wait for who is told.
        self._publish(self._last)
        self._tell(new, now_ns)
        return found

    def _before(self) -> Standings | None:
        try:
            return self._file.read()
        except StoreError as error:
            _log.warning("%s", error.message)
            return None

    def _held(self, found: Sequence[Standing]) -> tuple[Standing, ...]:
        return tuple(one for one in found if self._budgets.holds(one.budget))

    def _keep_to_settings(self) -> None:
        """Workers begin with what the last run has left: less what the settings no longer say."""
        if not self._budgets.there:
            self._take_away()
        elif self._last is not None:
            self._last = msgspec.structs.replace(self._last, standings=self._held(self._last.standings))
            self._publish(self._last)

    def _publish(self, found: Standings) -> None:
        written = self._written
        if written is not None and msgspec.structs.replace(written, at_ns=found.at_ns) == found:
            return
        try:
            self._file.write(found)
            self._written = found
        except StoreError as error:
            _log.warning("%s", error.message)

    def _take_away(self) -> None:
        self._last = self._written = None
        if self._file.state() is None:
            return
        try:
            self._file.remove()
        except StoreError as error:
            _log.warning("%s", error.message)

    def _tell(self, new: Sequence[Standing], now_ns: int) -> None:
        events = [_event(one, now_ns) for one in new]
        for event in events:
            _log.warning("budget of %s: %s", event.bucket or "all use cases together", event.because)
        try:
            self._levers.announce(events)
        except SufficeError as error:
            _log.warning("%s", error.message)

    def _config_state(self) -> tuple[int, int, int] | None:
        if self._config is None:
            return None
        try:
            seen = self._config.stat()
        except OSError:
            return None
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

    def _reread(self) -> None:
        """Takes the budgets of a file that has changed; one with a mistake changes nothing, and that is said."""
        seen = self._config_state()
        if seen == self._config_seen:
            return
        self._config_seen = seen
        try:
            self._budgets = budgets_of(settings_from(self._config))
            self._wrong = None
            _log.info("the budgets of %s count from now on", self._config)
        except ConfigError as error:
            self._wrong = f"budgets stay as they were: {error.message.splitlines()[0]}"
            _log.warning("%s", self._wrong)


def _event(one: Standing, now_ns: int) -> Happened:
    budget, spent = one.budget, one.state == "spent"
    unknown = f", and {one.unknown:,} calls of unknown cost" if one.unknown else ""
    then = f"{'from now on' if spent else 'when it is spent'}: {_THEN[budget.when_spent]}"
    return Happened(
        at=moment_of(now_ns),
        what="budget_spent" if spent else "budget_near",
        bucket=budget.feature,
        because=f"budget_{one.state}: {one.amounts} for this {budget.per}{unknown}; {then}",
        budget=Spent(
            per=budget.per,
            limit_nanos=budget.limit_nanos,
            spent_nanos=one.spent_nanos,
            unknown=one.unknown,
            when_spent=budget.when_spent,
            until=moment_of(one.until_ns),
        ),
    )

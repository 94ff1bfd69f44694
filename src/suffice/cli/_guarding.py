"""Looks at live traffic every minute while `suffice serve` runs, beside the recorder, and demotes what does harm."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from suffice.app import LEDGER, id_maker, policies_from
from suffice.app.guard import guard_store_from, guarding_from, levers_from
from suffice.config import Settings
from suffice.errors import SufficeError
from suffice.evidence.publish import in_use
from suffice.store.guard import NOTES
from suffice.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from suffice.evidence.guarding import Guarding, Health

_log = logging.getLogger("suffice.guard")


class GuardLooks:
    """What the supervisor runs in a thread of its own.

    Args:
        settings: All of them.
        now_ns: The clock, Unix time.
    """

    def __init__(self, settings: Settings, now_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ns = now_ns
        self._folder = settings.data.directory
        self._store = guard_store_from(settings)
        self._ledger: SqliteStore | None = None
        self._policies = policies_from(settings)
        self._levers = levers_from(settings, id_maker())
        self._guarding: Guarding | None = None
        self._told = ""

    def run(self, stop: threading.Event) -> None:
        """Looks until told to stop. What cannot be read or written is logged, and tried again at the next look.

        Args:
            stop: Set to end.
        """
        while not stop.wait(self._settings.guard.interval_s):
            self.glance()
        self.glance()
        self._store.close()

    def glance(self) -> list[Health]:
        """Moves notes, looks at every certificate, demotes what does harm; returns how each stands."""
        try:
            if (self._folder / NOTES).is_dir():
                self._store.move(self._folder / NOTES)
            published = in_use(self._policies)[1] if self._policies.state() is not None else None
            if published is None:
                return []
            if self._guarding is None:
                self._guarding = guarding_from(self._settings, self._store, self._open_ledger)
            found = self._guarding.look(published, now_ns=self._now_ns())
            self._act(found)
        except SufficeError as error:
            _log.warning("the guard could not look: %s", error.message)
            return []
        return found

    def _act(self, found: list[Health]) -> None:
        # Here, because it brings numpy: a proxy that has published nothing does without.
        from suffice.evidence.demotion import demote  # noqa: PLC0415 -- see above

        harmed = [one for one in found if one.verdict.state == "demote"]
        said = hashlib.sha256(msgspec.json.encode([one.certificate.key for one in harmed])).hexdigest()
        if harmed and said != self._told:
            for one in harmed:
                where = f"{one.certificate.candidate} in {one.certificate.bucket!r}"
                _log.warning("%s does harm: %s", where, one.verdict.reason)
        self._told = said
        if self._settings.guard.demote:
            demote(harmed, self._levers, now_ns=self._now_ns(), who="suffice serve")

    def _open_ledger(self) -> SqliteStore | None:
        path = self._folder / LEDGER
        if self._ledger is None and path.exists():
            self._ledger = SqliteStore(path, read_only=True)
        return self._ledger

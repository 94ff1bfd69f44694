"""Looks at the certificates in use from time to time while `suffice serve` runs, beside the recorder."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from suffice.app import id_maker, policies_from, watch_from
from suffice.app.guard import levers_from
from suffice.config import Settings
from suffice.errors import SufficeError

_HOUR_NS = 3_600_000_000_000
_WAIT_S = 60.0

_log = logging.getLogger("suffice.certificates")


class CertificateLooks:
    """What the supervisor runs in a thread of its own; the workers take what it publishes as they take any policy.

    Args:
        settings: All of them.
        now_ns: The clock, Unix time.
    """

    def __init__(self, settings: Settings, now_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ns = now_ns
        self._policies = policies_from(settings)
        self._levers = levers_from(settings, id_maker())

    def run(self, stop: threading.Event, *, wait_s: float = _WAIT_S) -> None:
        """Looks when it is time, until told to stop. What cannot be read is logged, and tried at the next time.

        Args:
            stop: Set to end.
            wait_s: Seconds between two glances at the clock.
        """
        while not stop.wait(wait_s):
            self.glance()

    def glance(self) -> bool:
        """Looks at the certificates if it is time; tells whether it did."""
        every_ns = round(self._settings.certificates.check_every_hours * _HOUR_NS)
        now_ns = self._now_ns()
        # A look that lies far ahead was noted by a clock that has been set back since.
        just_looked = abs(now_ns - self._policies.looked_ns()) < every_ns
        if not every_ns or just_looked or self._policies.state() is None:
            return False
        try:
            self._policies.note_look(now_ns)
            self._look(now_ns)
        except SufficeError as error:
            _log.warning("the certificates could not be looked at: %s", error.message)
        return True

    def _look(self, now_ns: int) -> None:
        # Here, because it brings numpy: a proxy that has published nothing does without.
        from suffice.evidence.demotion import voided  # noqa: PLC0415 -- see above
        from suffice.evidence.publish import in_use  # noqa: PLC0415 -- see above
        from suffice.evidence.watch import take_away  # noqa: PLC0415 -- see above

        used = in_use(self._policies)
        if used[1] is None:
            return
        with watch_from(self._settings) as watch:
            checked = watch.check(used[1], now_ns=now_ns)
        for one in checked:
            if one.void_because is not None:
                where = f"{one.certificate.candidate} in {one.certificate.bucket!r}"
                _log.warning("the certificate of %s is void: %s", where, one.void_because)
        if self._settings.certificates.void:
            who = "suffice serve"
            if take_away(self._policies, (used[0], used[1]), checked, now_ns=now_ns, who=who) is not None:
                voided(checked, self._levers, now_ns=now_ns)

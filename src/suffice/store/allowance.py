"""What may be spent in a day by all processes together: one small file a day, changed under a lock."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from suffice.errors import StoreError
from suffice.policy.published import moment_of


def day_of(at_ns: int) -> str:
    """Returns the day (UTC) of a moment.

    >>> day_of(0)
    '1970-01-01'
    """
    return moment_of(at_ns).date().isoformat()


class Allowance:
    """Nano-dollars that were spent, by day.

    Args:
        folder: Of the files; made when first used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, day: str, nanos: int, *, most_nanos: int) -> bool:
        """Takes from a day's allowance, unless that would go beyond it; tells which.

        Args:
            day: `2026-11-26`.
            nanos: To be taken; not negative.
            most_nanos: The whole allowance.

        Raises:
            StoreError: The file cannot be used: spend nothing.
        """
        return self._change(day, nanos, most_nanos)

    def correct(self, day: str, nanos: int) -> None:
        """Adds what was spent beyond what was taken; less than 0 gives back.

        Raises:
            StoreError: The file cannot be used.
        """
        self._change(day, nanos, None)

    def spent_nanos(self, day: str) -> int:
        """Returns what a day has taken so far."""
        try:
            return int((self._folder / day).read_bytes() or b"0")
        except (OSError, ValueError):
            return 0

    def spent_today_nanos(self, now_ns: int) -> int:
        """Returns what the day of a moment has taken so far."""
        return self.spent_nanos(day_of(now_ns))

    def _change(self, day: str, nanos: int, most_nanos: int | None) -> bool:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / day, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                spent = int(os.read(descriptor, 64) or b"0")
                if most_nanos is not None and spent + nanos > most_nanos:
                    return False
                # One write of fixed length: what stood there is wholly replaced, or not at all.
                os.pwrite(descriptor, b"%032d" % max(0, spent + nanos), 0)
            finally:
                os.close(descriptor)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{self._folder / day} cannot be used: {error}", code="allowance_unusable"
            ) from error
        return True

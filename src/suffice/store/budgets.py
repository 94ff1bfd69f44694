"""How budgets stand, as a file in the data directory: written by `suffice serve`, noticed by its workers at once.

What it says is derived from the ledger and comes back by itself, so nobody waits until a disk has it.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from suffice.errors import StoreError
from suffice.ledger.budget import Standing
from suffice.store.switch import State

FILE = "budgets.json"


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at one look."""

    at_ns: int
    """Unix time."""
    standings: tuple[Standing, ...] = ()
    uncounted_bytes: int = 0
    """Of settled calls that are not counted yet, as the ledger cannot be written."""
    error: str | None = None
    """Why this is no newer: what is spent is not known, or what the settings ask for."""


class BudgetFile:
    """Where it is kept.

    Args:
        directory: The data directory; made by the first write.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def state(self) -> State:
        """Returns something that differs whenever the file was replaced; `None` if there is none. One stat."""
        try:
            seen = self._path.stat()
        except OSError:
            return None
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

    def read(self) -> Standings | None:
        """Returns what it says; `None` if there is none.

        Raises:
            StoreError: It cannot be read: then no budget is known to be spent.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Standings)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StoreError(f"{self._path} cannot be read: {error}", code="budgets_unreadable") from error

    def write(self, found: Standings) -> None:
        """Replaces it.

        Raises:
            StoreError: It could not be written; workers go on with what it said.
        """
        part = self._path.with_name(f".{FILE}.{os.getpid()}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(msgspec.json.encode(found) + b"\n")
            part.replace(self._path)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written: {error.strerror}", code="budgets_not_written"
            ) from error

    def remove(self) -> None:
        """Takes it away, if it is there: there is no budget.

        Raises:
            StoreError: It could not be taken away.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be removed: {error.strerror}", code="budgets_not_written"
            ) from error

"""The switch as a file in the data directory: replaced in one step, noticed by every worker within a second."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from suffice.errors import PolicyError, StoreError
from suffice.policy.switch import Switch
from suffice.store.lock import folder_lock

FILE = "switch.json"
State = tuple[int, int, int] | None


class SwitchFile:
    """Where the switch is kept.

    Args:
        directory: The data directory; made by the first change.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def state(self) -> State:
        """Returns something that differs whenever the file was replaced; `None` if there is none. One stat."""
        try:
            seen = self._path.stat()
        except FileNotFoundError:
            return None
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

    def read(self) -> Switch | None:
        """Returns the switch; `None` if nobody has set it yet.

        Raises:
            PolicyError: It cannot be read, or is none.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PolicyError(f"{self._path} cannot be read: {error.strerror}", code="bad_switch") from error
        return Switch.decode(data)

    def change(self, change: Callable[[Switch | None], Switch | None]) -> Switch | None:
        """Changes the switch, one process at a time: what another one sets in the same instant is not undone.

        Args:
            change: Handed the switch as it stands, returns what it is to be; `None`, or the same, leaves it as it is.

        Returns:
            The switch as it stands afterwards.

        Raises:
            PolicyError: It cannot be read.
            StoreError: It could not be written; what held goes on.
        """
        otherwise = f"the switch at {self._path} cannot be set"
        with folder_lock(self._path.parent, otherwise, code="not_switched"):
            there = self.read()
            changed = change(there)
            if changed is None or changed == there:
                return there
            try:
                self._replace(changed)
            except OSError as error:
                raise StoreError(f"{otherwise}: {error.strerror}", code="not_switched") from error
            return changed

    def _replace(self, switch: Switch) -> None:
        part = self._path.with_name(f".{FILE}.{os.getpid()}.part")
        with part.open("wb") as file:
            file.write(switch.encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)

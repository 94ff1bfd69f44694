"""How a SQLite file of an older version comes to have today's tables: step by step, each whole or not at all."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from suffice.errors import StoreError

_LONGEST_S = 5.0
_PAUSE_S = 0.02


def make_folder(path: Path, *, code: str) -> None:
    """Makes the folder of a file that is about to be made, if it is not there.

    Args:
        path: Of the file.
        code: Of the error.

    Raises:
        StoreError: It cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}", code=code) from error


def write_ahead(connection: sqlite3.Connection) -> None:
    """Lets readers go on while somebody writes (WAL), and waits some seconds for others who are making the file.

    Raises:
        sqlite3.Error: The file cannot be used, or somebody holds it for longer.
    """
    until = time.monotonic() + _LONGEST_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Where two make this change at once it fails without waiting, whatever the connection's time-out.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one kind of file."""

    what: str
    """Its name in messages, and in the code `newer_...` of an error."""
    newest: int
    """The version that they lead to."""
    scripts: Mapping[int, str]
    """SQL from a version on: 0 makes the newest, any other leads to the next. A semicolon only ends a statement."""
    after: Mapping[int, Callable[[sqlite3.Connection], None]] = {}
    """What a step needs that SQL cannot say, by the version that it leads from."""

    def version_of(self, connection: sqlite3.Connection) -> int:
        """Returns the version of a file; 0 while it has no tables.

        Raises:
            StoreError: A newer suffice made it.
        """
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > self.newest:
            raise StoreError(
                f"the {self.what} was written by a newer suffice (schema {version}, this one knows {self.newest})",
                code=f"newer_{self.what}",
            )
        return int(version)

    def migrate(self, connection: sqlite3.Connection) -> None:
        """Brings a file to the newest version; several processes may ask for it at once.

        Raises:
            StoreError: A newer suffice made it.
            sqlite3.Error: A step failed, and left nothing behind.
        """
        while self.version_of(connection) < self.newest:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                # Asked again now that nobody else can write: another process may just have made this step.
                version = self.version_of(connection)
                if version < self.newest:
                    self._step(connection, version)

    def _step(self, connection: sqlite3.Connection, version: int) -> None:
        # Not as a script: that would begin by ending the transaction.
        for statement in self.scripts[version].split(";"):
            connection.execute(statement)
        if version in self.after:
            self.after[version](connection)
        connection.execute(f"PRAGMA user_version = {version + 1 if version else self.newest}")

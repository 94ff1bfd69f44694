"""How a SQLite file of an older version comes to have today's tables: step by step, each whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

import msgspec

from suffice.errors import StoreError


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one kind of file."""

    what: str
    """Its name in messages, and in the code `newer_...` of an error."""
    newest: int
    """The version that they lead to."""
    scripts: Mapping[int, str]
    """SQL from a version on: 0 makes the newest, any other leads to the next."""
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
        """Brings a file to the newest version.

        Raises:
            StoreError: A newer suffice made it.
        """
        while (version := self.version_of(connection)) < self.newest:
            reached = version + 1 if version else self.newest
            connection.executescript(f"BEGIN IMMEDIATE; {self.scripts[version]}")
            if version in self.after:
                self.after[version](connection)
            connection.execute(f"PRAGMA user_version = {reached}")
            connection.commit()

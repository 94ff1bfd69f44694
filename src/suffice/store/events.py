"""What happened to use cases, a line each, only ever added to: demotions, void certificates, budgets near their end."""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from suffice.errors import StoreError

FILE = "events.jsonl"
_TAIL_BYTES = 1024 * 1024


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """How a budget stands that somebody is told of."""

    per: str
    """day or month."""
    limit_nanos: int
    spent_nanos: int
    """Of what is known."""
    unknown: int
    """Calls of unknown cost beside that."""
    when_spent: str
    """notify, economise or refuse."""
    until: datetime
    """When it begins anew."""


class Happened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event."""

    at: datetime
    what: Literal["demoted", "voided", "budget_near", "budget_spent"]
    """The use case went back to the baseline because of the guard; a certificate was voided by drift; most of a budget
    is spent; all of it is."""
    bucket: str
    """Empty where it is about all use cases together."""
    baseline: str = ""
    candidate: str = ""
    because: str
    """A snake_case code, a colon and words."""
    pairs: int | None = None
    """Shadow pairs that it rests on."""
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    budget: Spent | None = None


class EventLog:
    """The file of events.

    Args:
        directory: The data directory; made by the first event.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def append(self, event: Happened) -> None:
        """Writes an event down; it is on the disk when this returns.

        Raises:
            StoreError: It could not be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                end = file.seek(0, os.SEEK_END)
                if end:
                    file.seek(end - 1)
                    # A line that was cut short stays by itself, so that it spoils no other.
                    if file.read(1) != b"\n":
                        file.write(b"\n")
                file.write(msgspec.json.encode(event) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(
                f"the event at {self._path} cannot be written: {error.strerror}", code="event_lost"
            ) from error

    def last(self) -> dict[str, Happened]:
        """Returns the last event of each use case, of the newest megabyte; those of budgets say nothing of its models.

        Raises:
            StoreError: The file cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - _TAIL_BYTES))
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be read: {error.strerror}", code="events_unreadable"
            ) from error
        found = {}
        for line in lines:
            try:
                event = msgspec.json.decode(line, type=Happened)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            if event.budget is None:
                found[event.bucket] = event
        return found

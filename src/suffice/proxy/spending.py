"""What use cases have spent: as the ledger says it, and what workers have settled that is not in the ledger yet.

The ledger is added up once; from then on a look reads only what its chain has got since, and the spools behind what has
been moved. Both are read as they were at one moment, so that no call counts twice. Nothing is kept: a restart adds up
anew. While the ledger cannot be written the spools are counted on, up to `MOST_WAITING` calls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from suffice.errors import StoreError
from suffice.ledger.budget import DAY_NS, Tally, owner_of
from suffice.ledger.chain import Anchor
from suffice.ledger.pricing import PriceOf, entry_of
from suffice.proxy.recorder import lines_after, parted
from suffice.proxy.spool import SUFFIX
from suffice.store.sqlite import SqliteStore

MOST_WAITING = 100_000
"""Calls that are counted from the spools at most; what is beyond waits for the ledger."""


class _Call(NamedTuple):
    """A settled call that is not in the ledger."""

    end: int
    """Where its line ends in the spool."""
    owner: str
    at_ns: int
    nanos: int | None


class _Tail:
    """One spool behind what has been moved."""

    __slots__ = ("calls", "read")

    def __init__(self, at: int) -> None:
        self.read = at
        self.calls: deque[_Call] = deque()


class Spending:
    """Adds up. Use from one thread.

    Args:
        ledger: The ledger's file.
        spools: The folder of the workers' spools.
        price_of: Prices a call.
        most_waiting: How many calls of the spools are counted.
    """

    def __init__(
        self, ledger: Path, spools: Path, price_of: PriceOf, *, most_waiting: int = MOST_WAITING
    ) -> None:
        self._ledger = ledger
        self._store = SqliteStore(ledger, read_only=True)
        self._spools = spools
        self._price_of = price_of
        self._most = most_waiting
        self._days: dict[tuple[str, int], tuple[int, int]] = {}
        self._head: Anchor | None = None
        self._recorded = self._waiting = Tally(0)
        self._tails: dict[str, _Tail] = {}
        self.uncounted_bytes = 0
        """Of spools, that are neither in the ledger nor counted."""

    def look(self, at_ns: int) -> tuple[Tally, Tally]:
        """Returns what was spent in the day and the month of a moment: in the ledger, and settled beside it.

        Args:
            at_ns: The moment, Unix time.

        Raises:
            StoreError: The ledger cannot be read: what is spent is not known.
        """
        self._turn_over(at_ns)
        moved = self._read_ledger()
        self._read_spools(moved)
        return self._recorded, self._waiting

    def _turn_over(self, at_ns: int) -> None:
        """Begins the sums of another day; of another month the ledger is added up anew."""
        tally = Tally(at_ns)
        if tally.day == self._recorded.day:
            return
        if tally.since_ns != self._recorded.since_ns:
            self._head, self._days = None, {}
        self._recorded, self._waiting = tally, Tally(at_ns)
        for (owner, day), (nanos, unknown) in self._days.items():
            tally.add(owner, day * DAY_NS, nanos=nanos, unknown=unknown)
        for tail in self._tails.values():
            for call in tail.calls:
                self._count(call, 1)

    def _read_ledger(self) -> Mapping[str, int]:
        if not self._ledger.exists():
            self._forget()
            return {}
        try:
            with self._store.at_one_moment():
                head = self._head
                if head is not None and self._store.head(at=head.seq) != head:
                    self._forget()  # It is another ledger.
                self._add_up()
                return self._store.offsets()
        except StoreError as error:
            if error.code != "no_ledger":
                raise
            self._forget()  # The recorder is about to make it.
            return {}
        finally:
            # Opened anew each time: a file that was replaced would be read on for ever.
            self._store.close()

    def _add_up(self) -> None:
        since_ns = self._recorded.since_ns
        after = None if self._head is None else self._head.seq
        head = self._store.head()
        if head == self._head:
            return
        for row in self._store.grouped(("owner", "day"), since_ns=since_ns, after=after):
            key = row["owner"], row["day"]
            nanos, unknown = self._days.get(key, (0, 0))
            self._days[key] = nanos + row["cost_nanos"], unknown + row["unknown_costs"]
            self._recorded.add(key[0], key[1] * DAY_NS, nanos=row["cost_nanos"], unknown=row["unknown_costs"])
        self._head = head

    def _forget(self) -> None:
        if self._days:
            self._recorded = Tally(self._recorded.day * DAY_NS)
        self._head, self._days = None, {}

    def _read_spools(self, moved: Mapping[str, int]) -> None:
        there = {path.name: path for path in self._spools.glob(f"*{SUFFIX}")}
        self.uncounted_bytes = 0
        for name in [*self._tails, *(there.keys() - self._tails.keys())]:
            # Gone and forgotten: it is in the ledger whole. Only gone: it was moved after we looked there.
            gone = name not in there and name not in moved
            tail = self._tails.pop(name) if gone else self._tails.setdefault(name, _Tail(moved.get(name, 0)))
            at = moved.get(name, 0)
            while tail.calls and (gone or tail.calls[0].end <= at):
                self._count(tail.calls.popleft(), -1)
            tail.read = max(tail.read, at)
            if name in there:
                self._read_on(there[name], tail)

    def _read_on(self, path: Path, tail: _Tail) -> None:
        try:
            with path.open("rb") as file:
                while self._room and (chunk := lines_after(file, tail.read)):
                    for line in chunk.splitlines(keepends=True):
                        tail.read += len(line)
                        self._take(line.rstrip(b"\n"), tail)
                if not self._room:
                    self.uncounted_bytes += file.seek(0, 2) - tail.read
        except FileNotFoundError:
            return  # All of it has been moved since we looked: the next look finds it there.
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}", code="spool_unreadable") from error

    @property
    def _room(self) -> bool:
        return sum(len(tail.calls) for tail in self._tails.values()) < self._most

    def _take(self, line: bytes, tail: _Tail) -> None:
        if not line:
            return
        try:
            _, outcome = parted(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return  # The recorder sets it aside.
        cost = entry_of(outcome, self._price_of).cost
        call = _Call(tail.read, owner_of(outcome), outcome.received_ns, cost.nanos)
        tail.calls.append(call)
        self._count(call, 1)

    def _count(self, call: _Call, sign: int) -> None:
        unknown = int(call.nanos is None)
        self._waiting.add(call.owner, call.at_ns, nanos=sign * (call.nanos or 0), unknown=sign * unknown)

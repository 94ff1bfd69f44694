"""The ledger as a chain: each entry's hash covers the one before, so that no entry can be changed, dropped or put in.

    hash(n) = SHA-256( hash(n - 1) + the entry's bytes as they are kept ),  hash(0) = 32 zero bytes

What a chain cannot show by itself is that its end was cut off: whoever has noted a number and its hash can (`expect`).
Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from suffice.ledger.entry import Cost, Entry, Grade
from suffice.ledger.leg import FIELDS, Leg, leg_of
from suffice.ledger.pricing import charge

GENESIS = bytes(32)
"""What the first entry's hash covers in place of one before it."""
MOST_PROBLEMS = 20
"""More than these are counted, not listed."""

_decode = msgspec.json.Decoder(Entry).decode


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One entry in its place."""

    seq: int
    """From 1, without gaps."""
    id: str
    hash: bytes
    entry: bytes | None
    """The entry's JSON as it is kept; `None` if the ledger no longer has it."""
    copies: Leg | None = None
    """The ledger's own copies of what reports add up and savings are told by."""


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A place of the chain that somebody has noted."""

    seq: int
    hash: bytes

    @staticmethod
    def read(text: str) -> Anchor | None:
        """Returns the anchor of "number:hash"; `None` if it is none.

        >>> Anchor.read("2:" + "ab" * 32).seq
        2
        """
        number, _, digest = text.partition(":")
        try:
            return Anchor(seq=int(number), hash=bytes.fromhex(digest)) if len(digest) == 64 else None
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


class Audit(msgspec.Struct, kw_only=True):
    """What a walk along the chain has found."""

    entries: int = 0
    head: Anchor = Anchor(seq=0, hash=GENESIS)
    nanos: dict[Grade, int] = msgspec.field(default_factory=dict)
    """Cost by grade, added up from the entries alone; what is unknown has no sum."""
    unknown: int = 0
    recomputed: int = 0
    """Costs that were multiplied again from usage and rates."""
    problems: list[str] = msgspec.field(default_factory=list)
    """Each names the entry and what is wrong with it; the first ones."""
    problem_count: int = 0

    @property
    def sound(self) -> bool:
        """Nothing is wrong."""
        return not self.problem_count

    def complain(self, problem: str) -> None:
        """Notes a problem."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


def link(previous: bytes, entry: bytes) -> bytes:
    """Returns the hash of an entry that follows another.

    >>> link(GENESIS, b"{}").hex()[:16]
    'fb1634c4e6cd4b1f'
    """
    return hashlib.sha256(previous + entry).digest()


def verify(links: Iterable[Link], *, expect: Anchor | None = None, start: Anchor | None = None) -> Audit:
    """Walks along a chain and recomputes every hash, every cost and the totals from the entries alone.

    Args:
        links: In the order of their numbers.
        expect: A place that somebody has noted: it must be there, with this hash.
        start: The place before the first link, of a chain that begins in the middle.
    """
    audit = Audit(head=start or Anchor(seq=0, hash=GENESIS))
    met = expect is None or (expect.seq == 0 and expect.hash == GENESIS)
    for one in links:
        if one.seq != audit.head.seq + 1:
            audit.complain(f"entry {audit.head.seq + 1} is missing: {one.seq} follows {audit.head.seq}")
        _check(audit, one)
        if expect is not None and one.seq == expect.seq:
            met = True
            if one.hash != expect.hash:
                audit.complain(f"entry {one.seq} has the hash {one.hash.hex()}, not the one that was noted")
        audit.head = Anchor(seq=one.seq, hash=one.hash)
    if expect is not None and not met:
        audit.complain(f"the chain ends at {audit.head.seq}: entry {expect.seq}, which was noted, is gone")
    return audit


def recomputed(entry: Entry) -> Cost | None:
    """Returns an entry's cost, multiplied again from its usage and rates; `None` if it has none of these."""
    usage, rates = entry.outcome.usage, entry.cost.rates
    return None if usage is None or rates is None else charge(usage, rates)


def _check(audit: Audit, one: Link) -> None:
    if one.entry is None:
        audit.complain(f"entry {one.seq} ({one.id}) is in the chain and not in the ledger")
        return
    if link(audit.head.hash, one.entry) != one.hash:
        audit.complain(f"entry {one.seq} ({one.id}) was changed, or one before it: its hash does not follow")
    try:
        entry = _decode(one.entry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        audit.complain(f"entry {one.seq} ({one.id}) cannot be read: {error}")
        return
    audit.entries += 1
    if entry.outcome.id != one.id:
        audit.complain(f"entry {one.seq} is kept under the id {one.id}, and says {entry.outcome.id}")
    _count(audit, one, entry)


def _count(audit: Audit, one: Link, entry: Entry) -> None:
    cost = entry.cost
    said = leg_of(entry)
    if one.copies is not None and one.copies != said:
        for name in FIELDS:
            copy, own = getattr(one.copies, name), getattr(said, name)
            if copy != own:
                audit.complain(
                    f"entry {one.seq} ({one.id}): the ledger's {name} is {copy!r}, the entry says {own!r}"
                )
    again = recomputed(entry)
    if again is not None:
        audit.recomputed += 1
        if again.nanos != cost.nanos:
            audit.complain(
                f"entry {one.seq} ({one.id}): usage x rates is {again.nanos}, the entry says {cost.nanos}"
            )
    if cost.nanos is None:
        audit.unknown += 1
    else:
        audit.nanos[cost.grade] = audit.nanos.get(cost.grade, 0) + cost.nanos

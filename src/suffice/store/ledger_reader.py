"""What is asked of the ledger: entries, the chain, the calls that routing touched, and sums.

The columns beside an entry's own JSON are copies for SQL to filter and add up; sums of integers are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from suffice.ledger.chain import GENESIS, Anchor, Link
from suffice.ledger.entry import Entry
from suffice.ledger.leg import Leg
from suffice.ledger.lost_cache import Turn
from suffice.store import selects
from suffice.store.decisions import Packing
from suffice.store.ledger_file import LedgerFile
from suffice.store.rows import LEG_COLUMNS, AnswerRow, leg_of_row, turn_of_row
from suffice.store.schema import ROUTING_TOUCHED
from suffice.store.selects import between
from suffice.types import Decision

_decode = msgspec.json.Decoder(Entry).decode


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What a selection of entries covers."""

    entries: int
    first_ns: int | None
    last_ns: int | None
    sessions: int
    decide_us_p50: int | None
    decide_us_p99: int | None


class LedgerReader:
    """A ledger to read.

    Args:
        path: Of the file.
        read_only: Never makes or changes it.
    """

    def __init__(self, path: Path, *, read_only: bool = True) -> None:
        self._file = LedgerFile(path, read_only=read_only)
        self._packing = Packing()

    def entry(self, id_: str) -> Entry | None:
        """Returns the entry of a request; `None` if there is none.

        Raises:
            StoreError: The database cannot be read.
        """
        for (raw,) in self._file.query("SELECT entry FROM entries WHERE id = ?", [id_]):
            return _decode(raw)
        return None

    def decision(self, id_: str) -> Decision | None:
        """Returns the whole decision of a request; `None` if it is not on record, or no longer.

        Raises:
            StoreError: The database cannot be read, or the decision cannot.
        """
        select = "SELECT decisions FROM entries JOIN decision_blocks ON number = decision_block WHERE entries.id = ?"
        for (block,) in self._file.query(select, [id_]):
            return self._packing.unpack(block, id_)
        for (packed,) in self._file.query("SELECT decision FROM decisions WHERE id = ?", [id_]):
            return self._packing.unpack_one(packed)
        return None

    def entries(self, *, since_ns: int | None = None, until_ns: int | None = None) -> Iterator[Entry]:
        """Yields entries in the order of their arrival.

        Args:
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = between(since_ns, until_ns)
        for (raw,) in self._file.query(f"SELECT entry FROM entries {where} ORDER BY received_ns, id", values):  # noqa: S608 -- `where` is ours
            yield _decode(raw)

    def links(self, *, after: int = 0) -> Iterator[Link]:
        """Yields the chain from the place after a number on; see `suffice.ledger.chain`.

        Raises:
            StoreError: The database cannot be read.
        """
        select = (
            f"SELECT chain.seq, chain.id, chain.hash, CAST(entries.entry AS BLOB), {LEG_COLUMNS} "  # noqa: S608 -- our own names
            "FROM chain LEFT JOIN entries ON entries.id = chain.id WHERE chain.seq > ? ORDER BY chain.seq"
        )
        for seq, id_, hash_, entry, *copies in self._file.query(select, [after]):
            yield Link(
                seq=seq, id=id_, hash=hash_, entry=entry, copies=None if entry is None else leg_of_row(copies)
            )

    def legs(
        self, *, served: bool, since_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[Leg]:
        """Yields the calls that routing touched, without decoding an entry, in the order of their arrival.

        Args:
            served: Those that answered a client; else what was discarded and what ran in the shadow.
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        yield from map(leg_of_row, self._file.query(*selects.legs(since_ns, until_ns, served=served)))

    def turns(self, *, since_ns: int | None = None, until_ns: int | None = None) -> Iterator[Turn]:
        """Yields the billed calls that answered a client, of all sessions that routing touched, by arrival.

        Args:
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        yield from map(turn_of_row, self._file.query(*selects.turns(since_ns, until_ns)))

    def first_routed_ns(self) -> int | None:
        """Returns when routing first touched a call; `None` if it never did.

        Raises:
            StoreError: The database cannot be read.
        """
        ((first,),) = self._file.query(f"SELECT MIN(received_ns) FROM entries WHERE {ROUTING_TOUCHED}")  # noqa: S608 -- ours
        return None if first is None else int(first)

    def price_versions(self, *, since_ns: int | None = None, until_ns: int | None = None) -> list[str]:
        """Returns which price books and rows the calls that routing touched were priced with, sorted.

        Raises:
            StoreError: The database cannot be read.
        """
        found = self._file.query(*selects.price_versions(since_ns, until_ns))
        return sorted(version for (version,) in found if version)

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Answers every question inside from one state of the ledger, whatever is added meanwhile.

        Raises:
            StoreError: The database cannot be read.
        """
        with self._file.at_one_moment():
            yield

    def head(self, *, at: int | None = None) -> Anchor:
        """Returns the end of the chain, or its place with a number; where there is none, the one before it.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = ("", []) if at is None else ("WHERE seq <= ?", [at])
        select = f"SELECT seq, hash FROM chain {where} ORDER BY seq DESC LIMIT 1"  # noqa: S608 -- `where` is ours
        for seq, hash_ in self._file.query(select, values):
            return Anchor(seq=seq, hash=hash_)
        return Anchor(seq=0, hash=GENESIS)

    def stretch(self, *, since_ns: int | None = None, until_ns: int | None = None) -> tuple[int, int] | None:
        """Returns the first and the last number in the chain of the entries of a time; `None` if there are none.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = between(since_ns, until_ns)
        select = f"SELECT MIN(seq), MAX(seq) FROM chain JOIN entries ON entries.id = chain.id {where}"  # noqa: S608 -- `where` is ours
        ((first, last),) = self._file.query(select, values)
        return None if first is None else (first, last)

    def unchained(self) -> list[str]:
        """Returns the ids of entries that are not in the chain: somebody put them there past it.

        Raises:
            StoreError: The database cannot be read.
        """
        select = "SELECT id FROM entries WHERE id NOT IN (SELECT id FROM chain) LIMIT 100"
        return [id_ for (id_,) in self._file.query(select)]

    def grouped(
        self,
        by: Sequence[str],
        *,
        since_ns: int | None = None,
        until_ns: int | None = None,
        after: int | None = None,
    ) -> list[dict[str, Any]]:
        """Adds up entries that are alike: counts, tokens, nano-dollars.

        Args:
            by: Names of columns, or `day` (Unix days in UTC), `hour` (Unix hours) or `owner` (whose spend it is; see
                `suffice.ledger.budget`).
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.
            after: Only entries whose number in the chain is above this.

        Returns:
            A dict a group: the columns of `by`, then `requests`, `input_tokens`, `cache_read_tokens`, `output_tokens`,
            `cost_nanos`, `shadow_nanos`, where the sums leave out what is unknown, and `unknown_costs`,
            `unknown_shadows`, which count it.

        Raises:
            StoreError: The database cannot be read.
            KeyError: There is no such column.
        """
        found = self._file.query(*selects.grouped(by, since_ns, until_ns, after=after))
        names = [*by, *selects.SUMS]
        return [dict(zip(names, row, strict=True)) for row in found]

    def answers(self, *, feature: str, since_ns: int, limit: int) -> Iterator[AnswerRow]:
        """Yields the newest good answers that clients of a feature got, whichever model gave them.

        Args:
            feature: The client's tag.
            since_ns: Unix time of the first, included.
            limit: At most so many.

        Raises:
            StoreError: The database cannot be read.
        """
        yield from map(AnswerRow._make, self._file.query(*selects.answers(feature, since_ns, limit)))

    def span(self, *, since_ns: int | None = None, until_ns: int | None = None) -> Span:
        """Returns what time the entries cover, how many sessions they are, and how long deciding took.

        Args:
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = between(since_ns, until_ns)
        select = f"SELECT COUNT(*), MIN(received_ns), MAX(received_ns), COUNT(DISTINCT NULLIF(session, '')) FROM entries {where}"  # noqa: S608, E501 -- `where` is ours
        ((entries, first_ns, last_ns, sessions),) = self._file.query(select, values)
        decided = f"{where} {'AND' if where else 'WHERE'} decided_model IS NOT NULL"
        ((count,),) = self._file.query(f"SELECT COUNT(*) FROM entries {decided}", values)  # noqa: S608 -- the same
        return Span(
            entries=entries,
            first_ns=first_ns,
            last_ns=last_ns,
            sessions=sessions,
            decide_us_p50=self._decide_us(decided, values, count // 2) if count else None,
            decide_us_p99=self._decide_us(decided, values, count * 99 // 100) if count else None,
        )

    def _decide_us(self, where: str, values: Sequence[Any], rank: int) -> int:
        select = f"SELECT decide_us FROM entries {where} ORDER BY decide_us LIMIT 1 OFFSET ?"  # noqa: S608 -- `where` is ours
        ((value,),) = self._file.query(select, [*values, rank])
        return int(value)

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        self._file.close()

"""LEARN: reads what live traffic has shown of each certificate since the last look, and says how each stands.

Sources: graded pairs and feedback (`suffice.store.guard`), and the ledger for signals by arm. Each is read once, by its
own running number, so that a look costs what is new. After a restart all is read again, from the oldest certificate on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from suffice.evidence.guard import BucketGuard, Seen, Verdict, Watched
from suffice.ledger.chain import Link
from suffice.ledger.entry import Entry
from suffice.policy.published import Issued, Published, unix_ns
from suffice.store.guard import Feedback, GuardStore, Pair
from suffice.types import Outcome

Key = tuple[str, str, str]
"""Use case, baseline, candidate."""

MOST_WAITING = 10_000
"""Pieces of feedback whose entry has not come yet."""
WAIT_NS = 600 * 1_000_000_000
"""After so long an id is unknown."""

_decode = msgspec.json.Decoder(Entry).decode


class Ledger(Protocol):
    """What is read of the ledger."""

    def links(self, *, after: int = 0) -> Iterator[Link]:
        """Yields entries in the order in which they were kept."""
        ...

    def stretch(self, *, since_ns: int | None = None, until_ns: int | None = None) -> tuple[int, int] | None:
        """Returns the first and the last number of the entries of a time."""
        ...

    def entry(self, id_: str) -> Entry | None:
        """Returns one entry."""
        ...


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How one certificate stands."""

    certificate: Issued
    verdict: Verdict


class _Guarded:
    def __init__(self, certificate: Issued, alpha: float) -> None:
        self.certificate = certificate
        self.issued_ns = unix_ns(certificate.issued)
        self.guard = BucketGuard(
            Watched(
                bucket=certificate.bucket,
                baseline=certificate.baseline,
                candidate=certificate.candidate,
                delta=certificate.delta,
                alpha=alpha,
            )
        )


class Guarding:
    """The state of all certificates of the policy in use.

    Args:
        store: Of pairs and feedback.
        ledger: Called at each look: `None` while there is none yet.
        name_of: The catalog's name of a model.
        alpha: Of each use case.
    """

    def __init__(
        self,
        store: GuardStore,
        ledger: Callable[[], Ledger | None],
        name_of: Callable[[str], str],
        *,
        alpha: float,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._name_of = name_of
        self._alpha = alpha
        self._guarded: dict[Key, _Guarded] = {}
        self._named: tuple[tuple[Key, int], ...] = ()
        self._pair = self._feedback = self._entry = 0
        self._waiting: list[Feedback] = []
        self.unknown = 0
        """Feedback on ids that are not in the ledger."""

    def look(self, published: Published, *, now_ns: int) -> list[Health]:
        """Reads what is new, and returns how each valid certificate stands.

        Args:
            published: The policy in use.
            now_ns: The clock, Unix time.

        Raises:
            StoreError: A file cannot be read.
        """
        valid = [one for one in published.certificates if one.state(now_ns) == "valid"]
        self._guard(valid)
        if not self._guarded:
            return []
        for seq, pair in self._store.pairs(after=self._pair):
            self._take(pair)
            self._pair = seq
        ledger = self._ledger()
        if ledger is not None:
            self._read(ledger)
            self._hear(ledger, now_ns)
        return [
            Health(certificate=one.certificate, verdict=one.guard.verdict) for one in self._guarded.values()
        ]

    def _guard(self, valid: Sequence[Issued]) -> None:
        """Begins anew if the certificates are others: what was read is read again, for it is theirs in another way."""
        named = tuple((one.key, unix_ns(one.issued)) for one in valid)
        if named == self._named:
            return
        self._named = named
        among: dict[tuple[str, str], int] = {}
        for one in valid:
            among[one.key[:2]] = among.get(one.key[:2], 0) + 1
        self._guarded = {one.key: _Guarded(one, self._alpha / among[one.key[:2]]) for one in valid}
        self._pair = self._feedback = self._entry = self.unknown = 0
        self._waiting = []

    def _take(self, pair: Pair) -> None:
        key = pair.bucket, self._name_of(pair.baseline), self._name_of(pair.candidate)
        found = self._guarded.get(key)
        if found is not None and pair.at_ns >= found.issued_ns:
            found.guard.take(pair.d)

    def _read(self, ledger: Ledger) -> None:
        if not self._entry:
            oldest = min(one.issued_ns for one in self._guarded.values())
            stretch = ledger.stretch(since_ns=oldest)
            self._entry = 0 if stretch is None else stretch[0] - 1
        for link in ledger.links(after=self._entry):
            self._entry = link.seq
            if link.entry is not None:
                self._see(_decode(link.entry).outcome)

    def _see(self, outcome: Outcome, signals: tuple[str, ...] | None = None) -> bool:
        if (
            not outcome.arm
            or outcome.leg != "served"
            or outcome.propensity is None
            or outcome.decided_model is None
        ):
            return False
        names = self._name_of(outcome.requested_model), self._name_of(outcome.decided_model)
        found = self._guarded.get((outcome.bucket, *names))
        if found is None or outcome.received_ns < found.issued_ns:
            return False
        found.guard.see(
            Seen(
                session=outcome.session or outcome.id,
                arm=outcome.arm,
                propensity=outcome.propensity,
                signals=outcome.signals if signals is None else signals,
            )
        )
        return True

    def _hear(self, ledger: Ledger, now_ns: int) -> None:
        for seq, feedback in self._store.feedback(after=self._feedback):
            self._feedback = seq
            self._waiting.append(feedback)
        still: list[Feedback] = []
        for feedback in self._waiting:
            entry = ledger.entry(feedback.decision)
            if entry is not None:
                if feedback.bad:
                    self._see(entry.outcome, ("feedback",))
            elif now_ns - feedback.at_ns < WAIT_NS and len(still) < MOST_WAITING:
                # Its entry may still be in a spool.
                still.append(feedback)
            else:
                self.unknown += 1
        self._waiting = still

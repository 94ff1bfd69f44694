"""LEARN: looks at every certificate of a policy: has it expired, and is the traffic still what its trial drew from?

Logged calls (imports, captures) show prompts; the ledger shows lengths and served versions of every answer, without any
text. What neither shows cannot be checked, and is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol
from zlib import crc32

import msgspec
import numpy as np

from suffice.errors import PolicyError, StoreError
from suffice.evidence.certificate import without
from suffice.evidence.drift import Finding, Seen, look
from suffice.evidence.reference import Answer, NameOf, pick, recall, seen_in, seen_of, served_then, together
from suffice.policy.published import Issued, Published, moment_of, unix_ns
from suffice.quality.outcomes import UNTAGGED
from suffice.store.policies import Event, Policies
from suffice.store.rows import AnswerRow
from suffice.store.sqlite import SqliteStore
from suffice.store.traffic import TrafficStore
from suffice.types import LoggedCall

_DAY_NS = 86_400_000_000_000
_MOST_ANSWERS = 20_000
"""Of a feature, the newest."""
_MOST_DECISIONS = 5_000
"""Untagged answers that are looked at; where the ledger does not say their use case, their decision is read."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate, looked at."""

    certificate: Issued
    state: str
    """valid, expired or not_yet_valid."""
    findings: tuple[Finding, ...]

    @property
    def void_because(self) -> str | None:
        """Why it is void from now on; `None` if no condition says so."""
        return next((f"{one.condition}: {one.detail}" for one in self.findings if one.drifted), None)


class References(Protocol):
    """Where references are kept."""

    def read(self, fingerprint: str) -> bytes:
        """Returns the bytes of a reference."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Where traffic is looked at; a source that is not there is `None`."""

    references: References
    name_of: NameOf
    ledger: SqliteStore | None
    traffic: TrafficStore | None

    def check(
        self,
        published: Published,
        *,
        now_ns: int,
        told: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> list[Checked]:
        """Looks at every certificate.

        Args:
            published: The policy.
            now_ns: The clock, Unix time.
            told: Of how many of how many are done.

        Raises:
            StoreError: A store is there and cannot be read.
        """
        checked = []
        # Candidates of one use case stand on the same traffic: it is looked at once.
        looked: dict[tuple[str, str, str | None, str | None], tuple[Finding, ...]] = {}
        for number, one in enumerate(published.certificates, 1):
            state, traffic = one.state(now_ns), (one.bucket, one.baseline, one.scheme, one.prompts)
            if state == "valid" and traffic not in looked:
                looked[traffic] = self._look(one, rng_of(one, now_ns))
            findings = looked[traffic] if state == "valid" else ()
            checked.append(Checked(certificate=one, state=state, findings=findings))
            told(number, len(published.certificates))
        return checked

    def _look(self, one: Issued, rng: np.random.Generator) -> tuple[Finding, ...]:
        then, last_ns = self._reference(one)
        since_ns = unix_ns(one.issued) if last_ns is None else last_ns
        rows = self._rows(one, since_ns)
        sample = self._sample(rows, rng)
        answered = {row.id for row in rows}
        logged = seen_in(self._logged(one, since_ns, answered - sample, rng), told_elsewhere=answered)
        return look(then, together(logged, seen_of(self._answers(one, rows, sample))), rng=rng)

    def _reference(self, one: Issued) -> tuple[Seen, int | None]:
        if one.prompts is not None:
            try:
                return recall(self.references.read(one.prompts))
            except PolicyError as error:
                # Published from another machine's draft, say: what the certificate itself says is still checked.
                if error.code != "no_artifact":
                    raise
        return Seen(served=served_then(one.void_if)), None

    def _logged(
        self, one: Issued, since_ns: int, passed_over: AbstractSet[str], rng: np.random.Generator
    ) -> list[LoggedCall]:
        if self.traffic is None:
            return []
        ids = pick(
            # A captured call goes by the same id in the ledger.
            (head for head in self.traffic.heads(since_ns=since_ns) if head.id not in passed_over),
            (one.bucket, one.baseline),
            name_of=self.name_of,
            rng=rng,
            since_ns=since_ns,
        )
        return self.traffic.get(ids)

    @staticmethod
    def _sample(rows: Sequence[AnswerRow], rng: np.random.Generator) -> set[str]:
        """The ids of those calls that together are like the whole traffic, of those that the baseline answered.

        In route mode it answers the holdout, which chance chose; all of what no candidate may serve; and what came back
        to it, because a candidate failed, say. The last are like nothing, and of those before no larger share may count
        than the holdout is of its kind.
        """
        cast = sum(row.arm != "" for row in rows)
        share = sum(row.arm == "holdout" for row in rows) / cast if cast else 1.0
        return {row.id for row in rows if row.arm == "holdout" or (row.arm == "" and rng.random() < share)}

    def _answers(self, one: Issued, rows: Sequence[AnswerRow], sample: AbstractSet[str]) -> Iterator[Answer]:
        """Answers of the baseline in the ledger, the newest first; those outside of the sample without a length."""
        for row in rows:
            asked, served = row.requested_model, row.served_model
            # What another model answered, or was asked for, says nothing of the baseline.
            if row.sent_model not in {"", asked} or (served and self.name_of(served) != one.baseline):
                continue
            tokens = row.output_tokens if row.id in sample else None
            yield Answer(asked=asked, served=served, output_tokens=tokens, session=row.session)

    def _rows(self, one: Issued, since_ns: int) -> list[AnswerRow]:
        """Whatever answered calls of the use case that asked for the baseline."""
        if self.ledger is None:
            return []
        tagged = one.scheme is None
        rows = self.ledger.answers(
            feature=one.bucket if tagged else UNTAGGED,
            since_ns=since_ns + 1,
            limit=_MOST_ANSWERS if tagged else _MOST_DECISIONS,
        )
        return [
            row
            for row in rows
            if self.name_of(row.requested_model) == one.baseline
            and (tagged or (row.bucket or self._bucket(row.id)) == one.bucket)
        ]

    def _bucket(self, id_: str) -> str | None:
        assert self.ledger is not None  # noqa: S101 -- only asked for its own answers
        try:
            decision = self.ledger.decision(id_)
        except StoreError:
            return None
        return None if decision is None else decision.bucket


def rng_of(one: Issued, now_ns: int) -> np.random.Generator:
    """Returns the randomness of a certificate's look on one day: who looks again that day sees the same."""
    return np.random.default_rng(
        [crc32("\0".join(one.key[:2]).encode("utf-8", "surrogatepass")), now_ns // _DAY_NS]
    )


def take_away(
    policies: Policies,
    used: tuple[str | None, Published],
    checked: Sequence[Checked],
    *,
    now_ns: int,
    who: str,
) -> str | None:
    """Publishes the policy in use without what is void; returns its fingerprint, `None` if nothing is.

    Raises:
        PolicyError: Another one was published meanwhile.
        StoreError: It cannot be written.
    """
    fingerprint, published = used
    reasons = {one.certificate.key: why for one in checked if (why := one.void_because) is not None}
    if not reasons:
        return None
    at = moment_of(now_ns)
    left = without(published, reasons, at=at)
    note = "; ".join(f"{bucket}: {why}" for (bucket, _, _), why in reasons.items())
    event = Event(at=at, act="void", policy=left.fingerprint, before=fingerprint, who=who, note=note)
    policies.put(event, left.encode())
    return left.fingerprint

"""Which certificates held when: the certificates of each published policy, for as long as that policy was in use.

A certificate counts from its issue, or from when a policy with it came into use, until it expired, was voided or
left the policy. Certificates of the past are found in the policies of the past, which are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import msgspec

from suffice.ledger.invoice import Counted
from suffice.ledger.sessions import Period
from suffice.policy.published import Published, unix_ns
from suffice.store.policies import Policies

_FOREVER_NS = 2**63 - 1


class Tenure(msgspec.Struct, frozen=True, kw_only=True):
    """A policy in use."""

    from_ns: int
    policy: str
    """Its fingerprint."""
    published: Published


class Held:
    """Answers what was certified when.

    Args:
        spans: Of certificates; those of one use case and pair of models may touch or overlap.
        name_of: The catalog's name of a model, which certificates are written in.
    """

    def __init__(self, spans: Sequence[Counted], name_of: Callable[[str], str]) -> None:
        self._spans = spans
        self._name_of = cache(name_of)
        self._of: dict[tuple[str, str, str], list[Counted]] = {}
        for one in spans:
            self._of.setdefault((one.bucket, one.baseline, one.candidate), []).append(one)

    def certified(self, bucket: str, baseline: str, candidate: str, at_ns: int) -> bool:
        """Tells whether a candidate had a certificate in a use case at a moment.

        Args:
            bucket: The use case.
            baseline: As the client asked for it.
            candidate: As it was asked for.
            at_ns: Unix time.
        """
        if not self._of:
            return False
        spans = self._of.get((bucket, self._name_of(baseline), self._name_of(candidate)), ())
        return any(one.issued_ns <= at_ns < one.until_ns for one in spans)

    def within(self, period: Period) -> tuple[Counted, ...]:
        """Returns the certificates that held at some moment of a period, by use case."""
        found = [
            one
            for one in self._spans
            if (period.until_ns is None or one.issued_ns < period.until_ns)
            and (period.since_ns is None or one.until_ns > period.since_ns)
        ]
        return tuple(sorted(found, key=lambda one: (one.bucket, one.baseline, one.candidate, one.issued_ns)))


def held(policies: Policies, name_of: Callable[[str], str]) -> Held:
    """Returns what the published policies certified, and when.

    Args:
        policies: The folder of published policies.
        name_of: The catalog's name of a model.

    Raises:
        PolicyError: A policy of the past cannot be read.
        StoreError: The history cannot be read.
    """
    tenures, events = [], policies.history()
    if events and events[-1].policy != policies.current():
        # The last change was not finished: that policy was never in use.
        events.pop()
    for event in events:
        published = Published.decode(policies.read(event.policy), name=f"the policy {event.policy}")
        tenures.append(Tenure(from_ns=unix_ns(event.at), policy=event.policy, published=published))
    return Held(spans_of(tenures), name_of)


def spans_of(tenures: Sequence[Tenure]) -> list[Counted]:
    """Returns from when to when each certificate held; one that goes on in the next policy is one span.

    Args:
        tenures: In the order of time.
    """
    found: dict[tuple[str, str, str, int], Counted] = {}
    done: list[Counted] = []
    ends = [*(one.from_ns for one in tenures), _FOREVER_NS][1:]
    for tenure, end_ns in zip(tenures, ends, strict=True):
        for issued in tenure.published.certificates:
            from_ns = max(unix_ns(issued.issued), tenure.from_ns)
            until_ns = min(unix_ns(issued.expires), end_ns)
            if from_ns >= until_ns:
                continue
            key = (*issued.key, unix_ns(issued.issued))
            before = found.get(key)
            if before is not None and before.until_ns == from_ns:
                found[key] = msgspec.structs.replace(before, until_ns=until_ns)
                continue
            if before is not None:
                done.append(before)
            bucket, baseline, candidate = issued.key
            found[key] = Counted(
                bucket=bucket,
                baseline=baseline,
                candidate=candidate,
                issued_ns=from_ns,
                until_ns=until_ns,
                policy=tenure.policy,
            )
    return [*done, *found.values()]

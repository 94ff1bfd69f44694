"""LEARN: takes a use case back to the baseline, in every worker within a second, and says why.

In this order, so that harm ends first: the switch of the use case is set to `observe`; its certificate is voided in the
policy in use; the event is written down; whoever listens is told. What fails is tried again at the next look, as the
certificate is then still there.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from suffice.evidence.certificate import without
from suffice.evidence.guarding import Health
from suffice.evidence.levers import Levers
from suffice.evidence.publish import in_use
from suffice.evidence.watch import Checked
from suffice.policy.published import moment_of
from suffice.policy.switch import Setting, Switch
from suffice.store.events import Happened
from suffice.store.policies import Event


def demote(harmed: Sequence[Health], levers: Levers, *, now_ns: int, who: str) -> list[Happened]:
    """Takes use cases back to the baseline.

    Args:
        harmed: Whose verdict is `demote`.
        levers: What is moved.
        now_ns: The clock, Unix time.
        who: For the policy's history.

    Returns:
        What happened, an event each; empty if there was nothing to do.

    Raises:
        StoreError: The switch could not be set: nothing else was done.
        PolicyError: The switch or the policy cannot be read, or changed meanwhile: the next look tries again.
    """
    if not harmed:
        return []
    switch_back({one.certificate.bucket: one.verdict.reason for one in harmed}, levers, now_ns=now_ns)
    fingerprint, published = in_use(levers.policies)
    if published is None:
        return []
    there = {one.key for one in published.certificates}
    reasons = {
        one.certificate.key: f"guard_{one.verdict.reason}" for one in harmed if one.certificate.key in there
    }
    if not reasons:
        return []
    at = moment_of(now_ns)
    left = without(published, reasons, at=at)
    note = "; ".join(f"{bucket}: {why}" for (bucket, _, _), why in reasons.items())
    levers.policies.put(
        Event(at=at, act="void", policy=left.fingerprint, before=fingerprint, who=who, note=note),
        left.encode(),
    )
    events = [_event(one, now_ns) for one in harmed if one.certificate.key in reasons]
    levers.announce(events)
    return events


def switch_back(reasons: dict[str, str], levers: Levers, *, now_ns: int) -> None:
    """Sets use cases to `observe`, with the reason; those that are not routed stay as they are.

    Args:
        reasons: By use case.
        levers: What is moved.
        now_ns: The clock, Unix time.

    Raises:
        StoreError: It could not be written.
        PolicyError: It cannot be read.
    """

    def back(there: Switch | None) -> Switch | None:
        switch = there or levers.default
        observed = {
            bucket: Setting(mode="observe", since_ns=now_ns, reason=f"guard: {why}")
            for bucket, why in reasons.items()
            if switch.of(bucket).mode == "route"
        }
        if not observed:
            return None
        return msgspec.structs.replace(switch, buckets={**switch.buckets, **observed})

    levers.switches.change(back)


def voided(checked: Sequence[Checked], levers: Levers, *, now_ns: int) -> list[Happened]:
    """Tells of certificates that drift has voided; the policy without them is published already."""
    events = [
        Happened(
            at=moment_of(now_ns),
            what="voided",
            bucket=one.certificate.bucket,
            baseline=one.certificate.baseline,
            candidate=one.certificate.candidate,
            because=because,
        )
        for one in checked
        if (because := one.void_because) is not None
    ]
    levers.announce(events)
    return events


def _event(one: Health, now_ns: int) -> Happened:
    verdict, certificate = one.verdict, one.certificate
    return Happened(
        at=moment_of(now_ns),
        what="demoted",
        bucket=certificate.bucket,
        baseline=certificate.baseline,
        candidate=certificate.candidate,
        because=verdict.reason,
        pairs=verdict.pairs,
        mean=verdict.mean,
        lower=verdict.lower,
        upper=verdict.upper,
    )

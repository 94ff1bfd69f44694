"""LEARN: puts a policy to use, or says why it must not be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec

from suffice.errors import PolicyError
from suffice.policy.published import Issued, Published, unix_ns
from suffice.store.policies import Act, Event, Policies


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is held against before it is put to use."""

    now: datetime
    schemes: Collection[str]
    """Fingerprints of the schemes on this machine."""
    name_of: Callable[[str], str]
    """Tells the catalog's name of a model by any that it goes by."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What is done, as the history has it."""

    act: Act
    who: str
    note: str = ""


def put(policies: Policies, published: Published, grounds: Grounds, deed: Deed) -> str:
    """Puts a policy to use in every running proxy, and returns its fingerprint.

    Args:
        policies: Where.
        published: What.
        grounds: What it is held against.
        deed: What is done, for the history.

    Raises:
        PolicyError: It must not be put to use: each reason is in the message.
        StoreError: It could not be written; what was in use stays in use.
    """
    expected, current = in_use(policies)
    wrong = problems(published, grounds, current, expired_too=deed.act == "publish")
    if wrong:
        listed = "".join(f"\n- {one}" for one in wrong)
        raise PolicyError(f"this policy is not put to use:{listed}", code="policy_refused")
    data = published.encode()
    fingerprint = published.fingerprint
    if fingerprint == expected:
        raise PolicyError(f"the policy {fingerprint} is in use already", code="policy_in_use")
    event = Event(
        at=grounds.now, act=deed.act, policy=fingerprint, before=expected, who=deed.who, note=deed.note
    )
    policies.put(event, data)
    return fingerprint


def in_use(policies: Policies) -> tuple[str | None, Published | None]:
    """Returns the fingerprint and the content of the policy in use; `None` where nothing has been published.

    Raises:
        PolicyError: It cannot be read.
    """
    fingerprint = policies.current()
    if fingerprint is None:
        return None, None
    return fingerprint, Published.decode(policies.read(fingerprint), name=f"the policy {fingerprint}")


def problems(
    published: Published, grounds: Grounds, current: Published | None, *, expired_too: bool = True
) -> list[str]:
    """Returns every reason why a policy must not be put to use.

    Args:
        published: What is to be.
        grounds: What it is held against.
        current: The policy in use, for what was voided since.
        expired_too: Whether an expired certificate is one. It lets no candidate serve, so whoever has to go back to an
            earlier policy is not kept from it.
    """
    found = [what for one in published.certificates for what in _of_certificate(one, grounds, current)]
    if expired_too:
        found += [
            f"the certificate of {one.candidate} in {one.bucket!r} expired on {one.expires:%Y-%m-%d %H:%M} UTC: "
            "run a new trial, or take it out of the draft"
            for one in published.certificates
            if one.state(unix_ns(grounds.now)) == "expired"
        ]
    if published.scheme is not None and published.scheme not in grounds.schemes:
        found.append(
            f"its bucket scheme {published.scheme} is not on this machine: its untagged use cases would mean nothing. "
            "Copy it into the schemes folder of the data directory, or run `suffice buckets` and `suffice certify` here"
        )
    return found


def _of_certificate(one: Issued, grounds: Grounds, current: Published | None) -> Sequence[str]:
    which = f"the certificate of {one.candidate} in {one.bucket!r}"
    names = [
        f"{which} names {model}; the catalog calls it {grounds.name_of(model)}"
        for model in (one.baseline, one.candidate)
        if grounds.name_of(model) != model
    ]
    notes = () if current is None else current.voided
    return names + [
        f"{which} was voided on {note.voided:%Y-%m-%d} ({note.because}): run a new trial"
        for note in notes
        if note.covers(one)
    ]

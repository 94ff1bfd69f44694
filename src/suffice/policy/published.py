"""What was certified, as an artifact that a person can review and a proxy puts to use. Pure.

Settings are the operator's standing word (allow and deny lists, stakes, bars); this artifact is what evidence adds to
it: certificates, the scheme that the use cases of untagged traffic are found by, and terms of single use cases. It is
sorted, indented JSON, so that two of them can be compared line by line in a pull request, and is named by a digest of
its content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from suffice.errors import PolicyError
from suffice.policy.policy import Certificate, Policy
from suffice.types import Evidence

VERSION = 1
"""Of the format: one that a reader does not know is refused, never read in part."""
KIND = "suffice-policy"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the artifact: a key that is not known is an error, not a condition that silently never holds."""


class NoiseFloor(_Part, frozen=True, kw_only=True):
    """How far the baseline disagrees with itself."""

    n: int
    """Units that it answered twice."""
    mean_absolute: float | None
    """Mean of |second - first| score; `None` without units."""


class Grader(_Part, frozen=True, kw_only=True):
    """What judged the answers."""

    name: str
    version: str


class Costs(_Part, frozen=True, kw_only=True):
    """What the trial saw of money, in nano-dollars; `None` is unknown."""

    baseline_nanos: int | None
    """Mean cost of a call."""
    candidate_nanos: int | None
    """The same of the candidate."""
    monthly_saving_nanos: int | None
    """At the volume that the use case had: modelled."""
    output_ratio: float | None
    """Mean output tokens of the candidate over the baseline's."""


class Lengths(_Part, frozen=True, kw_only=True):
    """How long the baseline's answers were when the certificate was issued, in tokens: for a reader."""

    n: int
    p10: float
    p50: float
    p90: float


class VoidIf(_Part, frozen=True, kw_only=True):
    """What voids a certificate before it expires: the traffic is no longer what the trial drew from.

    Each condition compares what is seen now with the reference it names; one without a reference cannot be checked, and
    `suffice policy check` says so.
    """

    prompts: str | None = None
    """The fingerprint distribution of the use case shifts away from the reference of this digest."""
    output_tokens: Lengths | None = None
    """The lengths of the baseline's answers shift away from these (the sample itself is in the reference)."""
    served: Mapping[str, tuple[str, ...]] = {}
    """The baseline, asked for by this name, answers as a model version that is not one of these."""


class Issued(_Part, frozen=True, kw_only=True):
    """A certificate: the recorded evidence that a candidate is non-inferior in a use case."""

    bucket: str
    baseline: str
    """The catalog's name of the model, not an alias."""
    candidate: str
    """The same."""
    scheme: str | None = None
    """The scheme that the use case is found by; `None` for a client's tag."""
    delta: float
    """Tolerance: how much lower than the baseline's its mean score may be."""
    alpha: float
    """Error of each one-sided bound."""
    fdr: float
    """Share of false ones among all certificates issued together, in expectation at most."""
    n: int
    """Units with a verdict."""
    population: int
    """Units that could have been drawn."""
    no_verdict: int = 0
    """Units whose answers could not be graded; they are in no mean."""
    mean: float
    """Mean difference of scores, candidate minus baseline."""
    lower: float
    upper: float
    """One-sided bounds of it, valid at every moment of the trial."""
    lower_if_lost: float | None = None
    """`lower`, had every unit without a verdict been lost by 1: the worst that they can hide."""
    noise_floor: NoiseFloor
    grader: Grader
    costs: Costs
    price_date: str
    trial: str
    sample: str
    """Digest of the drawn units' ids."""
    prompts: str | None
    """Digest of the use case's prompt fingerprints at issue; `None` if there were no bodies to read."""
    issued: datetime
    expires: datetime
    void_if: VoidIf = VoidIf()

    @property
    def key(self) -> tuple[str, str, str]:
        """Use case, baseline and candidate: what a later certificate of the same replaces."""
        return self.bucket, self.baseline, self.candidate

    @property
    def held(self) -> Certificate:
        """As much of it as a choice needs."""
        return Certificate(
            bucket=self.bucket,
            baseline=self.baseline,
            candidate=self.candidate,
            issued_ns=unix_ns(self.issued),
            expires_ns=unix_ns(self.expires),
        )

    def state(self, at_ns: int) -> str:
        """Returns `valid`, `expired` or `not_yet_valid` at a moment."""
        if self.held.valid(at_ns):
            return "valid"
        return "expired" if at_ns >= unix_ns(self.expires) else "not_yet_valid"


class Voided(_Part, frozen=True, kw_only=True):
    """A certificate that counted once and no longer does, and why."""

    bucket: str
    baseline: str
    candidate: str
    issued: datetime
    expires: datetime
    """When it would have ended anyway: after that this note is dropped."""
    voided: datetime
    because: str
    """A snake_case code, a colon and detail."""

    def covers(self, certificate: Issued) -> bool:
        """Tells whether it is about this very certificate, not a later one of the same use case."""
        return (self.bucket, self.baseline, self.candidate) == certificate.key and (
            self.issued == certificate.issued
        )


class BucketTerms(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """What differs in one use case, where the settings say nothing of it."""

    evidence: Evidence | None = None
    bar: float | None = None


class Published(_Part, frozen=True, kw_only=True):
    """The artifact."""

    artifact: str = KIND
    version: int = VERSION
    certificates: tuple[Issued, ...] = ()
    voided: tuple[Voided, ...] = ()
    scheme: str | None = None
    """The fingerprint of the scheme that untagged traffic is sorted by; `None`: as what was learned says."""
    terms: Mapping[str, BucketTerms] = {}

    @property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that name the content."""
        return fingerprint_of(self.encode())

    def encode(self) -> bytes:
        """Returns the artifact as sorted, indented JSON, with a line break at its end."""
        return msgspec.json.format(msgspec.json.encode(_ordered(self), order="sorted"), indent=2) + b"\n"

    @staticmethod
    def decode(data: bytes, *, name: str = "the policy") -> Published:
        """Returns the artifact of some bytes.

        Args:
            data: JSON, in any layout: a person may have edited it.
            name: What it is called in messages.

        Raises:
            PolicyError: It is none, or says what cannot be; the message says where.
        """
        try:
            found = msgspec.json.decode(data, type=Published)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise PolicyError(f"{name} is no policy artifact: {error}") from error
        if found.artifact != KIND:
            raise PolicyError(f'{name} is no policy artifact: "artifact" is {found.artifact!r}, not "{KIND}"')
        if found.version != VERSION:
            raise PolicyError(
                f"{name} has version {found.version} of the format, this suffice knows {VERSION}: update it"
            )
        for wrong in _contradictions(found):
            raise PolicyError(f"{name}: {wrong}")
        return found


def fingerprint_of(data: bytes) -> str:
    """Returns the 12 hexadecimal digits that name these bytes."""
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def with_published(policy: Policy, published: Published | None) -> Policy:
    """Returns a policy of settings with what was certified.

    Args:
        policy: Of the settings. Its lists, stakes and the terms of its features stay as they are: an artifact can
            bring evidence, and terms where the settings have none.
        published: The artifact, if there is one.
    """
    if published is None:
        return policy
    return msgspec.structs.replace(
        policy,
        certificates=(*policy.certificates, *(one.held for one in published.certificates)),
        buckets={bucket: (terms.evidence, terms.bar) for bucket, terms in sorted(published.terms.items())},
        published=published.fingerprint,
        voided=len(published.voided),
    )


def unix_ns(moment: datetime) -> int:
    """Returns Unix nanoseconds, exactly.

    >>> unix_ns(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005000
    """
    return (moment - _EPOCH) // _MICROSECOND * 1_000


def moment_of(at_ns: int) -> datetime:
    """Returns the second that a Unix time in nanoseconds falls in, in UTC.

    >>> moment_of(1_999_999_999).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(seconds=at_ns // 1_000_000_000)


def _ordered(published: Published) -> Published:
    """One order for one content: by use case, baseline, then the cheapest candidate first."""
    return msgspec.structs.replace(
        published,
        certificates=tuple(sorted(published.certificates, key=_cheapest_first)),
        voided=tuple(
            sorted(published.voided, key=lambda one: (one.bucket, one.baseline, one.candidate, one.issued))
        ),
    )


def _cheapest_first(one: Issued) -> tuple[str, str, bool, int, str, datetime]:
    cost = one.costs.candidate_nanos
    return one.bucket, one.baseline, cost is None, cost or 0, one.candidate, one.issued


def _contradictions(published: Published) -> list[str]:
    wrong = [
        f"the certificate of {one.candidate} in {one.bucket!r} {what}"
        for one in published.certificates
        for what in _wrong_with(one, published.scheme)
    ]
    wrong += [
        f"the note on {one.candidate} in {one.bucket!r} has a time without a zone: end it with Z"
        for one in published.voided
        if any(moment.tzinfo is None for moment in (one.issued, one.expires, one.voided))
    ]
    keys = [one.key for one in published.certificates]
    wrong += [
        f"{candidate} has two certificates in {bucket!r}: keep one"
        for bucket, baseline, candidate in dict.fromkeys(keys)
        if keys.count((bucket, baseline, candidate)) > 1
    ]
    wrong += [
        f"bar of {bucket!r} is {terms.bar}, not from 0 to 1"
        for bucket, terms in published.terms.items()
        if terms.bar is not None and not 0 <= terms.bar <= 1
    ]
    return wrong


def _wrong_with(one: Issued, scheme: str | None) -> list[str]:
    checks = (
        (one.issued.tzinfo is None or one.expires.tzinfo is None, "has a time without a zone: end it with Z"),
        (not 0 < one.delta <= 1, f"has delta {one.delta}, not above 0 and up to 1"),
        (not 0 < one.alpha < 1, f"has alpha {one.alpha}, not between 0 and 1"),
        (not 0 < one.fdr < 1, f"has fdr {one.fdr}, not between 0 and 1"),
        (not -1 <= one.lower <= one.mean <= one.upper <= 1, "has bounds that do not enclose its mean"),
        (
            one.lower <= -one.delta,
            f"has a lower bound of {one.lower:g}: that does not show a loss below {one.delta:g}",
        ),
        (one.n < 1 or one.n > one.population, f"rests on {one.n} of {one.population} units"),
        (
            one.scheme is not None and one.scheme != scheme,
            f"needs the scheme {one.scheme}, the policy names {scheme}",
        ),
    )
    found = [what for bad, what in checks if bad]
    if not found and one.issued >= one.expires:
        return ["expires before it is issued"]
    return found

"""What is allowed, as one immutable value named by its fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property

import msgspec

from suffice.types import BarOn, Evidence, Terms


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A trial found a candidate non-inferior to a baseline in a use case: as much of it as a choice needs."""

    bucket: str
    baseline: str
    """The catalog's name of the model, not an alias."""
    candidate: str
    """The same."""
    issued_ns: int
    """Unix time from which it holds."""
    expires_ns: int
    """Unix time at which it no longer holds."""

    def valid(self, at_ns: int) -> bool:
        """Tells whether it holds at a moment.

        >>> held = Certificate(bucket="faq", baseline="big", candidate="small", issued_ns=10, expires_ns=20)
        >>> [held.valid(at_ns) for at_ns in (9, 10, 19, 20)]
        [False, True, True, False]
        """
        return self.issued_ns <= at_ns < self.expires_ns


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy says of one feature; what is `None` is as for every other."""

    evidence: Evidence | None = None
    bar: float | None = None
    stakes_nanos: int | None = None
    """What a bad answer costs where the client does not say."""
    allow: frozenset[str] | None = None
    """Only these may serve, of those that the policy allows at all."""
    deny: frozenset[str] = frozenset()
    """These may not serve, beside those that the policy denies to all."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The rules of choice. Two policies of one content have one fingerprint."""

    evidence: Evidence = "certified"
    """The least that an estimate must rest on."""
    bar: float = 0.85
    """The `p_good` that a candidate must reach, in [0, 1]."""
    bar_on: BarOn = "p_good"
    """What has to reach the bar."""
    stakes_ratio: float = 10.0
    """The baseline serves where the stakes are more than this many times the expected saving."""
    allow: frozenset[str] | None = None
    """Only these models may stand in for a baseline; `None` allows all."""
    deny: frozenset[str] = frozenset()
    """These may not."""
    features: Mapping[str, Rule] = {}
    """What differs for a use-case tag."""
    certificates: tuple[Certificate, ...] = ()
    buckets: Mapping[str, tuple[Evidence | None, float | None]] = {}
    """Use case to the evidence and the bar that a published policy asks for there, where no rule of its tag does."""
    published: str | None = None
    """The fingerprint of the published policy that these certificates came with; `None` if there is none."""
    voided: int = 0
    """How many of its certificates were voided before they expired."""

    @cached_property
    def selects(self) -> bool:
        """Some list says which models may serve."""
        rules = self.features.values()
        return bool(self.deny) or self.allow is not None or any(r.deny or r.allow is not None for r in rules)

    @cached_property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that name the content."""
        return hashlib.blake2b(msgspec.json.encode(self, order="deterministic"), digest_size=6).hexdigest()

    def terms(self, feature: str, bucket: str = "") -> Terms:
        """Returns what a candidate must reach in a use case.

        Args:
            feature: The client's tag, which rules go by.
            bucket: The use case, which published terms go by; they fill what a rule leaves open.

        >>> Policy(bar=0.9, features={"faq": Rule(bar=0.7)}).terms("faq").bar
        0.7
        """
        known = self._terms
        usual = known.get(feature) or known[""]
        if not self.buckets:
            return usual
        evidence, bar = self.buckets.get(bucket, (None, None))
        if evidence is None and bar is None:
            return usual
        rule = self.features.get(feature, Rule())
        return msgspec.structs.replace(
            usual,
            evidence=usual.evidence if evidence is None or rule.evidence is not None else evidence,
            bar=usual.bar if bar is None or rule.bar is not None else bar,
        )

    def stakes_nanos(self, feature: str) -> int | None:
        """Returns what a bad answer costs in a feature, in nano-dollars; `None` if nobody has said."""
        rule = self.features.get(feature)
        return None if rule is None else rule.stakes_nanos

    def allows(self, model: str, feature: str) -> bool:
        """Tells whether a model may serve in a feature: both lists have to agree.

        >>> policy = Policy(allow=frozenset({"a", "b"}), features={"faq": Rule(deny=frozenset({"b"}))})
        >>> [policy.allows(model, "faq") for model in "abc"]
        [True, False, False]
        """
        if model in self.deny or (self.allow is not None and model not in self.allow):
            return False
        rule = self.features.get(feature)
        return rule is None or (model not in rule.deny and (rule.allow is None or model in rule.allow))

    def certifies(self, bucket: str, baseline: str) -> bool:
        """Tells whether there is a certificate for this use case and baseline, at whatever time it holds."""
        return (bucket, baseline) in self._candidates

    def certified_for(self, bucket: str, baseline: str, *, at_ns: int) -> tuple[str, ...]:
        """Returns the models with a certificate for this use case and baseline that holds at a moment."""
        named = self._candidates.get((bucket, baseline))
        if named is None:
            return ()
        return tuple(model for model in named if self.certified(bucket, baseline, model, at_ns=at_ns))

    def certified(self, bucket: str, baseline: str, candidate: str, *, at_ns: int) -> bool:
        """Tells whether a certificate for this use case and pair of models holds at a moment."""
        issued = self._certificates.get((bucket, baseline, candidate), ())
        return bool(issued) and any(certificate.valid(at_ns) for certificate in issued)

    def certified_since(self, bucket: str, baseline: str, candidate: str, *, at_ns: int) -> int:
        """Returns the Unix time in nanoseconds from which a certificate that holds has held; 0 if there is none."""
        issued = self._certificates.get((bucket, baseline, candidate), ())
        return min((one.issued_ns for one in issued if one.valid(at_ns)), default=0)

    @cached_property
    def _terms(self) -> dict[str, Terms]:
        usual = Terms(
            evidence=self.evidence, bar=self.bar, bar_on=self.bar_on, stakes_ratio=self.stakes_ratio
        )
        special = {
            feature: Terms(
                evidence=rule.evidence or self.evidence,
                bar=self.bar if rule.bar is None else rule.bar,
                bar_on=self.bar_on,
                stakes_ratio=self.stakes_ratio,
            )
            for feature, rule in self.features.items()
        }
        return {**special, "": usual}

    @cached_property
    def _candidates(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], dict[str, None]] = {}
        for one in self.certificates:
            found.setdefault((one.bucket, one.baseline), {})[one.candidate] = None
        return {key: tuple(models) for key, models in found.items()}

    @cached_property
    def _certificates(self) -> dict[tuple[str, str, str], list[Certificate]]:
        found: dict[tuple[str, str, str], list[Certificate]] = {}
        for one in self.certificates:
            found.setdefault((one.bucket, one.baseline, one.candidate), []).append(one)
        return found

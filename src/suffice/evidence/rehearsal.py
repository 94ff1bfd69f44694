"""LEARN: what a policy would have done on recorded traffic. Pure: every request goes through `engine.decide`.

1. *Prices* are those of each request's own day. *Certificates* are judged at one moment for all, now without another:
a week that was recorded before they were issued would otherwise show nothing.
2. *Savings* are modelled: the tokens that the call used, at the chosen model's price; and, where a certificate knows
it, with answers as much longer or shorter as the trial saw. Nothing is measured here.
3. *Quality*: a request that a certificate routes is expected to change the score by the certificate's mean difference,
and by no less than its lower bound. Over all requests that is the mean weighted by how many each routes; the interval
is the same of the bounds. Each bound fails with a probability of alpha at most, so by the union bound all k of one side
hold at once with a probability of at least 1 - k alpha, which is stated beside it. A request that routes on other
evidence has no bound: it is counted, and in no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from suffice.engine import Engine
from suffice.ledger.pricing import PriceOf
from suffice.policy.choose import basis
from suffice.policy.published import Issued, Published
from suffice.types import Candidate, Decision, Evidence, LoggedCall, Request, Usage

_MOST_EXAMPLES = 3
_DAY_NS = 86_400_000_000_000

EngineAt = Callable[[int], Engine]
"""The engine of a policy at the prices of a Unix day."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it would decide."""

    name: str
    engine_at: EngineAt
    published: Published = Published()


class Routed(msgspec.Struct, kw_only=True):
    """Requests of one use case that one candidate would have served, on one kind of evidence."""

    bucket: str
    baseline: str
    candidate: str
    evidence: Evidence
    requests: int = 0
    unknown_costs: int = 0
    """Requests without a known cost on both sides: they are in no sum."""
    baseline_nanos: int = 0
    routed_nanos: int = 0
    """The same tokens at the candidate's price: modelled."""
    adjusted_nanos: int = 0
    """With answers as long as the candidate's were in the trial, where that is known: modelled."""
    mean: float | None = None
    """Of its certificate: expected change of the score of one request; `None` without one."""
    lower: float | None = None
    upper: float | None = None
    alpha: float | None = None


class Moved(msgspec.Struct, kw_only=True):
    """Requests of one use case that two policies would have sent to different models."""

    bucket: str
    was: str
    now: str
    requests: int = 0
    examples: list[str] = msgspec.field(default_factory=list)
    """Ids of a few of them."""


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """Expected change of the mean score over all requests, of those that certificates route."""

    mean: float
    lower: float
    upper: float
    certificates: int
    holds: float
    """Probability, at least, that no lower bound is wrong; the same for the upper ones."""
    unbounded: int
    """Requests that route on other evidence: nothing bounds what they change."""


class Rehearsal(msgspec.Struct, kw_only=True):
    """What a policy would have done."""

    policy: str
    against: str | None
    requests: int = 0
    unreadable: int = 0
    """Calls of which nothing could be decided: no model, or one that no provider has."""
    known_costs: int = 0
    spend_nanos: int = 0
    """Of all calls with a known cost, as they were served."""
    kept: dict[str, int] = {}
    """Reason to how many stay on the baseline."""
    routed: list[Routed] = []
    moved: list[Moved] = []

    @property
    def routed_requests(self) -> int:
        """How many a cheaper model would have served."""
        return sum(line.requests for line in self.routed)

    @property
    def savings_nanos(self) -> int:
        """Modelled, for the same tokens."""
        return sum(line.baseline_nanos - line.routed_nanos for line in self.routed)

    @property
    def adjusted_nanos(self) -> int:
        """Modelled, with answers as long as trials saw them."""
        return sum(line.baseline_nanos - line.adjusted_nanos for line in self.routed)

    @property
    def savings_share(self) -> float:
        """Adjusted savings over the whole spend; 0 where nothing was spent."""
        return self.adjusted_nanos / self.spend_nanos if self.spend_nanos else 0.0

    @property
    def quality(self) -> Quality:
        """What it would have done to the mean score."""
        mean = lower = upper = doubt = 0.0
        bounded = 0
        known = [line for line in self.routed if line.mean is not None]
        for line in known:
            mean += line.requests * (line.mean or 0.0)
            lower += line.requests * (line.lower or 0.0)
            upper += line.requests * (line.upper or 0.0)
            doubt += line.alpha or 0.0
            bounded += line.requests
        over = max(self.requests, 1)
        return Quality(
            mean=mean / over,
            lower=lower / over,
            upper=upper / over,
            certificates=len(known),
            holds=max(0.0, 1 - doubt),
            unbounded=self.routed_requests - bounded,
        )


class Replaying(msgspec.Struct, frozen=True, kw_only=True):
    """How calls are decided and priced again."""

    price_of: PriceOf
    """Prices a call's usage at the day of the call."""
    provider_of: Callable[[LoggedCall], str | None]
    """The provider that a call would have gone to; `None` if none has its model."""
    at_ns: int
    """Unix time at which certificates have to be valid, and whose prices count where a call has no time."""


def rehearse(calls: Iterable[LoggedCall], side: Side, against: Side | None, how: Replaying) -> Rehearsal:
    """Returns what a policy would have done with these calls.

    Args:
        calls: In any order; each is decided by itself.
        side: The policy.
        against: What its decisions are compared with; `None` compares nothing.
        how: How calls are decided and priced.
    """
    told = Rehearsal(
        policy=side.name, against=None if against is None else against.name, kept={}, routed=[], moved=[]
    )
    routed: dict[tuple[str, str, str, str], Routed] = {}
    moved: dict[tuple[str, str, str], Moved] = {}
    certificates = {one.key: one for one in side.published.certificates}
    for call in calls:
        provider = how.provider_of(call)
        if provider is None:
            told.unreadable += 1
            continue
        told.requests += 1
        priced = _Call(call, provider, how)
        engine = side.engine_at(priced.day)
        decision = engine.decide(priced.request)
        if priced.cost is not None:
            told.known_costs += 1
            told.spend_nanos += priced.cost
        if decision.model == decision.baseline:
            told.kept[decision.reason] = told.kept.get(decision.reason, 0) + 1
        else:
            line = _line(routed, decision, engine.resolve(provider, call.model), certificates)
            whose = next(one.provider for one in decision.estimates if one.model == decision.model)
            held = certificates.get((line.bucket, line.baseline, line.candidate))
            _add(line, priced, held, provider=whose)
        if against is not None:
            _compare(moved, call.id, against.engine_at(priced.day).decide(priced.request), decision)
    told.kept = dict(sorted(told.kept.items(), key=lambda one: (-one[1], one[0])))
    told.routed = sorted(routed.values(), key=lambda one: (-one.requests, one.bucket, one.candidate))
    told.moved = sorted(moved.values(), key=lambda one: (-one.requests, one.bucket, one.was, one.now))
    return told


def failures(told: Rehearsal, *, max_quality_loss: float | None, min_savings: float | None) -> list[str]:
    """Returns what a rehearsal fails of what was asked of it, in words.

    Args:
        told: The rehearsal.
        max_quality_loss: How far the lower end of the change of the mean score may lie below 0; a request that routes
            without a bound fails it too.
        min_savings: Least share of the spend that has to be saved, in [0, 1].
    """
    found, quality = [], told.quality
    if not told.requests:
        found.append("there is no request to decide on")
    if max_quality_loss is not None:
        if quality.lower < -max_quality_loss:
            found.append(f"the mean score may change by {quality.lower:+.4f}, below {-max_quality_loss:+g}")
        if quality.unbounded:
            found.append(
                f"{quality.unbounded:,} requests route without a certificate: nothing bounds what they lose"
            )
    if min_savings is not None and told.savings_share < min_savings:
        found.append(
            f"it saves {told.savings_share:.1%} of the spend (modelled), less than {min_savings:.1%}"
        )
    return found


class _Call:
    """A call, as it is decided and priced again."""

    def __init__(self, call: LoggedCall, provider: str, how: Replaying) -> None:
        self.usage = call.usage
        self._provider = provider
        self._price_of = how.price_of
        self._at_ns = how.at_ns if call.received_ns is None else call.received_ns
        self.day = self._at_ns // _DAY_NS
        self.cost = self.price(call.usage, call.model)
        # Arrival is what a certificate's validity is judged at, and nothing else.
        self.request = Request(
            api=call.api,
            provider=provider,
            model=call.model,
            body=call.request,
            feature=call.feature,
            session=call.session,
            received_ns=how.at_ns,
        )

    def price(self, usage: Usage | None, model: str, provider: str = "") -> int | None:
        if usage is None:
            return None
        whose = provider or self._provider
        return self._price_of(usage, provider=whose, model=model, at_ns=self._at_ns).nanos


def _line(
    routed: dict[tuple[str, str, str, str], Routed],
    decision: Decision,
    baseline: Candidate | None,
    certificates: Mapping[tuple[str, str, str], Issued],
) -> Routed:
    evidence = next(basis(one) for one in decision.estimates if one.model == decision.model)
    name = decision.baseline if baseline is None else baseline.model
    key = (decision.bucket, name, decision.model, evidence)
    if key not in routed:
        line = Routed(bucket=key[0], baseline=name, candidate=key[2], evidence=evidence)
        bound = certificates.get(key[:3]) if evidence == "certified" else None
        if bound is not None:
            line.mean, line.lower, line.upper, line.alpha = bound.mean, bound.lower, bound.upper, bound.alpha
        routed[key] = line
    return routed[key]


def _add(line: Routed, call: _Call, certificate: Issued | None, *, provider: str) -> None:
    line.requests += 1
    ratio = None if certificate is None else certificate.costs.output_ratio
    usage = call.usage if call.usage is None or ratio is None else _stretched(call.usage, ratio)
    same, adjusted = (call.price(one, line.candidate, provider) for one in (call.usage, usage))
    # A saving needs both its sides: without a price for one of them there is none to claim.
    if call.cost is None or same is None or adjusted is None:
        line.unknown_costs += 1
        return
    line.baseline_nanos += call.cost
    line.routed_nanos += same
    line.adjusted_nanos += adjusted


def _stretched(usage: Usage, ratio: float) -> Usage:
    output = round(usage.output_tokens * ratio)
    return msgspec.structs.replace(
        usage,
        output_tokens=output,
        reasoning_tokens=min(usage.reasoning_tokens, output),
        output_audio_tokens=min(usage.output_audio_tokens, output),
    )


def _compare(moved: dict[tuple[str, str, str], Moved], id_: str, was: Decision, now: Decision) -> None:
    if was.model == now.model:
        return
    key = (now.bucket, was.model, now.model)
    line = moved.setdefault(key, Moved(bucket=key[0], was=key[1], now=key[2]))
    line.requests += 1
    if len(line.examples) < _MOST_EXAMPLES:
        line.examples.append(id_)

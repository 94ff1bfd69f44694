"""What a policy makes of a candidate on one request: cost, the constraint that excludes it, a certificate. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from suffice.features import Features
from suffice.policy import constraints
from suffice.policy.adapt import adapt
from suffice.policy.cost import Tokens, Verbosity, expected_cost, tokens_of
from suffice.policy.policy import Policy
from suffice.quality.outcomes import bucket_of
from suffice.types import Candidate, Estimate, Request


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of use cases beside how good models are in them."""

    verbosity: Verbosity = Verbosity()
    """How wordy models are there."""
    bucket_of: Callable[[Features], str] = bucket_of
    """Which one a request belongs to: its tag; without one the kind of task, and the cluster of like prompts if those
    were learned; or as the policy's bucket scheme says."""
    verbosity_bucket_of: Callable[[Features], str] | None = None
    """The same in the names that `verbosity` has, where those are others."""

    def under(self, bucket_of: Callable[[Features], str]) -> Known:
        """Returns the same with the use cases of a policy's bucket scheme.

        What was learned goes by its own names for untagged traffic, and is still looked up by them.

        Args:
            bucket_of: The scheme's.
        """
        learned = self.bucket_of if self.verbosity_bucket_of is None else self.verbosity_bucket_of
        return msgspec.structs.replace(self, bucket_of=bucket_of, verbosity_bucket_of=learned)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One request as a policy sees it."""

    request: Request
    features: Features
    needs: tuple[str, ...]
    baseline: Candidate
    baseline_cost_nanos: int | None
    bucket: str
    tokens: Tokens
    stakes_nanos: int | None
    policy: Policy
    verbosity: Verbosity
    verbosity_bucket: str
    """The use case in the names of `verbosity`."""


def case_of(request: Request, features: Features, baseline: Candidate, policy: Policy, known: Known) -> Case:
    """Returns what all candidates of a request are judged by.

    The stakes are what the client says, else what the policy says of the feature.
    """
    tokens, bucket, verbosity = tokens_of(features), known.bucket_of(features), known.verbosity
    # A tag has one name everywhere.
    other = known.verbosity_bucket_of if known.verbosity.factors else None
    learned = bucket if other is None else other(features)
    stakes = request.stakes_nanos
    return Case(
        request=request,
        features=features,
        needs=constraints.needs_of(features),
        baseline=baseline,
        baseline_cost_nanos=expected_cost(tokens, baseline, verbosity.of(learned, baseline.model)),
        bucket=bucket,
        tokens=tokens,
        stakes_nanos=policy.stakes_nanos(request.feature) if stakes is None else stakes,
        policy=policy,
        verbosity=verbosity,
        verbosity_bucket=learned,
    )


def judge(case: Case, candidate: Candidate, estimate: Estimate) -> Estimate:
    """Returns an estimate with what it would cost, what excludes it, and whether it is certified."""
    policy, request = case.policy, case.request
    cost = expected_cost(case.tokens, candidate, case.verbosity.of(case.verbosity_bucket, candidate.model))
    veto = constraints.veto(case.features, case.needs, candidate) or _not_permitted(case, candidate, cost)
    if veto is None:
        veto = adapt(request.api, request.body, case.baseline, candidate).veto
    return msgspec.structs.replace(
        estimate,
        cost_nanos=cost,
        veto=veto,
        certified=policy.certified(
            case.bucket, case.baseline.model, candidate.model, at_ns=request.received_ns
        ),
        provider="" if candidate.provider == case.baseline.provider else candidate.provider,
    )


def _not_permitted(case: Case, candidate: Candidate, cost_nanos: int | None) -> str | None:
    if not case.policy.allows(candidate.model, case.request.feature):
        return constraints.NOT_ALLOWED
    if case.request.stakes_unreadable:
        return constraints.STAKES_UNREADABLE
    if case.stakes_nanos is None or cost_nanos is None or case.baseline_cost_nanos is None:
        return None
    saving = case.baseline_cost_nanos - cost_nanos
    risky = constraints.too_risky(case.stakes_nanos, saving, case.policy.stakes_ratio)
    return constraints.STAKES if risky else None

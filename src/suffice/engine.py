"""The one decision: read, score, predict, choose. Pure: the same request is decided the same way anywhere.

The proxy, `explain`, the replay of past traffic and the bake-off all call this; the explanation of a decision is its
return value.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from suffice.features import Features, read
from suffice.layers import Layer
from suffice.policy import reasons
from suffice.policy.choose import choose
from suffice.policy.economy import Economy
from suffice.policy.judge import Known, case_of, judge
from suffice.policy.policy import Policy
from suffice.policy.proposing import Across, Resolve, candidate_of, proposed
from suffice.policy.switch import Mode, Switch
from suffice.quality.predictor import Predictor
from suffice.types import Candidate, Decision, Request, Weight


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides, as one value; a reload puts another in its place."""

    layers: Mapping[str, Layer]
    predictor: Predictor
    policy: Policy
    """Of every use case that is not switched to `route`."""
    resolve: Resolve
    across: Across = {}
    """Models of other providers that the operator lets serve; none: a request stays with its provider."""
    known: Known = Known()
    serving: Policy | None = None
    """Of those that are; `None`: the same."""
    switch: Switch | None = None
    """What is on; `None`: nothing is served as chosen."""
    economy: Economy | None = None
    """Where a spent budget lowers the evidence that `serving` asks for; `None`: nowhere."""

    @property
    def mode(self) -> Mode:
        """What use cases without a setting of their own are switched to."""
        return "observe" if self.switch is None else self.switch.default.mode

    def policy_of(self, bucket: str) -> Policy:
        """Returns the policy that a use case is decided by."""
        if self.serving is None or self.switch is None or self.switch.of(bucket).mode != "route":
            return self.policy
        return self.serving

    def decide(self, request: Request) -> Decision:
        """Returns which model should serve a request, and why.

        Args:
            request: As the proxy has read it; any part of its body may be garbage.

        Returns:
            A decision for the baseline where nothing cheaper is known to suffice.
        """
        features = read(request)
        baseline = self.resolve(request.provider, request.model)
        if request.api == "embeddings":
            return self._kept(request, features, reason=reasons.EMBEDDING)
        if baseline is None:
            return self._kept(request, features, reason=reasons.BASELINE_UNKNOWN)
        scores = {name: layer(features) for name, layer in self.layers.items()}
        case = case_of(request, features, baseline, self.policy, self.known)
        policy = self.policy_of(case.bucket)
        if policy is not self.policy:
            case = msgspec.structs.replace(case, policy=policy)
        certified = policy.certified_for(case.bucket, baseline.model, at_ns=request.received_ns)
        candidates = proposed(baseline, certified, self.resolve, self.across)
        estimates = self.predictor.predict(features, scores, candidates, baseline)
        draft = msgspec.structs.replace(
            self._kept(request, features, bucket=case.bucket),
            scores=scores,
            estimates=tuple(map(judge, [case] * len(candidates), candidates, estimates)),
            baseline_cost_nanos=case.baseline_cost_nanos,
            cached_tokens_estimated=case.tokens.cached,
            output_tokens_estimated=case.tokens.output,
            stakes_nanos=case.stakes_nanos,
        )
        model, reason = choose(draft)
        return msgspec.structs.replace(draft, model=model or request.model, reason=reason)

    def weights(self, provider: str, model: str) -> Mapping[str, Mapping[str, Weight]]:
        """Returns what each layer's demand does to the `p_good` of each candidate for a baseline, by candidate.

        Args:
            provider: Of the baseline.
            model: The baseline; one that is not known has no candidates.
        """
        baseline = self.resolve(provider, model)
        if baseline is None:
            return {}
        found = proposed(baseline, (), self.resolve, self.across)
        return {one.model: self.predictor.weights(one, baseline) for one in found}

    def candidate(self, provider: str, name: str) -> Candidate | None:
        """Returns the model that a decision names, for a baseline of this provider; `None` if it may not serve."""
        return candidate_of(provider, name, self.resolve, self.across)

    def _kept(
        self, request: Request, features: Features, *, reason: str = "", bucket: str | None = None
    ) -> Decision:
        bucket = self.known.bucket_of(features) if bucket is None else bucket
        policy = self.policy_of(bucket)
        terms = policy.terms(request.feature, bucket)
        if self.economy is not None and policy is self.serving:
            terms = self.economy.lowered(terms, request.feature, request.received_ns)
        return Decision(
            baseline=request.model,
            model=request.model,
            reason=reason,
            task=features.task,
            bucket=bucket,
            input_tokens_estimated=features.input_tokens,
            terms=terms,
            policy=policy.fingerprint,
            predictor=self.predictor.fingerprint,
        )

"""The one decision: read, score, predict, choose. Pure: the same request is decided the same way anywhere.

The proxy, `explain`, the replay of past traffic and the bake-off all call this; the explanation of a decision is its
return value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from suffice.features import Features, read
from suffice.layers import Layer
from suffice.policy import reasons
from suffice.policy.choose import choose
from suffice.policy.constraints import needs_of, veto
from suffice.policy.policy import Policy
from suffice.quality.predictor import Predictor, expected_cost
from suffice.types import Candidate, Decision, Estimate, Request, Score

Resolve = Callable[[str, str], Candidate | None]
"""Finds a model by its provider's name and its own, alias or dated name."""


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides, as one value; a reload puts another in its place."""

    layers: Mapping[str, Layer]
    predictor: Predictor
    policy: Policy
    resolve: Resolve

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
            return self._keep(request, features, reasons.EMBEDDING)
        if baseline is None:
            return self._keep(request, features, reasons.BASELINE_UNKNOWN)
        scores = {name: layer(features) for name, layer in self.layers.items()}
        estimates = self._estimates(features, scores, baseline)
        model, reason = choose(features, estimates, self.policy, expected_cost(features, baseline))
        return Decision(
            baseline=request.model,
            model=model or request.model,
            reason=reason,
            task=features.task,
            scores=scores,
            estimates=estimates,
            input_tokens_estimated=features.input_tokens,
            policy=self.policy.fingerprint,
        )

    def _estimates(
        self, features: Features, scores: Mapping[str, Score], baseline: Candidate
    ) -> tuple[Estimate, ...]:
        found = (self.resolve(baseline.provider, name) for name in baseline.smaller)
        candidates = [candidate for candidate in found if candidate is not None]
        estimates = self.predictor.predict(features, scores, candidates, baseline)
        needs = needs_of(features)
        vetoes = [veto(features, needs, candidate) for candidate in candidates]
        return tuple(
            estimate if excluded is None else msgspec.structs.replace(estimate, veto=excluded)
            for estimate, excluded in zip(estimates, vetoes, strict=True)
        )

    def _keep(self, request: Request, features: Features, reason: str) -> Decision:
        return Decision(
            baseline=request.model,
            model=request.model,
            reason=reason,
            task=features.task,
            input_tokens_estimated=features.input_tokens,
            policy=self.policy.fingerprint,
        )

"""The one decision: read, score, predict, choose. Pure: the same request is decided the same way anywhere.

The proxy, `explain`, the replay of past traffic and the bake-off all call this; the explanation of a decision is its
return value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from suffice.features import read
from suffice.layers import Layer, of_text
from suffice.policy import reasons
from suffice.policy.decided import chosen, kept
from suffice.policy.economy import Economy
from suffice.policy.judge import Known, case_of, judge
from suffice.policy.lineup import Lineups
from suffice.policy.places import Places, lowered
from suffice.policy.policy import Policy
from suffice.policy.proposing import Across, Resolve, candidate_of
from suffice.policy.switch import Mode, Switch
from suffice.quality.predictor import Predictor
from suffice.types import Candidate, Decision, Request, Score, Weight


class Engine(msgspec.Struct, frozen=True, kw_only=True, dict=True):
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
        bucket, predictor = self.known.bucket_of(features), self.predictor
        key = (request.provider, request.model, request.feature, bucket)
        use_case, baseline, lineup = self._places[key]
        if self.economy is not None and use_case.policy is self.serving:
            use_case = lowered(use_case, request, self.economy)
        if baseline is None or request.api == "embeddings":
            reason = reasons.EMBEDDING if request.api == "embeddings" else reasons.BASELINE_UNKNOWN
            return kept(request, features, use_case, reason=reason, predictor=predictor.fingerprint)
        if features.tools is None and not (features.after_tool or features.modalities):
            known, asked = self._of_text
            scores = known.copy()
        else:
            scores, asked = {}, self.layers.items()
        # A comprehension would close over the features, and take 0.4 us more.
        for name, layer in asked:
            scores[name] = layer(features)
        if lineup is None:
            certified = use_case.policy.certified_for(bucket, baseline.model, at_ns=request.received_ns)
            lineup = self._lineups.of(baseline, certified)
        case = case_of(request, features, use_case, lineup, self.known)
        estimates = judge(case, predictor.predict(features, scores, lineup.candidates, baseline))
        return chosen(case, scores, estimates, predictor.fingerprint)

    def weights(self, provider: str, model: str) -> Mapping[str, Mapping[str, Weight]]:
        """Returns what each layer's demand does to the `p_good` of each candidate for a baseline, by candidate.

        Args:
            provider: Of the baseline.
            model: The baseline; one that is not known has no candidates.
        """
        baseline = self.resolve(provider, model)
        if baseline is None:
            return {}
        found = self._lineups.of(baseline, ()).candidates
        return {one.model: self.predictor.weights(one, baseline) for one in found}

    def candidate(self, provider: str, name: str) -> Candidate | None:
        """Returns the model that a decision names, for a baseline of this provider; `None` if it may not serve."""
        return candidate_of(provider, name, self.resolve, self.across)

    @cached_property
    def _of_text(self) -> tuple[dict[str, Score], Iterable[tuple[str, Layer]]]:
        return of_text(self.layers)

    @cached_property
    def _places(self) -> Places:
        return Places(self.policy_of, self.resolve, self._lineups)

    @cached_property
    def _lineups(self) -> Lineups:
        return Lineups(self.resolve, self.across)

"""PREDICT: how probable an answer as good as the baseline's is, for each candidate, from what was learned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from suffice.features import Features
from suffice.quality.artifact import Artifact, Pair
from suffice.quality.fit import GAIN
from suffice.quality.outcomes import Example, bucket_of
from suffice.quality.predictor import PriorPredictor
from suffice.stats.shrinkage import shrink
from suffice.types import Candidate, Estimate, Opinion, Score, Weight

_CENTRAL_90 = 1.6449


class FittedPredictor:
    """A predictor that learned from outcomes; pairs of models that it does not know are the prior's."""

    def __init__(self, artifact: Artifact, prior: PriorPredictor = PriorPredictor()) -> None:
        self.artifact = artifact
        self._prior = prior
        self._pairs = {
            (pair.baseline, pair.candidate): (pair, shrink(pair.buckets, GAIN)) for pair in artifact.pairs
        }
        self._fingerprint = artifact.fingerprint

    @property
    def fingerprint(self) -> str:
        """The artifact's."""
        return self._fingerprint

    def weights(self, candidate: Candidate, baseline: Candidate) -> Mapping[str, Weight]:
        """Returns what each layer's demand does to `p_good`."""
        if (baseline.model, candidate.model) in self._pairs:
            return {}
        return self._prior.weights(candidate, baseline)

    def predict(
        self,
        features: Features,
        scores: Mapping[str, Score],
        candidates: Sequence[Candidate],
        baseline: Candidate,
    ) -> tuple[Estimate, ...]:
        """Returns one estimate for each candidate, in their order."""
        bucket = bucket_of(features)
        return tuple(
            self._estimate(features, scores, candidate, baseline, bucket) for candidate in candidates
        )

    def gains(self, examples: Sequence[Example], baseline: str, candidate: str) -> NDArray[np.float64]:
        """Returns the expected gain of each example, (n,)."""
        _, shrunken = self._pairs[baseline, candidate]
        return np.array([shrunken.of(example.bucket).mean for example in examples])

    def p_good(self, examples: Sequence[Example], baseline: str, candidate: str) -> NDArray[np.float64]:
        """Returns the probability of an answer as good as the baseline's for each example, (n,)."""
        pair, _ = self._pairs[baseline, candidate]
        return np.array([pair.platt.p_good(gain) for gain in self.gains(examples, baseline, candidate)])

    def _estimate(
        self,
        features: Features,
        scores: Mapping[str, Score],
        candidate: Candidate,
        baseline: Candidate,
        bucket: str,
    ) -> Estimate:
        known = self._pairs.get((baseline.model, candidate.model))
        if known is None:
            return self._prior.predict(features, scores, [candidate], baseline)[0]
        pair, shrunken = known
        posterior = shrunken.of(bucket)
        sd = math.sqrt(posterior.variance)
        return Estimate(
            model=candidate.model,
            p_good=pair.platt.p_good(posterior.mean),
            p_low=pair.platt.p_good(posterior.mean - _CENTRAL_90 * sd),
            p_high=pair.platt.p_good(posterior.mean + _CENTRAL_90 * sd),
            opinions=(
                Opinion(
                    layer="use_case_evidence",
                    gain=posterior.mean,
                    sd=sd,
                    labels=posterior.count,
                    reason=f"{posterior.count:.0f} graded outcomes in this use case",
                ),
            ),
            evidence="calibrated",
        )

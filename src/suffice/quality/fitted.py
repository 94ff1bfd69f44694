"""PREDICT: how probable an answer as good as the baseline's is, for each candidate, from what was learned.

The expected gain is the sum of the opinions of layers 20 to 22; the artifact's curve turns it into `p_good`. Nothing
here learns, and scipy and scikit-learn are not imported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError
from suffice.features import Features
from suffice.layers import fingerprint, predicted_quality, use_case_evidence
from suffice.quality.artifact import Artifact, Pair
from suffice.quality.calibration import odds_of
from suffice.quality.clusters import Clusters, bucket_near
from suffice.quality.fingerprint import embed
from suffice.quality.fingerprint import load as fingerprint_table
from suffice.quality.heads import Stack
from suffice.quality.outcomes import Example
from suffice.quality.posterior import rates_from, weigh
from suffice.quality.predictor import Predictor, PriorPredictor
from suffice.quality.profiled import ProfilePredictor, Reference
from suffice.quality.space import Reader, Row
from suffice.stats.shrinkage import Posterior
from suffice.types import Candidate, Estimate, Opinion, Score, Weight

_DIGITS = 4
_UNREAD, _UNREAD_LABELS = 0.01, 100.0
"""Without a head, prompts of a use case may differ by 10 points; so many labels halve it (house heuristic)."""
_NO_HEAD = predicted_quality.opine(None)


class _UseCase(msgspec.Struct, frozen=True):
    opinion: Opinion
    gain: float
    variance: float
    rate_odds: float


class _Cluster(msgspec.Struct, frozen=True):
    opinion: Opinion
    gain: float
    variance: float


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of models, with what follows from its sums: worked out once, looked up for each request."""

    pair: Pair
    place: int
    """Of its head in the baseline's stack."""
    use_cases: Mapping[str, _UseCase]
    other_use_case: _UseCase
    clusters: Mapping[int, _Cluster]
    no_cluster: _Cluster


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt, as all pairs of a baseline see it."""

    bucket: str
    cluster: int | None
    row: Row
    heads: list[float]


class _Expected(msgspec.Struct, frozen=True):
    opinions: tuple[Opinion, ...]
    gain: float
    sd: float
    rate_odds: float


class FittedPredictor:
    """A predictor that learned from outcomes. Pairs of models that it does not know are another's to estimate.

    Args:
        artifact: What was learned.
        otherwise: Estimates the candidates that the artifact does not know in the place of a baseline.
    """

    def __init__(self, artifact: Artifact, otherwise: Predictor | None = None) -> None:
        self.artifact = artifact
        self._fingerprint = artifact.fingerprint
        self._reader = Reader(artifact.space)
        self._clusters = _usable_clusters(artifact)
        self._known: dict[tuple[str, str], _Known] = {}
        self._stacks: dict[str, Stack] = {}
        by_baseline: dict[str, list[Pair]] = {}
        for pair in artifact.pairs:
            by_baseline.setdefault(pair.baseline, []).append(pair)
        for baseline, pairs in by_baseline.items():
            self._stacks[baseline] = Stack(
                [pair.head for pair in pairs],
                artifact.space.columns,
                len(artifact.space.names),
                len(artifact.space.layers),
            )
            for place, pair in enumerate(pairs):
                self._known[baseline, pair.candidate] = _known(pair, place)
        self._otherwise = self._behind(PriorPredictor() if otherwise is None else otherwise)

    @property
    def fingerprint(self) -> str:
        """The artifact's."""
        return self._fingerprint

    @property
    def clusters(self) -> Clusters | None:
        """The clusters of like prompts that tell use cases apart; `None` if none can be used."""
        return self._clusters

    def weights(self, candidate: Candidate, baseline: Candidate) -> Mapping[str, Weight]:
        """Returns what each layer's demand does to a candidate's `p_good`."""
        known = self._known.get((baseline.model, candidate.model))
        if known is None:
            return self._otherwise.weights(candidate, baseline)
        head = known.pair.head
        if head is None:
            return {}
        slope = known.pair.curve.slope
        return {
            demand.layer: Weight(
                per_demand=slope
                * (head.candidate.dense[demand.place] - head.baseline.dense[demand.place])
                * demand.scale,
                usual=demand.usual,
            )
            for demand in self._reader.demands
        }

    def predict(
        self,
        features: Features,
        scores: Mapping[str, Score],
        candidates: Sequence[Candidate],
        baseline: Candidate,
    ) -> tuple[Estimate, ...]:
        """Returns one estimate for each candidate, in their order.

        Args:
            features: Of the request.
            scores: By layer.
            candidates: Those that could stand in for the baseline.
            baseline: The model that was asked for.

        Returns:
            Estimates of evidence `calibrated` for pairs of models that the artifact knows; the others are those of
            the predictor that stands behind this one.
        """
        known = [self._known.get((baseline.model, candidate.model)) for candidate in candidates]
        others = [candidate for candidate, pair in zip(candidates, known, strict=True) if pair is None]
        rest = iter(self._otherwise.predict(features, scores, others, baseline) if others else ())
        if len(others) == len(candidates):
            return tuple(rest)
        case = self._case(features, scores, None, baseline.model)
        return tuple(next(rest) if pair is None else self._estimate(case, pair) for pair in known)

    def gains(self, examples: Sequence[Example], baseline: str, candidate: str) -> NDArray[np.float64]:
        """Returns the expected gain of each example, (n,); it is what `predict` takes for its tag.

        Raises:
            PolicyError: The artifact does not know this pair of models.
        """
        known = self._pair(baseline, candidate)
        return np.array([self._expect(self._case_of(one, baseline), known).gain for one in examples])

    def p_good(self, examples: Sequence[Example], baseline: str, candidate: str) -> NDArray[np.float64]:
        """Returns the probability of an answer as good as the baseline's for each example, (n,).

        Raises:
            PolicyError: The artifact does not know this pair of models.
        """
        known = self._pair(baseline, candidate)
        found = (self._expect(self._case_of(one, baseline), known) for one in examples)
        return np.array([known.pair.curve.p_good(one.gain, one.rate_odds) for one in found])

    def residual(self, example: Example, baseline: str, candidate: str) -> tuple[float, int | None]:
        """Returns the part of an example's gain that the head leaves, and the cluster of its prompt.

        Args:
            example: Graded for both models.
            baseline: A model of a pair that the artifact knows.
            candidate: The other.

        Raises:
            PolicyError: The artifact does not know this pair of models.
        """
        known, case = self._pair(baseline, candidate), self._case_of(example, baseline)
        gain = example.quality[candidate] - example.quality[baseline]
        return gain - case.heads[known.place], case.cluster

    def _behind(self, otherwise: Predictor) -> Predictor:
        abilities = self.artifact.known_abilities()
        if abilities is None or not self._known:
            return otherwise
        references = [
            Reference(
                baseline=known.pair.baseline,
                curve=known.pair.curve,
                use_cases={name: (case.gain, case.rate_odds) for name, case in known.use_cases.items()},
                other=(known.other_use_case.gain, known.other_use_case.rate_odds),
            )
            for known in self._known.values()
        ]
        return ProfilePredictor(abilities, references, self._bucket, otherwise)

    def _bucket(self, features: Features) -> str:
        near = None if self._clusters is None else self._clusters.nearest(embed(features.hashes))
        return bucket_near(features, near)

    def _pair(self, baseline: str, candidate: str) -> _Known:
        known = self._known.get((baseline, candidate))
        if known is None:
            raise PolicyError(f"nothing was learned of {candidate} for {baseline}", code="unknown_pair")
        return known

    def _case_of(self, example: Example, baseline: str) -> _Case:
        return self._case(example.features, example.scores, example.bucket, baseline)

    def _case(
        self, features: Features, scores: Mapping[str, Score], bucket: str | None, baseline: str
    ) -> _Case:
        row = self._reader.read(features, scores)
        near = None if self._clusters is None else self._clusters.nearest(embed(features.hashes))
        bucket = bucket_near(features, near) if bucket is None else bucket
        return _Case(
            bucket=bucket,
            cluster=None if near is None else near[0],
            row=row,
            heads=self._stacks[baseline].values(row, bucket),
        )

    def _expect(self, case: _Case, known: _Known) -> _Expected:
        use_case = known.use_cases.get(case.bucket, known.other_use_case)
        cluster = known.no_cluster
        if case.cluster is not None:
            cluster = known.clusters.get(case.cluster) or _cluster(case.cluster, None)
        head = known.pair.head
        value = 0.0
        if head is None:
            words, doubt = _NO_HEAD, _UNREAD / (1.0 + known.pair.report.count / _UNREAD_LABELS)
        else:
            value, doubt = case.heads[known.place], head.prior_variance * case.row.novelty
            words = predicted_quality.opine(value, math.sqrt(doubt), float(known.pair.report.count))
        return _Expected(
            (cluster.opinion, words, use_case.opinion),
            cluster.gain + value + use_case.gain,
            math.sqrt(use_case.variance + doubt + cluster.variance),
            use_case.rate_odds,
        )

    def _estimate(self, case: _Case, known: _Known) -> Estimate:
        expected = self._expect(case, known)
        found = known.pair.curve.interval(expected.gain, expected.sd, expected.rate_odds)
        return Estimate(
            model=known.pair.candidate,
            p_good=round(found.p, _DIGITS),
            p_low=round(found.low, _DIGITS),
            p_high=round(found.high, _DIGITS),
            opinions=expected.opinions,
            evidence="calibrated",
        )


def _known(pair: Pair, place: int) -> _Known:
    evidence, rates = weigh(pair.cells), rates_from(pair.good)
    clusters = {} if evidence.clusters is None else evidence.clusters.groups
    return _Known(
        pair=pair,
        place=place,
        use_cases={
            name: _use_case(posterior, rates.of(name).mean)
            for name, posterior in evidence.use_cases.groups.items()
        },
        other_use_case=_use_case(evidence.use_cases.unseen, rates.unseen.mean),
        clusters={number: _cluster(number, posterior) for number, posterior in clusters.items()},
        no_cluster=_cluster(None, None),
    )


def _use_case(posterior: Posterior, rate: float) -> _UseCase:
    opinion = use_case_evidence.opine(posterior)
    return _UseCase(opinion, opinion.gain or 0.0, posterior.variance, odds_of(rate))


def _cluster(number: int | None, posterior: Posterior | None) -> _Cluster:
    opinion = fingerprint.opine(number, posterior)
    return _Cluster(opinion, opinion.gain or 0.0, 0.0 if posterior is None else posterior.variance)


def _usable_clusters(artifact: Artifact) -> Clusters | None:
    clusters = artifact.known_clusters()
    # Fingerprints of two tables cannot be compared: clusters of another one are as good as none.
    return clusters if clusters is not None and clusters.version == fingerprint_table().version else None

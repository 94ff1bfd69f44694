"""Routers under test and their controls. A router is fitted on some rows and says how much others need the baseline."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from routing.parallel import each
from routing.resampling import splits
from routing.rows import BASELINE, CANDIDATE, Rows
from suffice.features.excerpt import Excerpt
from suffice.quality.clustering import fit_clusters
from suffice.quality.clusters import Clusters
from suffice.quality.clusters import bucket_of as bucket_with_clusters
from suffice.quality.fingerprint import embed, load
from suffice.quality.fit import FitOptions, fit
from suffice.quality.fitted import FittedPredictor
from suffice.quality.outcomes import UNTAGGED, Example, bucket_of
from suffice.quality.predictor import PriorPredictor
from suffice.types import Candidate


class Router(Protocol):
    """What the measurement asks of a router."""

    name: str

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:
        """Returns how much each test row needs the baseline, (n,): higher is more. Sees no outcome of a test row."""


class RandomRouter:
    """Control: knows nothing."""

    name = "random"

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002 -- by design
        return rng.random(len(test))


class LengthRouter:
    """Control: the prompt's length alone; longer needs more, or less, as the rows it is fitted on say."""

    name = "prompt length alone"

    def __init__(self, *, signed: bool = True) -> None:
        self.signed = signed
        """Whether the direction is learned; else longer always needs more."""

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002 -- no dice
        length = np.array([len(prompt) for prompt in test.prompts], dtype=float)
        if not self.signed:
            return length
        known = np.argsort(np.argsort([len(prompt) for prompt in train.prompts]))
        return length if np.dot(known - known.mean(), train.gain) <= 0 else -length


class TfidfRouter:
    """Control: TF-IDF of words and pairs of words, and a logistic regression of whether the baseline is better."""

    name = "TF-IDF + logistic regression"

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002 -- no dice
        better = train.good < 0.5
        if better.all() or not better.any():
            return np.zeros(len(test))
        regression = LogisticRegression(C=1.0, max_iter=300, tol=1e-3, solver="liblinear")
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=50_000, sublinear_tf=True)
        try:
            fitted = make_pipeline(words, regression).fit(train.prompts, better)
        except ValueError:
            # Too few prompts for any word to stand in two of them.
            return np.zeros(len(test))
        return fitted.predict_proba(test.prompts)[:, 1]


class OracleRouter:
    """Control: knows the outcomes of the test rows. Ties are in random order, so that every share of calls exists."""

    name = "oracle"

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002 -- it cheats
        return -test.gain + 1e-6 * rng.random(len(test))


ONE = "all"
"""The use case of every prompt, where there are none."""


FEWEST_TO_CLUSTER = 200
"""As `suffice fit` has it."""


def clusters_of(examples: Sequence[Example]) -> Clusters | None:
    """Returns the clusters of some examples' fingerprints, as `suffice fit` makes them; of few examples none."""
    if len(examples) < FEWEST_TO_CLUSTER:
        return None
    vectors = np.stack([embed(example.features.hashes) for example in examples])
    return fit_clusters(vectors, version=load().version)


class OurRouter:
    """The product's own predictor, with all of its learned parts or without some."""

    def __init__(  # noqa: PLR0913 -- switches, by name only
        self,
        name: str = "suffice",
        *,
        tagged: bool = True,
        use_cases: bool = True,
        clusters: bool = True,
        words: bool = True,
        demands: bool = True,
    ) -> None:
        self.name = name
        self.tagged = tagged
        """Whether clients name their use case; else it is the kind of task and the cluster, as in the product."""
        self.use_cases = use_cases
        """Whether there are use cases at all; else every prompt is in one."""
        self.clusters = clusters
        """Whether clusters of like prompts are made of the rows that it is fitted on."""
        self.words = words
        """Whether its head reads the words. The clusters are made of them too, and go with them."""
        self.demands = demands
        """Whether its head reads what layers 1 to 19 say."""

    def learned(self, train: Rows) -> Learned:
        """Returns what the product would serve with after this fit: through the artifact's bytes, as it would."""
        clusters = clusters_of(train.examples) if self.clusters and self.words else None
        examples = [self._stripped(example, clusters) for example in train.examples]
        artifact = fit(examples, [(BASELINE, CANDIDATE)], FitOptions(clusters=clusters))
        return Learned(FittedPredictor(type(artifact).decode(artifact.encode())), clusters)

    def seen(self, rows: Rows, learned: Learned) -> list[Example]:
        """Returns the examples of rows as this router may see them: without outcomes."""
        return [
            msgspec.structs.replace(self._stripped(example, learned.clusters), quality={})
            for example in rows.examples
        ]

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002 -- no dice
        learned = self.learned(train)
        return -learned.predictor.gains(self.seen(test, learned), BASELINE, CANDIDATE)

    def _stripped(self, example: Example, clusters: Clusters | None) -> Example:
        features, bucket = example.features, example.bucket
        if not self.words:
            features = msgspec.structs.replace(features, excerpts=_unhashed(features.excerpts))
        if not self.tagged:
            features = msgspec.structs.replace(features, feature=UNTAGGED)
            bucket = bucket_of(features) if clusters is None else bucket_with_clusters(features, clusters)
        if not self.use_cases:
            features, bucket = msgspec.structs.replace(features, feature=ONE), ONE
        return msgspec.structs.replace(
            example, features=features, bucket=bucket, scores=example.scores if self.demands else {}
        )


def _unhashed(excerpts: tuple[Excerpt, Excerpt]) -> tuple[Excerpt, Excerpt]:
    """Returns the same excerpts, with no words to learn from."""
    instructions, question = map(copy.copy, excerpts)
    for excerpt in (instructions, question):
        vars(excerpt)["hashes"] = b""
    return instructions, question


class PriorRouter:
    """The product before any outcome: the layers' demands and the kind of task. What it knows nothing of stays."""

    name = "suffice before any outcome"

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002 -- learns nothing
        baseline = Candidate(model=BASELINE, provider="openai", tier="flagship")
        candidate = Candidate(model=CANDIDATE, provider="openai", tier="mini")
        prior = PriorPredictor()
        served = [
            prior.predict(of.features, of.scores, [candidate], baseline)[0].p_good for of in test.examples
        ]
        return np.array([1.0 if p_good is None else 1 - p_good for p_good in served])


class Learned(NamedTuple):
    """What one fit of the product left."""

    predictor: FittedPredictor
    clusters: Clusters | None


class Forecast(NamedTuple):
    """What the product's predictor says of rows that it was not fitted on. All (n,)."""

    rank: np.ndarray
    """Of the need within the fold, in (0, 1]."""
    p_good: np.ndarray
    p_low: np.ndarray
    p_high: np.ndarray


def forecast(router: OurRouter, rows: Rows, count: int, rng: np.random.Generator) -> Forecast:
    """Returns what is said of each row by a fit that saw no row of its group: the estimates that would be served."""
    baseline, candidate = (
        Candidate(model=name, provider="openai", tier="mini") for name in (BASELINE, CANDIDATE)
    )
    parts = list(splits(rows.groups, count, rng))

    def of_fold(fold: int) -> np.ndarray:
        train, test = parts[fold]
        learned = router.learned(rows.take(train))
        predictor, unseen = learned.predictor, router.seen(rows.take(test), learned)
        rank = rankdata(-predictor.gains(unseen, BASELINE, CANDIDATE)) / len(test)
        served = [predictor.predict(of.features, of.scores, [candidate], baseline)[0] for of in unseen]
        return np.column_stack([rank, [(one.p_good, one.p_low, one.p_high) for one in served]])

    found = np.empty((len(rows), 4))
    for (_, test), values in zip(parts, each(of_fold, count), strict=True):
        found[test] = values
    return Forecast(*found.T)


def out_of_fold(router: Router, rows: Rows, count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns each row's need from a fit that saw no row of its group: its rank within its fold, (n,), in (0, 1].

    Each fold's fit has its own level, which is wrong in the direction of the rows that it did not see; ranks
    compare rows of one fold only. So each fold is routed at its own ten thresholds.
    """
    parts = list(splits(rows.groups, count, rng))
    dice = rng.spawn(count)

    def of_fold(fold: int) -> np.ndarray:
        train, test = parts[fold]
        return rankdata(router.need(rows.take(train), rows.take(test), dice[fold])) / len(test)

    need = np.empty(len(rows))
    for (_, test), values in zip(parts, each(of_fold, count), strict=True):
        need[test] = values
    return need

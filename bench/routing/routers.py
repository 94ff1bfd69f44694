"""Routers under test and their controls. A router is fitted on some rows and says how much others need the baseline."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from routing.resampling import splits
from routing.rows import BASELINE, CANDIDATE, Rows
from suffice.quality.fit import FitOptions, fit
from suffice.quality.fitted import FittedPredictor
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


class OurRouter:
    """The product's own predictor."""

    def __init__(
        self, name: str = "suffice", options: FitOptions | None = None, *, buckets: bool = True
    ) -> None:
        self.name = name
        self.options = FitOptions() if options is None else options
        self.buckets = buckets
        """Whether it is told the use case of a prompt."""

    def predictor(self, train: Rows) -> FittedPredictor:
        """Returns what the product would serve with after this fit: through the artifact's bytes, as it would."""
        known = train if self.buckets else train.in_one_bucket()
        artifact = fit(known.examples, [(BASELINE, CANDIDATE)], self.options)
        return FittedPredictor(type(artifact).decode(artifact.encode()))

    def seen(self, test: Rows) -> Rows:
        """Returns the test rows as this router may see them."""
        return test if self.buckets else test.in_one_bucket()

    def need(self, train: Rows, test: Rows, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002 -- no dice
        return -self.predictor(train).gains(self.seen(test).examples, BASELINE, CANDIDATE)


class Forecast(NamedTuple):
    """What the product's predictor says of rows that it was not fitted on. All (n,)."""

    rank: np.ndarray
    """Of the need within the fold, in (0, 1]."""
    p_good: np.ndarray
    p_low: np.ndarray
    p_high: np.ndarray


def forecast(router: OurRouter, rows: Rows, count: int, rng: np.random.Generator) -> Forecast:
    """Returns what is said of each row by a fit that saw no row of its group: the estimates that would be served."""
    found = Forecast(*(np.empty(len(rows)) for _ in range(4)))
    baseline, candidate = (
        Candidate(model=name, provider="openai", tier="mini") for name in (BASELINE, CANDIDATE)
    )
    for train, test in splits(rows.groups, count, rng):
        predictor = router.predictor(rows.take(train))
        unseen = router.seen(rows.take(test))
        found.rank[test] = rankdata(-predictor.gains(unseen.examples, BASELINE, CANDIDATE)) / len(test)
        for at, example in zip(test, unseen.examples, strict=True):
            (estimate,) = predictor.predict(example.features, example.scores, [candidate], baseline)
            found.p_good[at], found.p_low[at], found.p_high[at] = (
                estimate.p_good,
                estimate.p_low,
                estimate.p_high,
            )
    return found


def out_of_fold(router: Router, rows: Rows, count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns each row's need from a fit that saw no row of its group: its rank within its fold, (n,), in (0, 1].

    Each fold's fit has its own level, which is wrong in the direction of the rows that it did not see; ranks
    compare rows of one fold only. So each fold is routed at its own ten thresholds.
    """
    need = np.empty(len(rows))
    for train, test in splits(rows.groups, count, rng):
        found = router.need(rows.take(train), rows.take(test), rng)
        need[test] = rankdata(found) / len(test)
    return need

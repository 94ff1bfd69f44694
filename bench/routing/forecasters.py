"""Forecasts of many models at once: RouterBench's prompts, the product's way and a control."""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from routing.bench import Bench
from routing.choosing import Expected
from routing.routers import clusters_of
from suffice.quality.fit import FitOptions, fit
from suffice.quality.fitted import FittedPredictor
from suffice.quality.outcomes import Example


class Prompts:
    """RouterBench's prompts, with every model's score and cost."""

    def __init__(self, bench: Bench) -> None:
        outcomes, reads = bench.outcomes("routerbench"), bench.reads("routerbench")
        known = np.flatnonzero(
            np.isfinite(outcomes.quality).all(axis=1) & np.isfinite(outcomes.cost).all(axis=1)
        )
        if bench.quick:
            known = known[::4]
        self.models = outcomes.models
        self.quality, self.cost = outcomes.quality[known], outcomes.cost[known]
        self.texts = [outcomes.prompts[at] for at in known]
        self.buckets = np.array([outcomes.buckets[at] for at in known])
        self.groups = [outcomes.groups[at] for at in known]
        self.best = int(np.argmax(self.quality.mean(axis=0)))
        self.examples = [
            Example(
                features=reads[at].features,
                scores=reads[at].scores,
                bucket=outcomes.buckets[at],
                quality=dict(zip(self.models, outcomes.quality[at].tolist(), strict=True)),
                group=outcomes.groups[at],
            )
            for at in known
        ]

    def expected_cost(self, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        """Returns what each model cost on average in a prompt's use case, (n, m), as the training rows say."""
        means = {
            name: self.cost[train[self.buckets[train] == name]].mean(axis=0)
            for name in set(self.buckets[train])
        }
        return np.array([means[name] for name in self.buckets[test]])


class Forecaster(Protocol):
    """What is measured: expectations of every model on test rows, from training rows."""

    def __call__(self, prompts: Prompts, train: np.ndarray, test: np.ndarray) -> Expected:
        """Returns them; sees no outcome of a test row."""


def ours(prompts: Prompts, train: np.ndarray, test: np.ndarray) -> Expected:
    """The product's predictor, a pair for each model beside the best single one."""
    baseline = prompts.models[prompts.best]
    others = [model for model in prompts.models if model != baseline]
    examples = [prompts.examples[at] for at in train]
    artifact = fit(
        examples, [(baseline, model) for model in others], FitOptions(clusters=clusters_of(examples))
    )
    predictor = FittedPredictor(artifact)
    unseen = [msgspec.structs.replace(prompts.examples[at], quality={}) for at in test]
    gain = np.zeros((len(test), len(prompts.models)))
    p_good = np.full_like(gain, np.inf)
    for model in others:
        column = prompts.models.index(model)
        gain[:, column] = predictor.gains(unseen, baseline, model)
        p_good[:, column] = predictor.p_good(unseen, baseline, model)
    return Expected(gain, p_good, prompts.expected_cost(train, test))


def tfidf(prompts: Prompts, train: np.ndarray, test: np.ndarray) -> Expected:
    """Control: TF-IDF and one logistic regression a model of whether its answer is right."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=50_000, sublinear_tf=True)
    known = words.fit_transform([prompts.texts[at] for at in train])
    asked = words.transform([prompts.texts[at] for at in test])
    p = np.empty((len(test), len(prompts.models)))
    for column in range(len(prompts.models)):
        regression = LogisticRegression(max_iter=300, tol=1e-3, solver="liblinear")
        p[:, column] = regression.fit(known, prompts.quality[train, column] > 0.5).predict_proba(asked)[:, 1]
    gain = p - p[:, [prompts.best]]
    p_good = np.full_like(gain, np.inf)
    return Expected(gain, p_good, prompts.expected_cost(train, test))

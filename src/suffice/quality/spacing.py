"""PREDICT: which coordinates suit the prompts of a fit: rare words first, or all words alike. Outcomes decide.

Prompts about many things differ by their rare words. Prompts of one kind, such as word problems, differ by how things
are said: by common words, pairs, and pairs with one word between. Which holds is found out of fold on some of the
examples, with heads of one strength.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from suffice.quality.crossfit import errors_of
from suffice.quality.lessons import folds_of, lessons_of
from suffice.quality.outcomes import Example
from suffice.quality.posterior import NO_CLUSTER
from suffice.quality.space import Space, learn_space

FEWEST, MOST = 500, 3_000
"""Examples that the two are compared on: fewer tell nothing, more would take longer than what follows."""
_FOLDS, _PENALTY = 5, 9.0

Together = Mapping[tuple[int, ...], Sequence[tuple[str, str]]]
"""Rows of examples to the pairs of models that answered them all."""


def space_for(examples: Sequence[Example], together: Together, most_columns: int, seed: int) -> Space:
    """Returns the coordinates that the pairs' gains are expected in with less error.

    Args:
        examples: Of the fit.
        together: Pairs to learn; those of most examples decide for all.
        most_columns: Of a space.
        seed: Of the examples and folds to compare on.

    Returns:
        Coordinates where all words count alike only if that is better by a standard error of the difference.
    """
    features = [example.features for example in examples]
    scores = [example.scores for example in examples]
    by_rarity = learn_space(features, scores, most_columns)
    rows, pairs = max(together.items(), key=lambda lot: len(lot[0]), default=((), ()))
    if len(rows) < FEWEST:
        return by_rarity
    drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[:MOST])
    some = [examples[rows[at]] for at in drawn]
    evenly = learn_space(features, scores, most_columns, even=True)
    errors = [_errors(some, pairs, space, seed) for space in (by_rarity, evenly)]
    saved = errors[0] - errors[1]
    return evenly if saved.mean() > saved.std() / np.sqrt(len(saved)) else by_rarity


def _errors(
    examples: Sequence[Example], pairs: Sequence[tuple[str, str]], space: Space, seed: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Mean squared error of each example over the pairs, (n,)."""
    lessons = lessons_of(examples, pairs, space, np.full(len(examples), NO_CLUSTER), 0.0)
    return np.asarray(errors_of(lessons, folds_of(lessons.groups, _FOLDS, seed), _PENALTY).mean(axis=1))

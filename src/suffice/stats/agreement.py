"""How far two raters agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def observed_agreement(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Returns the share of items that both rate alike; `None` without items.

    Args:
        first: One rater's label of each item.
        second: The other's, in the same order.

    Raises:
        ValueError: They differ in length.

    >>> observed_agreement("aab", "abb")
    0.6666666666666666
    """
    if len(first) != len(second):
        raise ValueError("both raters must have rated the same items")
    return sum(map(_equal, first, second)) / len(first) if first else None


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Returns Cohen's kappa: 1 is full agreement, 0 is what chance would give, below 0 is worse than chance.

    Args:
        first: One rater's label of each item.
        second: The other's, in the same order.

    Returns:
        `None` without items, and where both raters gave one and the same label to everything: then chance agrees
        fully, and nothing is left to measure.

    Source: Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.

    >>> cohen_kappa([1, 1, 0, 0], [1, 0, 0, 0])
    0.5
    """
    observed = observed_agreement(first, second)
    if observed is None:
        return None
    n = len(first)
    counts, others = Counter(first), Counter(second)
    chance = sum(counts[label] * others[label] for label in counts) / n**2
    return None if chance == 1 else (observed - chance) / (1 - chance)


def _equal(one: Hashable, other: Hashable) -> bool:
    return one == other

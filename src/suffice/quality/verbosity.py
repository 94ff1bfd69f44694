"""PREDICT: how much longer or shorter a candidate answers than the baseline, from answers to the same requests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from suffice.quality.outcomes import Example

FEWEST = 20
"""Requests that a use case needs for factors of its own; house heuristic."""
EVERYWHERE = ""
"""The use case of all that have no factors of their own."""
_LEAST, _MOST = 0.05, 20.0


def verbosity_of(
    examples: Iterable[Example], pairs: Sequence[tuple[str, str]]
) -> dict[str, dict[str, float]]:
    """Returns use case to model to factor: tokens of the candidate's answers for each token of the baseline's.

    Args:
        examples: Those that do not say how long the answers were are left out.
        pairs: (baseline, candidate); of a candidate in several, the first counts.

    Returns:
        Factors in [0.05, 20]; reasoning that is not shown is in them as far as it was counted. A model or use case of
        which too little is known is absent.
    """
    partner = {candidate: baseline for baseline, candidate in reversed(pairs)}
    lots: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for example in examples:
        tokens = example.output_tokens
        for candidate, baseline in partner.items():
            if tokens.get(baseline) and tokens.get(candidate):
                both = tokens[baseline], tokens[candidate]
                lots.setdefault((EVERYWHERE, candidate), []).append(both)
                lots.setdefault((example.bucket, candidate), []).append(both)
    found: dict[str, dict[str, float]] = {}
    for (bucket, candidate), lot in sorted(lots.items()):
        if len(lot) >= FEWEST:
            usual, own = (math.fsum(side) for side in zip(*lot, strict=True))
            found.setdefault(bucket, {})[candidate] = round(min(max(own / usual, _LEAST), _MOST), 4)
    return found


def in_range(verbosity: Mapping[str, Mapping[str, float]]) -> bool:
    """Tells whether all factors can be: `False` for one that is not finite or outside of [0.05, 20]."""
    return all(_LEAST <= factor <= _MOST for models in verbosity.values() for factor in models.values())

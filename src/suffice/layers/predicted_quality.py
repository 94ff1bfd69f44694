"""A predictor fitted on graded outcomes reads the prompt's words, measures and demands."""

from __future__ import annotations

from suffice.types import Opinion

NUMBER = 21
READS = "hashed words and pairs of words, sizes and marks, the demands of layers 1 to 19"
SOURCE = "ridge regression on graded outcomes, strength chosen out of fold"

_NAME = "predicted_quality"
_ABOUT_NOTHING = 0.005


def opine(gain: float | None, sd: float = 0.0, labels: float = 0.0, source: str = "outcomes") -> Opinion:
    """Returns how this prompt differs from its use case's mean; abstains where nothing was fitted.

    Args:
        gain: The head's value, in [-1, 1]; `None` without a head.
        sd: Of what is known about it.
        labels: Outcomes that the head was fitted on.
        source: What was learned from, in words.
    """
    if gain is None:
        return Opinion(layer=_NAME, gain=None, reason="no head: too few outcomes, or words told nothing")
    if abs(gain) < _ABOUT_NOTHING:
        tendency = "as good as usual"
    else:
        tendency = f"{abs(gain) * 100:.0f} points {'better' if gain > 0 else 'worse'} than usual"
    return Opinion(
        layer=_NAME, gain=gain, sd=sd, labels=labels, reason=f"{tendency}, from {labels:,.0f} {source}"
    )

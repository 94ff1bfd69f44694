"""A predictor fitted on graded outcomes reads the prompt's words, measures and demands."""

from __future__ import annotations

from suffice.types import Opinion

NUMBER = 21
READS = "hashed words and pairs of words, sizes and marks by use case, the demands of layers 1 to 19"
SOURCE = "ridge regressions of both models' scores, strength chosen out of fold; for a new model its benchmark profile"

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


def opine_new(gain: float, sd: float, figures: int) -> Opinion:
    """Returns what is expected of a model that no outcome in this use case is known of.

    Args:
        gain: Its expected score less the baseline's, in [-1, 1].
        sd: Of what is known about it.
        figures: How many published or measured scores of it this rests on.
    """
    worse = f"{abs(gain) * 100:.0f} points {'better' if gain > 0 else 'worse'} than the baseline"
    known = "one score" if figures == 1 else f"{figures} scores"
    return Opinion(
        layer=_NAME,
        gain=gain,
        sd=sd,
        reason=f"expected {worse}, give or take {sd * 100:.0f}: from {known} elsewhere",
    )

"""What trials, shadow pairs and graded outcomes say of a candidate in this use case."""

from __future__ import annotations

from suffice.stats.shrinkage import Posterior
from suffice.types import Opinion

NUMBER = 22
READS = "the graded outcomes of this use case, shrunk towards those of all use cases"
SOURCE = "normal-normal empirical Bayes over use cases (DerSimonian and Laird 1986)"

_NAME = "use_case_evidence"


def opine(posterior: Posterior | None) -> Opinion:
    """Returns the gain that this use case's outcomes show; abstains where the pair of models has none at all.

    Args:
        posterior: Of the use case's mean gain; `None` if nothing is known of the pair of models.
    """
    if posterior is None:
        return Opinion(layer=_NAME, gain=None, reason="no graded outcome of this pair of models")
    if posterior.count > 0:
        reason = (
            f"{posterior.count:,.0f} graded outcomes in this use case, at a weight of {posterior.own:.0%}"
        )
    else:
        reason = "no graded outcome in this use case: the mean of the others"
    return Opinion(
        layer=_NAME,
        gain=min(max(posterior.mean, -1.0), 1.0),
        sd=posterior.sd,
        labels=posterior.count,
        reason=reason,
    )

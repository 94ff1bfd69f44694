"""Outcomes of the prompts that are nearest in meaning, whatever their use case."""

from __future__ import annotations

from suffice.stats.shrinkage import Posterior
from suffice.types import Opinion

NUMBER = 20
READS = "the cluster that the prompt's fingerprint falls in, and the graded outcomes there"
SOURCE = "empirical Bayes over clusters, beside the use cases"

_NAME = "fingerprint"


def opine(cluster: int | None, posterior: Posterior | None) -> Opinion:
    """Returns how the cluster of like prompts differs from their use cases; abstains where none is near.

    Args:
        cluster: Number of the nearest cluster; `None` if none is near.
        posterior: Of the cluster's difference; `None` if it has no outcome.
    """
    if cluster is None:
        return Opinion(layer=_NAME, gain=None, reason="no known cluster of prompts is near")
    if posterior is None:
        return Opinion(layer=_NAME, gain=None, reason=f"cluster {cluster} has no graded outcome")
    return Opinion(
        layer=_NAME,
        gain=min(max(posterior.mean, -1.0), 1.0),
        sd=posterior.sd,
        labels=posterior.count,
        reason=f"cluster {cluster}, with {posterior.count:,.0f} graded outcomes",
    )

"""To hold separate documents against one another, and to see where they disagree, is more than to read each."""

from __future__ import annotations

from suffice.features import Features
from suffice.types import Score

NUMBER = 14
READS = "texts told apart by number, tag or part; words that ask to compare or reconcile"
SOURCE = (
    "house heuristic: to look up among documents 0.3 and 0.03 for each; to reconcile two 0.65, 0.07 more for each "
    "further one"
)

_ABSTAINS = Score(None, "no separate documents are seen")


def score(features: Features) -> Score:
    """Returns a demand that grows with the documents, more where they are to be reconciled; abstains for one text."""
    documents, cues = features.documents, features.cues
    if documents > 1:
        if "reconcile" in cues:
            return Score(min(1.0, 0.65 + 0.07 * (documents - 2)), f"{documents} documents to hold together")
        return Score(min(0.6, 0.3 + 0.03 * documents), f"{documents} documents to read")
    if "reconcile" in cues and "sources" in cues:
        return Score(0.6, "several sources to hold together")
    return _ABSTAINS

"""To see, to hear and to read files is harder than to read text, and harder with each further one."""

from __future__ import annotations

from suffice.features import Features
from suffice.types import Score

NUMBER = 7
READS = "images, recordings and files in all turns"
SOURCE = (
    "house heuristic: image 0.4, file 0.5, audio 0.55; 0.05 more for each further one up to 0.3, 0.1 for each "
    "further kind"
)

_DEMAND = {"image": 0.4, "file": 0.5, "audio": 0.55}
_PER_FURTHER, _MOST_FURTHER, _PER_KIND = 0.05, 0.3, 0.1
OF_TEXT = Score(None, "there is nothing but text")


def score(features: Features) -> Score:
    """Returns the demand of the hardest kind and the number of parts; abstains for text alone."""
    kinds = features.modalities
    if not kinds:
        return OF_TEXT
    demand = max(_DEMAND.get(kind, 0.5) for kind in kinds) + _PER_KIND * (len(kinds) - 1)
    demand += min(_MOST_FURTHER, _PER_FURTHER * max(0, features.attachments - 1))
    parts = "part" if features.attachments == 1 else "parts"
    return Score(min(1.0, demand), f"{features.attachments} {parts} beside text: {', '.join(sorted(kinds))}")

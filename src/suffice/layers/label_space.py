"""To choose from a few labels is work for the smallest models; each further label is harder to keep apart."""

from __future__ import annotations

import math

from suffice.features import Features
from suffice.types import Score

NUMBER = 10
READS = "the enumeration in the answer's schema, else labels that the text lists"
SOURCE = "house heuristic: 2 labels 0.05, 4 labels 0.15, then logarithmic from 5 labels (0.3) to 100 (0.8)"

_FEW, _MANY = 5, 100
_NONE = Score(None, "no labels to choose from")
_ANSWERS = Score(None, "answers to a problem are no labels: the work is in the question")


def score(features: Features) -> Score:
    """Returns a demand that grows with the number of labels; abstains where there is nothing to choose from."""
    contract, marks, cues = features.contract, features.marks, features.cues
    labels, told = marks.labels, "the text lists"
    if contract is not None and contract.shape.labels is not None:
        labels, told = contract.shape.labels, "the schema allows"
    elif marks.options > 1 or ("contest" in cues and cues["contest"] > 1):
        return _ANSWERS
    if labels is None or labels < 2:
        return _NONE
    if labels < _FEW:
        return Score(0.05 * (labels - 1), f"{told} {labels} labels")
    share = math.log(labels / _FEW) / math.log(_MANY / _FEW)
    return Score(0.3 + 0.5 * min(1.0, share), f"{told} {labels} labels")

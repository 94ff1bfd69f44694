"""A form that the provider enforces is easy to keep; a deep one that it does not enforce is not."""

from __future__ import annotations

from suffice.features import Features
from suffice.types import Score

NUMBER = 6
READS = "JSON mode, JSON schema, grammar: strictness, size and depth; words that ask for a form"
SOURCE = "house heuristic: 0.1 for an enforced form, more for depth over 2 and for more than 10 properties"

_ENFORCED, _OPEN, _ONLY_LABELS = 0.1, 0.25, 0.05
_ABSTAINS = Score(None, "the answer is free text")
_WORDS_ONLY = Score(_OPEN, "the text asks for JSON, and nothing enforces it")


def score(features: Features) -> Score:
    """Returns a demand that grows with the size of the form; abstains for free text."""
    contract = features.contract
    if contract is None:
        return _WORDS_ONLY if "json" in features.cues else _ABSTAINS
    if contract.kind == "grammar":
        return Score(_ENFORCED, "a grammar leaves little to decide")
    if contract.kind == "json_object":
        return Score(_OPEN, "JSON of any shape")
    shape = contract.shape
    if contract.strict and shape.labels is not None and shape.properties <= 1:
        return Score(_ONLY_LABELS, f"one of {shape.labels} values, enforced")
    demand = _ENFORCED if contract.strict else _OPEN
    demand += min(0.4, 0.1 * max(0, shape.depth - 2)) + min(0.4, 0.01 * max(0, shape.properties - 10))
    kept = "enforced" if contract.strict else "not enforced"
    return Score(min(1.0, demand), f"a schema of {shape.properties} properties, {shape.depth} deep, {kept}")

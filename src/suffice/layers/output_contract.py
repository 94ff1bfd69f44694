"""A form that the provider enforces is easy to keep; a deep one that it does not enforce is not."""

from __future__ import annotations

from suffice.features import Features
from suffice.types import Score

NUMBER = 6
READS = "JSON mode, JSON schema, grammar: strictness, size and depth"
SOURCE = "house heuristic: 0.1 for an enforced form, more for depth over 2 and for more than 10 properties"


def score(features: Features) -> Score:
    """Returns a demand that grows with the size of the form; abstains for free text."""
    contract = features.contract
    if contract is None:
        return Score(None, "the answer is free text")
    if contract.kind == "grammar":
        return Score(0.1, "a grammar leaves little to decide")
    if contract.kind == "json_object":
        return Score(0.25, "JSON of any shape")
    shape = contract.shape
    demand = 0.1 if contract.strict else 0.25
    demand += min(0.4, 0.1 * max(0, shape.depth - 2)) + min(0.4, 0.01 * max(0, shape.properties - 10))
    kept = "enforced" if contract.strict else "not enforced"
    return Score(min(1.0, demand), f"a schema of {shape.properties} properties, {shape.depth} deep, {kept}")

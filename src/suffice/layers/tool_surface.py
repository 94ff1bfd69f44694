"""The more actions there are and the more each asks for, the easier it is to choose a wrong one."""

from __future__ import annotations

import math
from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 4
READS = "number and schemas of the tools, tool_choice"
SOURCE = "house heuristic: logarithmic in tools x parameters, from 1 (0) to 400 (1); a named tool halves it"

_FULL = 400
OF_TEXT = Score(None, "no tools are offered")


def score(features: Features) -> Score:
    """Returns 0 for one tool without parameters, 1 from a surface of 400; abstains without tools."""
    tools = features.tools
    if tools is None:
        return OF_TEXT
    return _scored(tools.count, tools.parameters, tools.depth, tools.choice)


@lru_cache(maxsize=1_024)
def _scored(count: int, parameters: int, depth: int, choice: str) -> Score:
    if choice == "none":
        return Score(0.0, "tools are offered and may not be used")
    surface = count + parameters + 5 * max(0, depth - 1)
    demand = min(1.0, math.log(max(1, surface)) / math.log(_FULL))
    if choice == "named" or count == 1:
        demand /= 2
    plural = "tool" if count == 1 else "tools"
    return Score(demand, f"{count} {plural} with {parameters} parameters, choice {choice}")

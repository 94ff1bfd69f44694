"""The more actions there are and the more each asks for, the easier it is to choose a wrong one."""

from __future__ import annotations

import math

from suffice.features import Features
from suffice.types import Score

NUMBER = 4
READS = "number and schemas of the tools, tool_choice"
SOURCE = "house heuristic: logarithmic in tools x parameters, from 1 (0) to 400 (1); a named tool halves it"

_FULL = 400


def score(features: Features) -> Score:
    """Returns 0 for one tool without parameters, 1 from a surface of 400; abstains without tools."""
    tools = features.tools
    if tools is None:
        return Score(None, "no tools are offered")
    if tools.choice == "none":
        return Score(0.0, "tools are offered and may not be used")
    surface = tools.count + tools.parameters + 5 * max(0, tools.depth - 1)
    demand = min(1.0, math.log(max(1, surface)) / math.log(_FULL))
    if tools.choice == "named" or tools.count == 1:
        demand /= 2
    plural = "tool" if tools.count == 1 else "tools"
    return Score(demand, f"{tools.count} {plural} with {tools.parameters} parameters, choice {tools.choice}")

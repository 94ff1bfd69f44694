"""An agent's plan and its recovery from an error take judgement; a step between, of few actions, does not."""

from __future__ import annotations

from suffice.features import Features
from suffice.types import Score

NUMBER = 5
READS = "tools on offer, tool calls since the last user turn, results of tools that failed"
SOURCE = (
    "house heuristic: inner step 0.3, plan 0.55, recovery 0.65 and 0.1 more for each further failure; "
    "0.15 more for over 20 tools, 0.1 for over 12 steps"
)

_INNER, _PLAN, _RECOVERY, _PER_FAILURE = 0.3, 0.55, 0.65, 0.1
_BOUNDED_TOOLS, _MANY_TOOLS = 20, 0.15
_MANY_STEPS, _LATE = 12, 0.1
OF_TEXT = Score(None, "no agent is at work: no tools to use, no results of tools")


def score(features: Features) -> Score:
    """Returns the demand of an agent's place in its loop; abstains where no tool is offered or was used."""
    tools = features.tools
    usable = tools is not None and tools.choice != "none"
    if not usable and not features.after_tool:
        return OF_TEXT
    more = _MANY_TOOLS if tools is not None and tools.count > _BOUNDED_TOOLS else 0.0
    more += _LATE if features.steps > _MANY_STEPS else 0.0
    if features.failures:
        times = "" if features.failures == 1 else f", {features.failures} in a row"
        demand = _RECOVERY + _PER_FAILURE * (features.failures - 1) + more
        return Score(min(1.0, demand), f"recovery after a tool that failed{times}")
    if features.after_tool:
        return Score(_INNER + more, f"an inner step, {features.steps} with tool calls before it")
    if tools is not None and tools.choice == "named":
        return Score(_INNER / 2 + more, "the call is named: only its arguments are open")
    return Score(_PLAN + more, "the first step: what to do is still open")

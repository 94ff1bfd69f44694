"""CHOOSE: the cheapest candidate that passes the hard constraints and clears the bar; else the baseline, and why."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.features import Features
from suffice.features.task import TASKS
from suffice.policy import reasons
from suffice.policy.policy import Policy
from suffice.types import Estimate


def choose(
    features: Features, estimates: Sequence[Estimate], policy: Policy, baseline_cost_nanos: int | None
) -> tuple[str | None, str]:
    """Returns the model to serve, `None` for the baseline, and the reason.

    Args:
        features: Of the request.
        estimates: Of the candidates, vetoes included.
        policy: What is allowed.
        baseline_cost_nanos: What the baseline is expected to cost; `None` if that is unknown, and then nothing is
        cheaper.
    """
    cheaper = [
        (estimate.cost_nanos, estimate)
        for estimate in estimates
        if estimate.cost_nanos is not None
        and baseline_cost_nanos is not None
        and estimate.cost_nanos < baseline_cost_nanos
    ]
    if not cheaper:
        return None, reasons.NO_CHEAPER_CANDIDATE
    able = [(cost, estimate) for cost, estimate in cheaper if estimate.veto is None]
    if not able:
        return None, reasons.CANDIDATES_VETOED
    good = [(cost, e.model) for cost, e in able if e.p_good is not None and e.p_good >= policy.bar]
    if good:
        return min(good)[1], reasons.PRIOR_SUFFICES
    if features.task is None:
        return None, reasons.TASK_UNKNOWN
    return None, reasons.TASK_NEEDS_FLAGSHIP if TASKS[features.task] == "flagship" else reasons.BELOW_BAR

"""CHOOSE: the cheapest candidate that passes the hard constraints and clears the bar; else the baseline, and why.

For each candidate, in this order:

1. It is expected to cost less than the baseline.
2. No constraint excludes it: what the request needs, the allow and deny lists, the stakes rule.
3. What is known of it is what the policy asks for: a certificate, a fit on outcomes, or a prior.
4. Its `p_good` (or the lower end of that) reaches the bar. A certificate is stronger than a prior, so a certified
candidate is held to the bar only where its estimate was fitted on outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping

from suffice.features.task import TASKS
from suffice.policy import constraints, reasons
from suffice.types import Decision, Estimate, Evidence, Terms

NOT_CHEAPER = "not_cheaper"
UNKNOWN = "unknown"
BELOW_BAR = "below_bar"
RANK: Mapping[Evidence, int] = {"prior": 0, "calibrated": 1, "certified": 2}
"""How much is known, in order."""
_LACKING: Mapping[Evidence, str] = {
    "certified": reasons.NO_CERTIFICATE,
    "calibrated": reasons.NOT_CALIBRATED,
    "prior": UNKNOWN,
}

TEXTS: Mapping[str, str] = {
    **constraints.TEXTS,
    NOT_CHEAPER: "not expected to cost less",
    reasons.NO_CERTIFICATE: "no valid certificate for this use case",
    reasons.NOT_CALIBRATED: "no outcomes say how good it is",
    UNKNOWN: "nothing says how good it is",
    BELOW_BAR: "below the bar",
}
"""What can stand in a candidate's way, in words."""


def choose(decision: Decision) -> tuple[str | None, str]:
    """Returns the model to serve, `None` for the baseline, and the reason.

    Args:
        decision: All that it is made on: estimates with costs and vetoes, the baseline's cost, the terms. Its `model`
            and `reason` are not read.

    Returns:
        The cheapest candidate with nothing in its way; of equally cheap ones the first by name. If there is none, the
        reason is of the candidate that came furthest.
    """
    found = [(obstacle(decision, estimate), estimate) for estimate in decision.estimates]
    free = [(e.cost_nanos or 0, e.model, basis(e)) for stopped, e in found if stopped is None]
    if free:
        _, model, evidence = min(free)
        return model, _suffices(evidence, decision.terms)
    furthest = max(
        ((_how_far(stopped), stopped, estimate) for stopped, estimate in found if stopped is not None),
        key=lambda one: one[0],
        default=None,
    )
    if furthest is None:
        return None, reasons.NO_CHEAPER_CANDIDATE
    return None, _reason(furthest[1], furthest[2], decision.task)


def _suffices(known: Evidence, terms: Terms) -> str:
    """Why a candidate serves: a spent budget, if that alone lets it; one with more evidence serves with and without."""
    usual = terms.usual_evidence
    if usual is not None and RANK[known] < RANK[usual]:
        return reasons.BUDGET_SPENT
    return reasons.SUFFICES[known]


def obstacle(decision: Decision, estimate: Estimate) -> str | None:
    """Returns the first thing that stands in a candidate's way, a key of `TEXTS`; `None` if it may serve."""
    cost, usual, terms = estimate.cost_nanos, decision.baseline_cost_nanos, decision.terms
    if cost is None or usual is None or cost >= usual:
        return NOT_CHEAPER
    if estimate.veto is not None:
        return estimate.veto
    if RANK[basis(estimate)] < RANK[terms.evidence]:
        return _LACKING[terms.evidence]
    if estimate.certified and estimate.evidence == "prior":
        return None
    lifted = lift(estimate, terms)
    if lifted is None:
        return UNKNOWN
    return None if lifted >= terms.bar else BELOW_BAR


def basis(estimate: Estimate) -> Evidence:
    """Returns the best that is known of a candidate."""
    return "certified" if estimate.certified else estimate.evidence


def lift(estimate: Estimate, terms: Terms) -> float | None:
    """Returns the probability that has to reach the bar; `None` if it is not known.

    What is only expected from a benchmark profile has to reach it with the lower end of its interval.
    """
    return estimate.p_low if terms.bar_on == "p_low" or from_profile(estimate) else estimate.p_good


def from_profile(estimate: Estimate) -> bool:
    """Tells whether an estimate rests on a benchmark profile: an opinion of learned layers without outcomes."""
    return estimate.evidence == "prior" and bool(estimate.opinions)


def _how_far(stopped: str) -> int:
    if stopped == NOT_CHEAPER:
        return 0
    if stopped in {constraints.STAKES, constraints.STAKES_UNREADABLE}:
        return 3
    if stopped in constraints.TEXTS:
        return 2 if stopped == constraints.NOT_ALLOWED else 1
    return {UNKNOWN: 5, BELOW_BAR: 6}.get(stopped, 4)


def _reason(stopped: str, estimate: Estimate, task: str | None) -> str:
    if stopped == NOT_CHEAPER:
        return reasons.NO_CHEAPER_CANDIDATE
    if stopped in {UNKNOWN, BELOW_BAR}:
        if estimate.evidence != "prior" or from_profile(estimate):
            return reasons.BELOW_BAR
        if task is None:
            return reasons.TASK_UNKNOWN
        return reasons.TASK_NEEDS_FLAGSHIP if TASKS.get(task) == "flagship" else reasons.BELOW_BAR
    return stopped if stopped in reasons.TEXTS else reasons.CANDIDATES_VETOED

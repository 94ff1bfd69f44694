"""CHOOSE: the cheapest candidate that passes the hard constraints and clears the bar; else the baseline, and why.

For each candidate, in this order:

1. It is expected to cost less than the baseline.
2. No constraint excludes it: what the request needs, the allow and deny lists, the stakes rule.
3. What is known of it is what the policy asks for: a certificate, a fit on outcomes, or a prior.
4. Its `p_good` (or the lower end of that) reaches the bar. A certificate is stronger than a prior, so a certified
candidate is held to the bar only where its estimate was fitted on outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suffice.features.task import TASKS
from suffice.policy import constraints, reasons
from suffice.types import Decision, Estimate, Evidence, Terms

NOT_CHEAPER = "not_cheaper"
UNKNOWN = "unknown"
BELOW_BAR = "below_bar"
RANK: Mapping[Evidence, int] = {"prior": 0, "calibrated": 1, "certified": 2}
"""How much is known, in order."""
_ENOUGH: Mapping[Evidence, frozenset[Evidence]] = {
    least: frozenset(known for known, rank in RANK.items() if rank >= RANK[least]) for least in RANK
}
"""What suffices where this is asked for."""
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
        What `pick` finds.
    """
    return pick(decision.estimates, decision.baseline_cost_nanos, decision.terms, decision.task)


def pick(
    estimates: Sequence[Estimate], baseline_cost_nanos: int | None, terms: Terms, task: str | None
) -> tuple[str | None, str]:
    """Returns the model to serve, `None` for the baseline, and the reason.

    Args:
        estimates: With costs and vetoes.
        baseline_cost_nanos: Expected; `None` if it is not known.
        terms: What a candidate must reach.
        task: The recognised kind.

    Returns:
        The cheapest candidate with nothing in its way; of equally cheap ones the first by name. If there is none, the
        reason is of the candidate that came furthest.
    """
    stopped = hindrances(estimates, baseline_cost_nanos, terms)
    if "" in stopped:
        free = [(one.cost_nanos or 0, one.model, at) for at, one in enumerate(estimates) if not stopped[at]]
        _, model, at = min(free)
        return model, _suffices(basis(estimates[at]), terms)
    if not stopped:
        return None, reasons.NO_CHEAPER_CANDIDATE
    furthest = stopped[0]
    if stopped.count(furthest) < len(stopped):
        furthest = max(stopped, key=_reached)
    if furthest in _FOR_QUALITY:
        return None, _reason(estimates[stopped.index(furthest)], task)
    return None, _REASONS.get(furthest, reasons.CANDIDATES_VETOED)


def _suffices(known: Evidence, terms: Terms) -> str:
    """Why a candidate serves: a spent budget, if that alone lets it; one with more evidence serves with and without."""
    usual = terms.usual_evidence
    if usual is not None and RANK[known] < RANK[usual]:
        return reasons.BUDGET_SPENT
    return reasons.SUFFICES[known]


def obstacle(decision: Decision, estimate: Estimate) -> str | None:
    """Returns the first thing that stands in a candidate's way, a key of `TEXTS`; `None` if it may serve."""
    (found,) = hindrances((estimate,), decision.baseline_cost_nanos, decision.terms)
    return found or None


def hindrances(estimates: Sequence[Estimate], baseline_cost_nanos: int | None, terms: Terms) -> list[str]:
    """Returns the first thing that stands in each candidate's way, a key of `TEXTS`; "" where it may serve.

    Args:
        estimates: With their costs and vetoes.
        baseline_cost_nanos: Expected; `None` if it is not known.
        terms: What they must reach.
    """
    if baseline_cost_nanos is None:
        return [NOT_CHEAPER] * len(estimates)
    enough, lacking = _ENOUGH[terms.evidence], _LACKING[terms.evidence]
    found = []
    for estimate in estimates:
        cost = estimate.cost_nanos
        if cost is None or cost >= baseline_cost_nanos:
            found.append(NOT_CHEAPER)
        elif estimate.veto is not None:
            found.append(estimate.veto)
        elif estimate.evidence not in enough and not estimate.certified:
            found.append(lacking)
        elif estimate.certified and estimate.evidence == "prior":
            found.append("")
        elif (lifted := lift(estimate, terms)) is None:
            found.append(UNKNOWN)
        else:
            found.append("" if lifted >= terms.bar else BELOW_BAR)
    return found


def basis(estimate: Estimate) -> Evidence:
    """Returns the best that is known of a candidate."""
    return "certified" if estimate.certified else estimate.evidence


def lift(estimate: Estimate, terms: Terms) -> float | None:
    """Returns the probability that has to reach the bar; `None` if it is not known.

    What is only expected from a benchmark profile has to reach it with the lower end of its interval.
    """
    low = terms.bar_on == "p_low" or (estimate.opinions and from_profile(estimate))
    return estimate.p_low if low else estimate.p_good


def from_profile(estimate: Estimate) -> bool:
    """Tells whether an estimate rests on a benchmark profile: an opinion of learned layers without outcomes."""
    return estimate.evidence == "prior" and bool(estimate.opinions)


_FAR: Mapping[str, int] = {
    **dict.fromkeys(constraints.TEXTS, 1),
    NOT_CHEAPER: 0,
    constraints.NOT_ALLOWED: 2,
    constraints.STAKES: 3,
    constraints.STAKES_UNREADABLE: 3,
    UNKNOWN: 5,
    BELOW_BAR: 6,
}
"""How far a candidate came that was stopped by this; any other is a lack of evidence."""
_FOR_QUALITY = frozenset({UNKNOWN, BELOW_BAR})
_REASONS: Mapping[str, str] = {
    **{reason: reason for reason in reasons.TEXTS},
    NOT_CHEAPER: reasons.NO_CHEAPER_CANDIDATE,
}
"""Why nobody serves where this stopped the candidate that came furthest; any other is a constraint."""


def _reached(stopped: str) -> int:
    return _FAR.get(stopped, 4)


def _reason(estimate: Estimate, task: str | None) -> str:
    if estimate.evidence != "prior" or from_profile(estimate):
        return reasons.BELOW_BAR
    if task is None:
        return reasons.TASK_UNKNOWN
    return reasons.TASK_NEEDS_FLAGSHIP if TASKS.get(task) == "flagship" else reasons.BELOW_BAR

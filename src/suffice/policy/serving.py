"""What is served of a decision: the switch, the client's wish and the dice, in one pure step.

In this order:

1. A use case that is not switched to `route` is only observed: the baseline serves.
2. Where the decision keeps the baseline, or the client forces it, no dice are cast: the request is not eligible.
3. The dice put the session of an eligible request into the routed arm or the holdout, and that is recorded.

What happens to a routed request afterwards (it stays on its conversation's model, its model is paused or fails) never
changes its arm: arms are compared as they were cast.
"""

from __future__ import annotations

import msgspec

from suffice.policy import reasons
from suffice.policy.assignment import assign
from suffice.policy.switch import Switch
from suffice.types import Arm, Decision


class Serving(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is to be served, and why."""

    mode: str
    """`route` or `observe`."""
    model: str = ""
    """The cheaper model to ask; empty for the baseline."""
    reason: str
    """One constant of `suffice.policy.reasons`."""
    arm: Arm = ""
    propensity: float | None = None
    """Probability of the routed arm; `None` where no dice were cast."""


def serving_of(
    decision: Decision, switch: Switch, unit: str, *, share: float, forced: bool = False
) -> Serving:
    """Returns what is served of a decision.

    Args:
        decision: What the engine chose.
        switch: What is on.
        unit: The session, or the request's id where it has none: what the dice are cast for.
        share: Of the ramp at this moment, in [0, 1].
        forced: The client wants the baseline.
    """
    if switch.of(decision.bucket).mode != "route":
        return Serving(mode="observe", reason=decision.reason)
    if forced:
        return Serving(mode="route", reason=reasons.BASELINE_FORCED)
    if decision.model == decision.baseline:
        return Serving(mode="route", reason=decision.reason)
    cast = assign(unit, decision.bucket, share=share, holdout=switch.holdout, salt=switch.salt)
    routed = cast.arm == "routed"
    return Serving(
        mode="route",
        model=decision.model if routed else "",
        reason=decision.reason if routed else reasons.HOLDOUT,
        arm=cast.arm,
        propensity=cast.propensity,
    )

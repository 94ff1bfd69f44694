"""The third step: routing is switched on at the running proxy, and another week of traffic goes through it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from suffice.app import settings_from, switch_file_from
from suffice.cli.demo._material import Material
from suffice.cli.demo._stage import Stage
from suffice.types import Outcome

_TAKEN_S = 10.0
_POLL_S = 0.05
HOLDOUT = "10"


def flip(stage: Stage, material: Material) -> None:
    """Switches routing on and plays the second week.

    Raises:
        ChildError: The proxy did not take the switch, or a request failed.
    """
    stage.tell(
        3,
        "flip",
        "Where a certificate holds, the cheaper model may serve now: all sessions but a random holdout of "
        f"{HOLDOUT}%, which savings are measured against (by default a ramp begins with 5%).",
    )
    stage.run("mode", "route", "--ramp", "100", "--holdout", HOLDOUT)
    _wait_taken(stage)
    before = {one.outcome.id for one in stage.entries()}
    for week in material.routed:
        stage.replay(week)
    served = [
        one.outcome for one in stage.entries() if one.outcome.leg == "served" and one.outcome.id not in before
    ]
    stage.console.print()
    stage.console.print(who_served(served))
    several, one_model = turns(served)
    if several:
        stage.say(f"{several:,} conversations of several turns; {one_model:,} had one model throughout.")
    cheaper = sum(bool(one.sent_model) for one in served)
    stage.sum_up("routed", f"{cheaper:,} of {len(served):,} requests by a cheaper model; none failed")


def _wait_taken(stage: Stage) -> None:
    """Waits until the proxy serves by the switch and the policy."""
    switch = switch_file_from(settings_from(stage.config)).read()
    assert switch is not None  # noqa: S101 -- the command has just written it
    deadline = time.monotonic() + _TAKEN_S
    while True:
        health = stage.health()
        if health.get("switch") == switch.fingerprint and health["certificates"]["valid"]:
            return
        if time.monotonic() > deadline:
            raise stage.failed(f"the proxy did not take the switch in {_TAKEN_S:.0f} s")
        time.sleep(_POLL_S)


def who_served(served: Sequence[Outcome]) -> Table:
    """Returns which models answered for which that was asked for.

    Args:
        served: Calls that answered a client.
    """
    counts = Counter(
        (one.requested_model, one.sent_model or one.requested_model, one.arm or "-") for one in served
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("asked for", "served by", "arm"):
        table.add_column(name)
    for name in ("requests", "share"):
        table.add_column(name, justify="right")
    for (asked, model, arm), count in sorted(counts.items(), key=lambda one: (one[0][0], -one[1])):
        table.add_row(escape(asked), escape(model), arm, f"{count:,}", f"{count / len(served):.1%}")
    return table


def turns(served: Sequence[Outcome]) -> tuple[int, int]:
    """Returns how many sessions had several turns, and how many of these one model answered throughout."""
    models: dict[str, list[str]] = {}
    for one in served:
        models.setdefault(one.session or one.id, []).append(one.sent_model or one.requested_model)
    several = [names for names in models.values() if len(names) > 1]
    return len(several), sum(len(set(names)) == 1 for names in several)

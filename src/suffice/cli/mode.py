"""`suffice mode`: what is served as chosen, and what is only observed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from suffice.app import policies_from, serving_policy_from, settings_from, switch_file_from
from suffice.cli._options import config_option
from suffice.cli._policies import by_option, who
from suffice.config import Settings
from suffice.errors import PolicyError
from suffice.evidence.publish import in_use
from suffice.policy.configured import switch_from
from suffice.policy.policy import Policy
from suffice.policy.switch import Mode, Setting, Switch, ramp_problem
from suffice.report.switch import Row, rows_of, table

_HOUR_S = 3600.0


@click.command(
    epilog="""\b
Examples:
  suffice mode                                   # what is on
  suffice mode route --bucket tickets            # 5%, after a day 25%, then all
  suffice mode route --ramp 100 --holdout 10     # at once, and a larger holdout
  suffice mode observe --bucket tickets --note "complaints"
  suffice mode off                               # nothing is decided any more
"""
)
@config_option
@click.argument("mode", required=False, type=click.Choice(["route", "observe", "off"]))
@click.option(
    "--bucket",
    metavar="USE-CASE",
    help="One use case alone, by its x-suffice-feature or its name in `suffice status`; without it, all that have no "
    "setting of their own.",
)
@click.option(
    "--ramp",
    metavar="STEPS",
    help="Percentages of the sessions outside of the holdout, step by step: 5,25,100.",
)
@click.option(
    "--step-hours",
    type=click.FloatRange(0, 8784, min_open=True),
    help="How long each step but the last holds.",
)
@click.option(
    "--holdout",
    type=click.FloatRange(0, 100, max_open=True),
    help="Percentage of sessions that stay on what was asked for, in every use case.",
)
@click.option("--note", default="", help="Why: it is shown with the setting.")
@by_option
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    mode: Mode | None,
    bucket: str | None,
    ramp: str | None,
    step_hours: float | None,
    holdout: float | None,
    note: str,
    by: str | None,
    json_: bool,
) -> None:
    """Switch routing on or off; without a mode, show what is on.

    \b
    route    the cheaper model that was chosen answers, except in the holdout
    observe  the choice is written down; the model that was asked for answers
    off      nothing is decided

    Every worker of a running proxy takes it within a second, and no request is dropped. A use case is routed only
    where the evidence that the policy asks for is there: with the default, a valid certificate. Its share of sessions
    grows step by step (the ramp). See docs/route.md.
    """  # noqa: D301 -- \b tells click to keep the lines of a paragraph
    settings = settings_from(config)
    file, now_ns = switch_file_from(settings), time.time_ns()
    policy = serving_policy_from(settings, in_use(policies_from(settings))[1])
    default = switch_from(settings)
    seen = switch = file.read() or default
    if mode is None:
        if bucket or ramp or step_hours or holdout is not None:
            raise click.UsageError("say which: route, observe or off")
    else:
        setting = _setting(settings, mode, ramp, step_hours, now_ns)
        setting = msgspec.structs.replace(setting, reason=f"{who(by)}: {note}" if note else f"by {who(by)}")
        if mode == "route":
            _refuse_without_evidence(policy, bucket, now_ns)

        def changed(there: Switch | None) -> Switch:
            if mode == "route":
                _refuse_taken_back(seen, there or default, bucket)
            return _changed(there or default, setting, bucket, holdout)

        switch = file.change(changed) or default
    rows = rows_of(switch, policy, now_ns)
    if json_:
        click.echo(msgspec.json.format(msgspec.json.encode(_told(switch, rows)), indent=2))
    else:
        _print(Console(), switch, rows, changed=mode is not None)


def _setting(
    settings: Settings, mode: Mode, ramp: str | None, step_hours: float | None, now_ns: int
) -> Setting:
    steps = settings.route.ramp if ramp is None else _steps(ramp)
    hours = settings.route.ramp_step_hours if step_hours is None else step_hours
    return Setting(mode=mode, since_ns=now_ns, ramp=steps, step_s=hours * _HOUR_S)


def _steps(text: str) -> tuple[float, ...]:
    try:
        steps = tuple(float(part) / 100 for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"percentages with commas, such as 5,25,100, not {text!r}") from None
    problem = ramp_problem(steps)
    if problem is not None:
        raise click.BadParameter(f"{problem}: write, for example, 5,25,100")
    return steps


def _refuse_without_evidence(policy: Policy, bucket: str | None, now_ns: int) -> None:
    """Nothing would be routed where a certificate is asked for and there is none: say so now."""
    valid = {one.bucket for one in policy.certificates if one.valid(now_ns)}
    if bucket is None:
        fine = (
            bool(valid)
            or policy.evidence != "certified"
            or any(rule.evidence not in (None, "certified") for rule in policy.features.values())
        )
        where = "no use case has a valid certificate"
    else:
        fine = bucket in valid or policy.terms(bucket, bucket).evidence != "certified"
        where = f"{bucket!r} has no valid certificate"
    if not fine:
        raise PolicyError(
            f"{where}, so nothing would be routed. Run `suffice bakeoff`, then `suffice certify` and "
            "`suffice policy publish`; or, without proof, set evidence in [policy] or [features.NAME].",
            code="no_evidence",
        )


def _refuse_taken_back(seen: Switch, there: Switch, bucket: str | None) -> None:
    """The guard, or somebody, ended the routing since this command looked: that was not known when it was given."""
    was, now = (one.default if bucket is None else one.of(bucket) for one in (seen, there))
    if was.mode == "route" and now.mode != "route":
        raise PolicyError(
            f"{'routing' if bucket is None else repr(bucket)} was set to {now.mode} meanwhile ({now.reason}): "
            "look at it with `suffice status`, and try again if it is to be routed",
            code="taken_back",
        )


def _changed(switch: Switch, setting: Setting, bucket: str | None, holdout: float | None) -> Switch:
    share = switch.holdout if holdout is None else holdout / 100
    if bucket is None:
        return msgspec.structs.replace(switch, default=setting, holdout=share)
    return msgspec.structs.replace(switch, buckets={**switch.buckets, bucket: setting}, holdout=share)


def _told(switch: Switch, rows: list[Row]) -> dict[str, Any]:
    return {"switch": switch.fingerprint, "holdout": switch.holdout, "use_cases": rows}


def _print(console: Console, switch: Switch, rows: list[Row], *, changed: bool) -> None:
    if changed:
        console.print("Switched. A running proxy takes it within a second.", highlight=False)
    console.print(table(rows))
    console.print(
        f"routed: share of all sessions, now. Holdout: {switch.holdout:.1%} of the sessions stay on the model that was "
        "asked for.",
        highlight=False,
    )
    if switch.default.mode == "off" and switch.buckets:
        console.print("Everything is off, whatever is set for a use case.", highlight=False)

"""`suffice bakeoff resume`: goes on where a trial was stopped, capped or killed."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from suffice.cli._options import config_option
from suffice.cli.bakeoff._running import Wanted, run_trial
from suffice.cli.bakeoff.run import key_env_option, max_usd_option
from suffice.evidence.plan import Plan
from suffice.store.trials import TrialStore


@click.command(
    epilog="""\b
Examples:
  suffice bakeoff resume 1126-3f9a --max-usd 10
  suffice bakeoff resume --again-interrupted

A call whose answer was lost when a process was killed may have been paid for: it counts with the most that it can have
cost, its unit has no verdict, and it is asked again only with --again-interrupted.
"""
)
@config_option
@click.argument("trial", required=False)
@max_usd_option
@key_env_option
@click.option(
    "--again-interrupted", is_flag=True, help="Ask again what was under way when a process was killed."
)
@click.option("--again-failed", is_flag=True, help="Ask again what providers did not answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    trial: str | None,
    max_usd: float | None,
    key_env: tuple[str, ...],
    again_interrupted: bool,
    again_failed: bool,
    as_json: bool,
) -> None:
    """Go on with a trial, the newest if none is named. Nothing that was answered is asked or paid for again."""

    def prepare(store: TrialStore, plan: Plan) -> None:
        # Held for a moment, so that what a killed process has left is known for what it is.
        with store.running(plan.id):
            count = store.reask(plan.id, "interrupted") if again_interrupted else 0
            count += store.reask(plan.id, "failed") if again_failed else 0
        if count:
            Console(stderr=True).print(f"{count:,} calls are asked again", highlight=False)

    run_trial(Wanted(config=config, trial=trial, max_usd=max_usd, key_env=key_env, as_json=as_json), prepare)

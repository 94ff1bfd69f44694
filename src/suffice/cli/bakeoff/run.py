"""`suffice bakeoff run`: asks, grades, and stops at verdicts or at the spend cap."""

from __future__ import annotations

from pathlib import Path

import click

from suffice.cli._options import config_option
from suffice.cli.bakeoff._running import Wanted, run_trial

max_usd_option = click.option(
    "--max-usd",
    type=click.FloatRange(0, min_open=True),
    help="What the trial may cost at most, over all its runs. Without it: max_usd in [bakeoff].",
)
key_env_option = click.option(
    "--key-env",
    multiple=True,
    metavar="PROVIDER=VARIABLE",
    help='The variable that holds a provider\'s key, where its key is "client". Without it: OPENAI_API_KEY, '
    "ANTHROPIC_API_KEY. Repeatable.",
)


@click.command(
    epilog="""\b
Examples:
  suffice bakeoff run 1126-3f9a --max-usd 5
  suffice bakeoff run --max-usd 5 --json

Ctrl-C lets the calls under way arrive and ends; `suffice bakeoff resume` goes on.
Exit code 0: every row has ended, or the cap is reached. 1: paused, such as out of quota.
"""
)
@config_option
@click.argument("trial", required=False)
@max_usd_option
@key_env_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def command(
    config: Path | None, trial: str | None, max_usd: float | None, key_env: tuple[str, ...], as_json: bool
) -> None:
    """Run a planned trial, the newest if none is named: to a verdict for each row, and never over the spend cap."""
    run_trial(Wanted(config=config, trial=trial, max_usd=max_usd, key_env=key_env, as_json=as_json))

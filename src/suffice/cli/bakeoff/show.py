"""`suffice bakeoff show`: what a trial has found so far."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec
from rich.console import Console

from suffice.app import settings_from
from suffice.cli._options import config_option
from suffice.cli.bakeoff._parts import plan_of, trials_of
from suffice.cli.bakeoff._tables import cannot, print_plan, print_results
from suffice.evidence.result import TrialResult
from suffice.money import usd
from suffice.store.trials import TrialStore


@click.command(
    epilog="""\b
Examples:
  suffice bakeoff show
  suffice bakeoff show 1126-3f9a --json
  suffice bakeoff show --list
"""
)
@config_option
@click.argument("trial", required=False)
@click.option("--list", "listed", is_flag=True, help="List the trials instead.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(config: Path | None, trial: str | None, listed: bool, as_json: bool) -> None:
    """Show what a trial has found so far, the newest if none is named; also while it runs."""
    store = trials_of(settings_from(config), read_only=True)
    if listed:
        _list(store, as_json=as_json)
        return
    plan = plan_of(store, trial)
    head = store.head(plan.id)
    results = [msgspec.json.decode(raw, type=TrialResult) for raw in store.results(plan.id)]
    spent = store.spent_nanos(plan.id)
    if as_json:
        document = {
            "trial": {"id": plan.id, "state": head.state, "said": head.said, "spent_nanos": spent},
            "results": [msgspec.to_builtins(result) for result in results],
            "not_tried": [
                {"bucket": bucket, "candidate": candidate or None, "reason": why}
                for bucket, candidate, why in cannot(plan)
            ],
        }
        click.echo(json.dumps(document))
        return
    console = Console()
    if results:
        print_results(console, results, plan)
    else:
        print_plan(console, plan)
    said = f": {head.said}" if head.said else ""
    console.print(f"{plan.id} {head.state}{said}; spent {usd(spent, places=4)}", highlight=False)


def _list(store: TrialStore, *, as_json: bool) -> None:
    heads = store.heads()
    if as_json:
        click.echo(json.dumps([{"id": head.id, "state": head.state, "said": head.said} for head in heads]))
        return
    for head in heads:
        click.echo(f"{head.id}  {head.state}  {head.said}")

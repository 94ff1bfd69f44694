"""`suffice bakeoff plan`: which use cases are tried with which models, what that takes, and what cannot be tried."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from suffice.app import settings_from
from suffice.cli._options import config_option
from suffice.cli.bakeoff._parts import (
    earlier_of,
    folder_of,
    grader_setting,
    is_advisory,
    market_of,
    traffic_of,
    trials_of,
)
from suffice.cli.bakeoff._tables import print_plan
from suffice.config import GraderSettings, Settings
from suffice.errors import ConfigError
from suffice.evidence import graders
from suffice.evidence.plan import Plan
from suffice.evidence.planning import Source, Wish, make_plan
from suffice.store.trials import TrialHead


@click.command(
    epilog="""\b
Examples:
  suffice bakeoff plan
  suffice bakeoff plan --bucket invoices --candidate gpt-5.4-mini --candidate groq/llama-4-scout
  suffice bakeoff plan --grader numeric,field=answer --grader "tickets:exact,ignore_case=true"

Nothing is asked and nothing is spent. Exit code 1: nothing can be tried.
"""
)
@config_option
@click.option("--bucket", multiple=True, help="A use case to try. Without it: all. Repeatable.")
@click.option(
    "--candidate",
    multiple=True,
    help="A model to try, as PROVIDER/MODEL or a name of the catalog. Without it: the smaller siblings of the model "
    "that the use case asks for, and the smaller models of across_providers. Repeatable.",
)
@click.option(
    "--baseline", help="Try requests for this model. Without it: the one that a use case asks for most."
)
@click.option(
    "--grader",
    "grader_texts",
    multiple=True,
    metavar="[BUCKET:]KIND[,KEY=VALUE]",
    help="In place of [graders] in suffice.toml, where each kind and key is explained. Repeatable.",
)
@click.option(
    "--delta", type=click.FloatRange(0, 1, min_open=True), help="Tolerance. Without it: as in [bakeoff]."
)
@click.option(
    "--alpha", type=click.FloatRange(0, 0.5, min_open=True), help="Error. Without it: as in [bakeoff]."
)
@click.option(
    "--reuse-logged", is_flag=True, help="Take the baseline's logged answers for its own: half the cost."
)
@click.option("--seed", type=int, help="Of the sample; without it, a new one each time.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    bucket: tuple[str, ...],
    candidate: tuple[str, ...],
    baseline: str | None,
    grader_texts: tuple[str, ...],
    delta: float | None,
    alpha: float | None,
    reuse_logged: bool,
    seed: int | None,
    as_json: bool,
) -> None:
    """Plan a trial: what it asks, the calls and dollars that a verdict should take, and what cannot be tried."""
    settings = settings_from(config)
    bakeoff = settings.bakeoff
    wish = Wish(
        id=_new_id(),
        seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        buckets=bucket,
        candidates=candidate,
        baseline=baseline,
        delta=bakeoff.delta if delta is None else delta,
        alpha=bakeoff.alpha if alpha is None else alpha,
        reuse_logged=reuse_logged,
        twice_share=bakeoff.twice_share,
    )
    plan = _planned(settings, config, wish, grader_texts)
    if as_json:
        click.echo(plan.encode())
    else:
        print_plan(Console(), plan)
    if not plan.rows:
        raise ConfigError("nothing can be tried: the reasons are above", code="nothing_to_try")
    store = trials_of(settings)
    store.plan(TrialHead(id=plan.id, created_ns=time.time_ns(), state="planned", plan=plan.encode()))
    if not as_json:
        Console().print(f"\nsuffice bakeoff run {plan.id} --max-usd ...", highlight=False)


def _planned(settings: Settings, config: Path | None, wish: Wish, grader_texts: tuple[str, ...]) -> Plan:
    store, traffic = trials_of(settings), traffic_of(settings)
    status = Console(stderr=True)
    with status.status("Reading the log") as shown:
        return make_plan(
            wish,
            Source(
                log=traffic,
                market=market_of(settings),
                grader_of=_grader_of(settings, grader_texts),
                advisory=partial(is_advisory, folder=folder_of(config)),
                earlier=partial(earlier_of, store),
                told=lambda name: shown.update(f"Looking at {name}"),
            ),
        )


def _grader_of(settings: Settings, texts: tuple[str, ...]) -> Callable[[str], GraderSettings | None]:
    said = dict(grader_setting(text) for text in texts)
    merged = {**settings.graders, **said}
    if "*" in said:
        # What is said for all on the command line counts before what the file says for one.
        merged = {"*": said["*"], **{name: one for name, one in said.items() if name != "*"}}
    return lambda bucket: graders.settings_for(bucket, merged)


def _new_id() -> str:
    """An id that a person can type: the day, and what tells it from the others of that day."""
    day = datetime.fromtimestamp(time.time_ns() // 1_000_000_000, UTC)
    return f"{day:%m%d}-{os.urandom(2).hex()}"

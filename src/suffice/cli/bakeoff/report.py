"""`suffice bakeoff report`: what a trial has found, with examples, as a page or as JSON."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from suffice.app import settings_from
from suffice.catalog import Catalog
from suffice.cli._options import config_option
from suffice.cli.bakeoff._parts import plan_of, traffic_of, trials_of
from suffice.errors import StoreError
from suffice.report.bakeoff import as_json
from suffice.report.bakeoff_reading import Stores, read_report
from suffice.store.ratings import RATINGS, RatingStore


@click.command(
    epilog="""\b
Examples:
  suffice bakeoff report --html bakeoff.html
  suffice bakeoff report 1126-3f9a --html bakeoff.html --examples 10
  suffice bakeoff report 1126-3f9a --json --examples 1000 > answers-to-rate.json
"""
)
@config_option
@click.argument("trial", required=False)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one HTML page.")
@click.option("--json", "json_", is_flag=True, help="Print JSON; also what is printed without --html.")
@click.option(
    "--examples",
    type=click.IntRange(0, 100_000),
    default=4,
    show_default=True,
    help="Pairs of answers for each use case and candidate, where they differ first.",
)
def command(config: Path | None, trial: str | None, html: Path | None, json_: bool, examples: int) -> None:
    """Report what a trial has found, the newest if none is named; also while it runs.

    By use case and candidate: differences with their bounds over the requests graded, the verdict in words, the noise
    floor, cost at stake, pairs of answers side by side, and what more samples would buy. The page and the JSON hold
    prompts and answers.
    """
    settings = settings_from(config)
    trials = trials_of(settings, read_only=True)
    plan = plan_of(trials, trial)
    now_ns = time.time_ns()
    stores = Stores(
        trials=trials,
        log=traffic_of(settings),
        ratings=RatingStore(settings.data.directory / RATINGS, read_only=True),
        name_of=Catalog.load(at_ns=now_ns).name_of,
    )
    report = read_report(plan, stores, now_ns=now_ns, examples=examples)
    if html is not None:
        # Here, because it brings matplotlib.
        from suffice.report.bakeoff_page import render  # noqa: PLC0415 -- see above

        _write(html, render(report))
        click.echo(f"The page is at {html}; it holds prompts and answers.", err=True)
    if json_ or html is None:
        click.echo(as_json(report))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What it holds is nobody else's business on this machine.
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}", code="not_written") from error

"""`suffice bakeoff rate`: stores what people say of answers."""

from __future__ import annotations

import time
from pathlib import Path

import click

from suffice.app import settings_from
from suffice.catalog import Catalog
from suffice.cli._options import config_option
from suffice.evidence.rating_files import read_ratings
from suffice.store.ratings import RATINGS, RatingStore

_SHOWN = 10


@click.command(
    epilog="""\b
Examples:
  suffice bakeoff report TRIAL --json > trial.json
  suffice bakeoff rate ratings.csv --rater ada

\b
A row is one of these; digest and against_digest may say which answers they were:
  id,model,score,rater                  0 is bad, 1 is good
  id,model,against,preference,rater     the name of the better one, or tie
"""
)
@config_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--rater", default="", help="Who rated, for rows that do not say.")
def command(config: Path | None, file: Path, rater: str) -> None:
    """Store ratings of answers by people, from CSV or JSON lines.

    The grader `human` goes by them, and a judge is compared and calibrated with them. A person's second rating of
    an answer replaces the first, so that a file can be read again.
    """
    settings = settings_from(config)
    now_ns = time.time_ns()
    catalog = Catalog.load(at_ns=now_ns)
    found = read_ratings(file, now_ns=now_ns, rater=rater, name_of=catalog.name_of)
    store = RatingStore(settings.data.directory / RATINGS)
    new = store.add(found.ratings)
    store.close()
    for line, reason in found.refused[:_SHOWN]:
        click.echo(f"{file.name}:{line}: {reason}", err=True)
    if len(found.refused) > _SHOWN:
        click.echo(f"... and {len(found.refused) - _SHOWN:,} rows more", err=True)
    left_out = f", {len(found.refused):,} rows left out" if found.refused else ""
    click.echo(f"{len(found.ratings):,} ratings, {new:,} of them new{left_out}")

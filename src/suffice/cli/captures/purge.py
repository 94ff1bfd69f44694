"""`suffice captures purge`: deletes captured calls."""

from __future__ import annotations

import time
from pathlib import Path

import click

from suffice.app import CAPTURES, capture_cipher_from, settings_from
from suffice.cli._options import config_option
from suffice.config import Settings
from suffice.errors import ConfigError, StoreError
from suffice.store.captures.files import day_of
from suffice.store.captures.keeping import Purged, purge, purge_calls

_DAY_NS = 86_400_000_000_000


@click.command(
    epilog="""\b
Examples:
  suffice captures purge --all
  suffice captures purge --older-than 7 --yes
  suffice captures purge --bucket contract-review --yes
  suffice captures purge --id 18ea5c1f3a2b0000c0ffee00c0ffee
"""
)
@config_option
@click.option("--all", "all_", is_flag=True, help="Delete every capture.")
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(0, 3660),
    metavar="DAYS",
    help="Delete what was captured more than this many whole days (UTC) before today.",
)
@click.option("--bucket", "buckets", multiple=True, help="Delete the calls of this bucket; may be repeated.")
@click.option(
    "--id",
    "ids",
    multiple=True,
    help="Delete the call with this decision id (x-suffice-decision); may be repeated.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(  # noqa: PLR0913 -- one parameter an option
    config: Path | None,
    *,
    all_: bool,
    days: int | None,
    buckets: tuple[str, ...],
    ids: tuple[str, ...],
    yes: bool,
) -> None:
    """Delete captured calls, also while the proxy runs.

    What was imported from captures into the store of logged calls is another copy, and stays.
    """
    if sum((all_, days is not None, bool(buckets or ids))) != 1:
        raise ConfigError("say what to delete: --all, or --older-than DAYS, or --bucket and --id")
    settings = settings_from(config)
    if not yes:
        click.confirm(
            f"Delete captures in {settings.data.directory / CAPTURES}? They cannot be had back", abort=True
        )
    try:
        done = _purge(settings, days, buckets, ids)
    except OSError as error:
        raise StoreError(f"captures could not be deleted: {error}", code="not_deleted") from error
    if done.calls is None:
        click.echo(f"{done.files} files are deleted")
    else:
        click.echo(f"{done.calls} calls are deleted, out of {done.files} files")


def _purge(settings: Settings, days: int | None, buckets: tuple[str, ...], ids: tuple[str, ...]) -> Purged:
    directory = settings.data.directory / CAPTURES
    if not buckets and not ids:
        before = None if days is None else day_of(max(0, time.time_ns() - days * _DAY_NS))
        return purge(directory, before=before)
    cipher = capture_cipher_from(settings)
    if cipher is None:
        raise ConfigError(
            'which call is in which bucket cannot be read without the key: add key = "env:NAME" to [captures], '
            "or delete whole days with --older-than"
        )
    return purge_calls(directory, cipher, buckets=buckets, ids=ids)

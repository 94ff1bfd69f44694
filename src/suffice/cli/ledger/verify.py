"""`suffice ledger verify`: recomputes every hash, every cost and the totals from the entries alone."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console

from suffice.app import LEDGER, settings_from
from suffice.cli._options import config_option
from suffice.errors import ConfigError, StoreError
from suffice.ledger.chain import Anchor, Audit
from suffice.ledger.chain import verify as walk
from suffice.money import usd
from suffice.store.sqlite import SqliteStore


@click.command(
    epilog="""\b
Examples:
  suffice ledger verify
  suffice ledger verify --expect 41803:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""
)
@config_option
@click.option(
    "--ledger", type=click.Path(path_type=Path, dir_okay=False), help="Check this ledger.db instead."
)
@click.option(
    "--expect",
    metavar="NUMBER:HASH",
    help="A head that an earlier run printed: shows that nothing was cut off.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def command(config: Path | None, ledger: Path | None, expect: str | None, json_: bool) -> None:
    """Recompute every hash, every cost and the totals of the ledger from its entries alone.

    Nothing is changed. Note the head that it prints: given to --expect later, it shows that no entry before it was
    changed or cut off. Exit code 1 if anything is wrong.
    """
    anchor = None if expect is None else Anchor.read(expect)
    if expect is not None and anchor is None:
        raise ConfigError(f"--expect {expect}: write a number, a colon and 64 hexadecimal digits")
    store = SqliteStore(ledger or settings_from(config).data.directory / LEDGER, read_only=True)
    audit = walk(store.links(), expect=anchor)
    for id_ in store.unchained():
        audit.complain(f"the entry {id_} is in the ledger and not in its chain")
    store.close()
    if json_:
        click.echo(msgspec.json.format(msgspec.json.encode(as_json(audit)), indent=2).decode())
    else:
        show(audit, Console(highlight=False, soft_wrap=True))
    if not audit.sound:
        raise StoreError(f"the ledger is not sound: {audit.problem_count:,} problems", code="unsound_ledger")


def as_json(audit: Audit) -> dict[str, object]:
    """Returns what was found as plain data."""
    return {
        "sound": audit.sound,
        "entries": audit.entries,
        "head": str(audit.head),
        "recomputed_costs": audit.recomputed,
        "unknown_costs": audit.unknown,
        "cost_nanos": {str(grade): nanos for grade, nanos in sorted(audit.nanos.items())},
        "problems": audit.problems,
        "problem_count": audit.problem_count,
    }


def show(audit: Audit, console: Console) -> None:
    """Prints what was found."""
    console.print(
        f"{audit.entries:,} entries, {audit.recomputed:,} costs multiplied again, {audit.unknown:,} unknown"
    )
    for grade, nanos in sorted(audit.nanos.items()):
        console.print(f"  {grade:<10} {usd(nanos, places=9)}")
    for problem in audit.problems:
        console.print(f"[red]![/] {problem}")
    if audit.problem_count > len(audit.problems):
        console.print(f"... and {audit.problem_count - len(audit.problems):,} more")
    if audit.sound:
        console.print("Every hash follows from the one before, and every cost from its usage and rates.")
    console.print(f"Head: {audit.head}\nNote it: `--expect` with it will show that nothing was cut off.")

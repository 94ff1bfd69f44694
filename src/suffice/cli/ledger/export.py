"""`suffice ledger export`: the ledger as lines of JSON, which docs/recompute.py checks without suffice."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
import zstandard
from rich.console import Console

from suffice.app import LEDGER, settings_from
from suffice.cli._options import config_option
from suffice.cli.report import Moment
from suffice.errors import StoreError
from suffice.ledger.chain import GENESIS, Link
from suffice.store.sqlite import SqliteStore

FORMAT = 1


@click.command(
    epilog="""\b
Examples:
  suffice ledger export --out ledger.jsonl
  suffice ledger export --since 2026-11-01 --until 2026-12-01 --out november.jsonl.zst
  suffice ledger export | python docs/recompute.py -
"""
)
@config_option
@click.option(
    "--ledger", type=click.Path(path_type=Path, dir_okay=False), help="Export this ledger.db instead."
)
@click.option(
    "--since", type=Moment(), help="Only the stretch of the chain that holds requests from this time on."
)
@click.option("--until", type=Moment(), help="Only the stretch that holds requests before this time.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here, compressed if it ends in .zst; else to standard output.",
)
def command(
    config: Path | None, ledger: Path | None, since: int | None, until: int | None, out: Path | None
) -> None:
    """Export entries with their hashes, so that anybody can recompute hashes, costs and totals.

    The chain has the order in which entries were kept: a stretch of time is exported as the whole stretch of the chain
    that holds it. No prompt text is in a ledger.
    """
    store = SqliteStore(ledger or settings_from(config).data.directory / LEDGER, read_only=True)
    bounds = store.stretch(since_ns=since, until_ns=until)
    if bounds is None:
        raise StoreError("there is no entry in that time", code="no_entries")
    first, last = bounds
    before = next(iter(store.links(after=first - 2)), None) if first > 1 else None
    with _open(out) as write:
        write(_line(_head(first, before)))
        for one in store.links(after=first - 1):
            if one.seq > last:
                break
            write(_line(_entry(one)))
    store.close()
    if out is not None:
        Console(stderr=True, highlight=False).print(
            f"{last - first + 1:,} entries, {first:,} to {last:,}: {out}"
        )


def _head(first: int, before: Link | None) -> dict[str, object]:
    return {
        "suffice_ledger": FORMAT,
        "first": first,
        "previous": (GENESIS if before is None else before.hash).hex(),
    }


def _entry(one: Link) -> dict[str, object]:
    # As text, not as JSON inside of JSON: the hash covers these very bytes.
    entry = None if one.entry is None else one.entry.decode("utf-8", "replace")
    return {"seq": one.seq, "hash": one.hash.hex(), "entry": entry}


def _line(value: dict[str, object]) -> bytes:
    return msgspec.json.encode(value) + b"\n"


@contextmanager
def _open(out: Path | None) -> Iterator[Callable[[bytes], object]]:
    if out is None:
        yield sys.stdout.buffer.write
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("wb") as file:
            if out.suffix == ".zst":
                packed = zstandard.ZstdCompressor().stream_writer(file)
                with packed:
                    yield packed.write
            else:
                yield file.write
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}", code="not_exported") from error

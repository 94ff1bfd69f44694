"""`suffice captures list`: how many calls were captured, by use-case bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from suffice.app import CAPTURES, capture_cipher_from, settings_from
from suffice.cli._options import config_option
from suffice.errors import ConfigError
from suffice.store.captures.files import files
from suffice.store.captures.record import CaptureHead, Unreadable, limits, read_heads
from suffice.store.cipher import AesGcm


class Row(msgspec.Struct, kw_only=True):
    """The captures of one bucket."""

    bucket: str
    calls: int = 0
    sampled: int = 0
    """How many of them belong to the sample; the others go when their file is thinned."""
    size_bytes: int = 0
    first_ns: int
    last_ns: int


class Listing(msgspec.Struct, kw_only=True):
    """All captures."""

    buckets: list[Row]
    files: int
    size_bytes: int
    unreadable: int


@click.command(
    epilog="""\b
Examples:
  suffice captures list
  suffice captures list --json | jq '.buckets[] | select(.calls < 20)'
"""
)
@config_option
@click.option("--json", "json_", is_flag=True, help="Print JSON: sizes in bytes, times as Unix nanoseconds.")
def command(config: Path | None, *, json_: bool) -> None:
    """Show how many calls are captured in each bucket, since when, and what they take.

    Reads no prompt and no answer, but needs the key of [captures] to read which bucket a call is in.
    """
    settings = settings_from(config)
    cipher = capture_cipher_from(settings)
    if cipher is None:
        raise ConfigError('captures cannot be read without their key: add key = "env:NAME" to [captures]')
    listing = listed(settings.data.directory / CAPTURES, cipher)
    if json_:
        click.echo(msgspec.json.encode(listing))
        return
    _print(listing, Console())


def listed(directory: Path, cipher: AesGcm) -> Listing:
    """Returns what a folder of captures holds.

    Raises:
        StoreError: A file cannot be read, or was sealed with another key.
    """
    rows: dict[str, Row] = {}
    seen = Listing(buckets=[], files=0, size_bytes=0, unreadable=0)
    days: dict[str, list[tuple[CaptureHead, int]]] = {}
    for day, path in files(directory):
        seen.files += 1
        seen.size_bytes += path.stat().st_size
        for record in read_heads(path, cipher):
            if isinstance(record, Unreadable):
                seen.unreadable += 1
            else:
                days.setdefault(day, []).append((record.head, record.size))
    for found in days.values():
        limit = limits(head for head, _ in found)
        for head, size in found:
            at_ns = head.received_ns
            row = rows.setdefault(head.bucket, Row(bucket=head.bucket, first_ns=at_ns, last_ns=at_ns))
            row.calls += 1
            row.sampled += head.priority <= limit.get(head.reservoir, -1)
            row.size_bytes += size
            row.first_ns, row.last_ns = min(row.first_ns, at_ns), max(row.last_ns, at_ns)
    seen.buckets = sorted(rows.values(), key=lambda row: (-row.calls, row.bucket))
    return seen


def _print(listing: Listing, console: Console) -> None:
    table = Table(box=None, header_style="bold")
    for name in ("Bucket", "Calls", "In the sample", "KiB", "First", "Last"):
        table.add_column(name, justify="left" if name in {"Bucket", "First", "Last"} else "right")
    for row in listing.buckets:
        table.add_row(*_cells(row))
    console.print(table)
    size = listing.size_bytes / 1024 / 1024
    console.print(f"{listing.files} files of {size:.1f} MiB together", highlight=False)
    if listing.unreadable:
        console.print(f"[yellow]{listing.unreadable} records cannot be read: they are damaged[/]")


def _cells(row: Row) -> Iterator[str]:
    yield row.bucket
    yield f"{row.calls:,}"
    yield f"{row.sampled:,}"
    yield f"{row.size_bytes / 1024:,.0f}"
    for at_ns in (row.first_ns, row.last_ns):
        yield datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M")

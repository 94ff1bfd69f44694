"""`suffice import`: reads logs of calls into the store that use cases are found in and trials draw from."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from suffice.app import price_book_from, settings_from, traffic_from
from suffice.catalog import Catalog
from suffice.cli._options import config_option
from suffice.errors import ConfigError
from suffice.evidence.completing import Completing
from suffice.evidence.importers import IMPORTERS
from suffice.evidence.importers._entries import Options
from suffice.evidence.importing import Import, Tally, totals
from suffice.evidence.records import files_in
from suffice.store.traffic import TrafficStore

_INTERRUPTED = 130
_SHOWN_EXCERPT = 120


@click.command(
    epilog="""\b
Examples:
  suffice import calls.jsonl.gz
  suffice import logs/ --format litellm --feature-field metadata.team
  suffice import batch_input.jsonl batch_output.jsonl
  suffice import --rejected
"""
)
@config_option
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(sorted(IMPORTERS)),
    help="What wrote the log. Without it each file's first records tell.",
)
@click.option(
    "--feature-field",
    metavar="PATH",
    help="The field that names the use case, such as metadata.team, or the key of a tag. Without it: `feature`.",
)
@click.option(
    "--rejected", is_flag=True, help="Show the lines that were kept aside, and why. Takes no paths."
)
@click.option("--json", "as_json", is_flag=True, help="Write the summary (or the lines) as JSON.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    paths: tuple[Path, ...],
    format_: str | None,
    feature_field: str | None,
    rejected: bool,
    as_json: bool,
) -> None:
    """Import logs of calls: files, or folders with all their files, plain or packed with gzip or zstd."""
    if rejected == bool(paths):
        raise ConfigError("name the logs to import, or --rejected alone to see what was kept aside")
    settings = settings_from(config)
    if rejected:
        _show_rejected(traffic_from(settings, read_only=True), as_json=as_json)
        return
    now_ns = time.time_ns()
    complete = Completing(Catalog.load(at_ns=now_ns), price_book_from(settings), now_ns=now_ns)
    options = Options(feature_field=tuple(feature_field.split(".")) if feature_field else ())
    store = traffic_from(settings)
    with _progress(list(paths)) as told:
        importing = Import(store, complete, options=options, format_=format_, told=told)
        try:
            tally = importing.run(paths)
        except KeyboardInterrupt:
            click.echo(
                f"Interrupted: {importing.tally.added:,} calls are kept. Run the same command to go on: "
                "no call is taken twice.",
                err=True,
            )
            sys.exit(_INTERRUPTED)
    if as_json:
        click.echo(msgspec.json.encode({**totals(tally), **msgspec.to_builtins(tally)}))
    else:
        _print(tally, store)
    store.close()


class _Bar:
    """One bar over the bytes of all files."""

    def __init__(self, progress: Progress, paths: list[Path]) -> None:
        self._sizes = {path: path.stat().st_size for path in files_in(paths)}
        self._progress = progress
        self._done = 0
        self._records = 0
        self._path = Path()
        self._of_file = 0
        self._task: TaskID = progress.add_task("Importing", total=sum(self._sizes.values()))

    def __call__(self, path: Path, bytes_read: int, records: int) -> None:
        if path != self._path:
            self._done += self._sizes.get(self._path, 0)
            self._records += self._of_file
            self._path = path
        self._of_file = records
        self._progress.update(
            self._task,
            completed=self._done + bytes_read,
            description=f"{path.name}, {self._records + records:,} records",
        )


@contextmanager
def _progress(paths: list[Path]) -> Iterator[_Bar]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress, paths)


def _print(tally: Tally, store: TrafficStore) -> None:
    console = Console(highlight=False)
    shown = Table(title="Imported", title_justify="left")
    for name in ("file", "format", "records", "calls", "parts", "skipped", "rejected"):
        shown.add_column(name, justify="left" if name in {"file", "format"} else "right", overflow="fold")
    for file in tally.files:
        counts = (file.records, file.calls, file.parts, sum(file.skipped.values()), file.rejected)
        shown.add_row(Path(file.file).name, file.format, *(f"{count:,}" for count in counts))
    console.print(shown)
    console.print(f"{tally.added:,} calls are new, {tally.repeated:,} were there before")
    calls = tally.added + tally.repeated
    notes = [
        (tally.joined, "calls were put together from parts in several lines or files"),
        (tally.tagged, f"of {calls:,} name their use case"),
        (tally.with_expected, "have an expected answer"),
        (tally.without_answer, "have no answer: a trial asks the baseline anew"),
        (tally.without_usage, "have no usage that can be read: their cost is unknown"),
        (tally.without_cost, "have no known cost"),
        (tally.without_time, "have no time: a price needs one"),
        *(
            (count, f"were skipped: {SKIPPED.get(reason, reason)}")
            for reason, count in sorted(tally.skipped.items())
        ),
        (tally.rejected, "could not be read and are kept aside: `suffice import --rejected` shows them"),
        (len(tally.unrecognised), f"files are in no format that is known: {', '.join(tally.unrecognised)}"),
    ]
    for count, what in notes:
        if count:
            console.print(f"  {count:,} {what}", markup=False)
    span = store.span()
    console.print(f"The store holds {span.calls:,} calls.")


SKIPPED = {
    "embedding": "embeddings, which are not routed",
    "failed_call": "failed calls, which cost nothing and are repeated by their clients",
    "no_content": "logged without their prompts",
    "cache_hit": "answered by the gateway's own cache, so no provider was asked",
    "not_a_call": "no call of a chat model",
    "legacy_completion": "the completions API of before chat, which no candidate speaks",
}
"""Why entries are left out, in words."""


def _show_rejected(store: TrafficStore, *, as_json: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    none = True
    for line in store.rejected():
        none = False
        excerpt = line.excerpt.decode("utf-8", "replace")
        if as_json:
            row = {
                "file": line.file,
                "line": line.line,
                "item": line.item,
                "reason": line.reason,
                "excerpt": excerpt,
            }
            click.echo(msgspec.json.encode(row))
        else:
            place = f"{line.file}:{line.line}" + (f" (entry {line.item + 1})" if line.item else "")
            console.print(f"{place}: {line.reason}", markup=False)
            console.print(f"    {excerpt[:_SHOWN_EXCERPT].rstrip()}", markup=False, style="dim")
    if none and not as_json:
        console.print("Nothing was kept aside.")

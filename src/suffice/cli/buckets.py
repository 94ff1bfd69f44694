"""`suffice buckets`: which use cases imported traffic has, how large they are, and what each costs."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from suffice.app import settings_from, traffic_from
from suffice.cli._options import config_option
from suffice.errors import PolicyError
from suffice.evidence.bucket_report import BucketReport, BucketRow
from suffice.evidence.buckets import MOST_TAGS, BucketOptions, build_buckets
from suffice.money import usd
from suffice.quality.scheme import DIRECTORY, BucketScheme
from suffice.report.figures import Figures, Line
from suffice.store.artifacts import Artifacts

NOTHING = "There is no traffic yet: `suffice import FILE` reads a log into it."
WHAT_TO_DO = (
    "They stay on the baseline until more traffic is imported: even a candidate without a flaw needs about 60 calls at "
    "a tolerance of 0.05. Where several of them are one use case, send the same x-suffice-feature tag with all of it."
)
_SHOWN_SMALL = 12


@click.command(
    epilog="""\b
Examples:
  suffice import logs/ && suffice buckets
  suffice buckets --min-size 300 --examples 5
  suffice buckets --json | jq '.rows[] | {name, calls, cost_nanos}'
"""
)
@config_option
@click.option(
    "--min-size",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Calls that a use case needs; smaller ones are marked.",
)
@click.option(
    "--examples",
    type=click.IntRange(0, 100),
    default=3,
    show_default=True,
    help="Example prompts of each use case. They are parts of real prompts.",
)
@click.option(
    "--fresh",
    is_flag=True,
    help="Divide untagged traffic anew; what is much the same keeps its name. Without it, use cases found before keep "
    "their calls too.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(config: Path | None, min_size: int, examples: int, fresh: bool, as_json: bool) -> None:
    """Find the use cases of imported traffic: by feature tag, else by prompt template, task and likeness."""
    settings = settings_from(config)
    schemes = Artifacts(settings.data.directory / DIRECTORY)
    options = BucketOptions(
        min_size=min_size,
        examples=examples,
        previous=_current(schemes, needed=not fresh),
        fresh=fresh,
        keep=lambda scheme: schemes.publish(scheme.fingerprint, scheme.encode()),
    )
    store = traffic_from(settings)
    try:
        with _Bars() as bars:
            report = build_buckets(store, options=options, progress=bars.tell)
    finally:
        store.close()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)))
    else:
        show(report, Console())


def show(report: BucketReport, console: Console) -> None:
    """Prints the use cases."""
    if not report.rows:
        console.print(NOTHING)
        return
    console.print(Figures(("use case", "calls", "share", "spend", "of spend"), list(map(_line, report.rows))))
    _show_examples(report, console)
    _show_notes(report, console)


def _line(row: BucketRow) -> Line:
    unpriced = (f"{row.unpriced:,} calls of unknown cost",) if row.unpriced else ()
    return Line(
        name=row.name,
        cells=(
            f"{row.calls:,}",
            f"{row.share:.1%}",
            "unknown" if row.cost_nanos is None else usd(row.cost_nanos),
            "-" if row.spend_share is None else f"{row.spend_share:.1%}",
        ),
        notes=(_model(row), *unpriced),
        style="dim" if row.too_small else "",
    )


def _show_examples(report: BucketReport, console: Console) -> None:
    for row in report.rows:
        if row.examples:
            console.print(Text(row.name, style="bold"))
            for example in row.examples:
                console.print(Text(f"  {example.text or '(no text)'}"), soft_wrap=True)


def _show_notes(report: BucketReport, console: Console) -> None:
    small = [row.name for row in report.rows if row.too_small]
    if small:
        shown = ", ".join(small[:_SHOWN_SMALL]) + (" ..." if len(small) > _SHOWN_SMALL else "")
        console.print(
            Text(f"\nToo small to prove anything in (fewer than {report.min_size:,} calls): {shown}")
        )
        console.print(Text(WHAT_TO_DO))
    if report.calls_left_out:
        console.print(
            Text(
                f"\n{report.calls_left_out:,} calls have tags beyond the first {MOST_TAGS:,} and are left out here: "
                "a tag names a use case, not a call."
            )
        )
    tagged = report.calls - report.untagged
    console.print(
        Text(
            f"\n{report.calls:,} calls, {tagged:,} with a tag. Untagged ones divided by scheme {report.scheme}."
        )
    )


def _model(row: BucketRow) -> str:
    if len(row.models) == 1:
        return row.model or "unknown"
    return f"{row.model or 'unknown'} ({row.models[row.model] / row.calls:.0%}, {len(row.models)} models)"


def _current(schemes: Artifacts, *, needed: bool) -> BucketScheme | None:
    try:
        fingerprint = schemes.current()
        return None if fingerprint is None else BucketScheme.decode(schemes.read(fingerprint))
    except PolicyError as error:
        if not needed:
            return None
        raise PolicyError(
            f"the use cases of the run before cannot be read: {error.message}. "
            "`suffice buckets --fresh` finds them anew",
            code=error.code,
        ) from error


class _Bars:
    """Progress on standard error, so that what is printed can be read on."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, what: str, done: int, total: int) -> None:
        """Shows how far a part of the work is."""
        if what not in self._bars:
            self._bars[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._bars[what], completed=done)

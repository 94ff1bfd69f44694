"""Shows the figures: in the terminal, and as the page docs/benchmarks.md. The page is pure text from its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table as RichTable

from figures import Readings, Table, tables, targets

_HEAD = """\
<!-- Made by bench/proxy.py: run it again, do not edit this page. -->

# Benchmarks

    {command}

One run on {date}, in which all contenders took turns: {rounds} rounds. A figure is the median of its rounds, with the
smallest and the largest. Ratios and differences are taken within a round, where what disturbs the machine disturbs
both sides. The provider is nginx with one answer (for streams a small server), on the same machine; requests are chat
completions of 1.5 KB; suffice runs with one worker, in observation mode, with its ledger. The programs under test are
pinned on one core, the provider and what loads them on another.

During the run, other programs used {others}. A machine that has other work makes every
figure larger, and waiting times most of all.
"""

_VERDICTS = {"met": "green", "missed": "bold red", "not measured": "yellow"}


def show(console: Console, readings: Readings) -> None:
    """Prints all tables."""
    for table in [*tables(readings), _targets(readings)]:
        printed = RichTable(title=table.title, caption=table.note or None, title_justify="left")
        for number, column in enumerate(table.columns):
            printed.add_column(column, justify="right" if number else "left")
        for row in table.rows:
            *others, last = row
            style = _VERDICTS.get(last)
            printed.add_row(*others, f"[{style}]{last}[/]" if style else last)
        console.print(printed)
    for name, why in readings.skipped.items():
        console.print(f"[yellow]{name} is not in the figures: {why}[/]")


def _targets(readings: Readings) -> Table:
    rows = [[target.what, target.bound, target.measured, target.verdict] for target in targets(readings)]
    return Table("Targets", ["", "target", "measured", "verdict"], rows)


def markdown(readings: Readings, *, run: Mapping[str, str], machine: Mapping[str, str]) -> str:
    """The page.

    Args:
        readings: The run's.
        run: Its `command`, `date` and `rounds`, and what `others` used of the machine meanwhile.
        machine: What it ran on.
    """
    parts = [_HEAD.format_map(run)]
    parts += [_section(table) for table in [_targets(readings), *tables(readings)]]
    if readings.skipped:
        parts.append("## Not measured\n\n" + _list(readings.skipped))
    parts.append("## Machine and programs\n\n" + _list(machine))
    return "\n".join(parts)


def _section(table: Table) -> str:
    ruler = "|---" + "|--:" * (len(table.columns) - 1) + "|"
    lines = [_row(table.columns), ruler, *map(_row, table.rows)]
    note = f"\n{table.note}\n" if table.note else ""
    return f"## {table.title}\n\n" + "\n".join(lines) + "\n" + note


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list(values: Mapping[str, str]) -> str:
    return "".join(f"- {name}: {value}\n" for name, value in values.items())

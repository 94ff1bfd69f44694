"""Names with figures beside them, for a terminal of any width: no name and no figure is ever cut or taken apart.

A name that is too long for what the figures leave stands on a line of its own above them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text

from suffice.report.summary import shown

_GAP = 2
_INDENT = 2
_LEAST = 12
"""Columns that names get beside the figures; with less, every name stands above its figures."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One name, its figures, and what is to be said of it. Plain text: markup in it is shown as it is."""

    name: str
    cells: tuple[str | Text, ...] = ()
    """One a column; none: a heading."""
    notes: tuple[str, ...] = ()
    """Each below it, over the whole width."""
    style: str = ""
    depth: int = 0
    """How far it is indented: what belongs to a heading by 1."""


class Figures:
    """A table for a terminal.

    Args:
        columns: Their heads; the first is that of the names.
        lines: In their order.
        title: Above it; empty for none.
        caption: Below it; empty for none.
        words: Columns of words, which begin at the left; all others hold figures, which end at the right.
    """

    def __init__(
        self,
        columns: Sequence[str],
        lines: Sequence[Line],
        *,
        title: str = "",
        caption: str = "",
        words: Sequence[str] = (),
    ) -> None:
        self._head, *self._columns = columns
        self._lines = lines
        self._title = title
        self._caption = caption
        self._words = words

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yields its lines as a console of this width prints them."""
        widths = [
            max(cell_len(head), *(_len(line.cells[at]) for line in self._lines if line.cells), 0)
            for at, head in enumerate(self._columns)
        ]
        room = options.max_width - sum(_GAP + width for width in widths)
        longest = max((_name_len(line) for line in self._lines if line.cells), default=0)
        first = min(max(longest, cell_len(self._head)), room) if room >= _LEAST else 0
        if self._title:
            yield Text(self._title, style="bold")
        yield from self._line(Line(name=self._head, cells=tuple(self._columns)), first, widths, "bold dim")
        for line in self._lines:
            yield from self._line(line, first, widths, line.style)
            for note in line.notes:
                yield Padding(
                    Text(shown(note), style="dim"), (0, 0, 0, _INDENT * (line.depth + 1)), expand=False
                )
        if self._caption:
            yield Text(self._caption, style="dim")
        yield Text()

    def _line(self, line: Line, first: int, widths: Sequence[int], style: str) -> RenderResult:
        indent = _INDENT * line.depth
        name = Text(shown(line.name), style=style, overflow="fold")
        if not line.cells:
            name.stylize("bold")
            yield Padding(name, (0, 0, 0, indent), expand=False)
            return
        beside = Text(overflow="fold")
        if _name_len(line) > first:
            if line.name:
                yield Padding(name, (0, 0, 0, indent), expand=False)
            beside.append(" " * first)
        else:
            beside.append(" " * indent).append_text(name).append(" " * (first - _name_len(line)))
        for head, cell, width in zip(self._columns, line.cells, widths, strict=True):
            beside.append(" " * (_GAP if beside.cell_len else _INDENT))
            beside.append_text(self._aligned(head, cell, width, style))
        beside.rstrip()
        yield beside

    def _aligned(self, head: str, cell: str | Text, width: int, style: str) -> Text:
        text = cell.copy() if isinstance(cell, Text) else Text(shown(cell), style=style)
        space = width - text.cell_len
        if head in self._words:
            text.pad_right(space)
        else:
            text.pad_left(space)
        return text


def more(all_: int, most: int) -> str:
    """Returns a caption that says how many are left out; empty if none is.

    >>> more(20, 15), more(15, 15)
    ('and 5 more: --json has all', '')
    """
    return f"and {all_ - most:,} more: --json has all" if all_ > most else ""


def _len(cell: str | Text) -> int:
    return cell.cell_len if isinstance(cell, Text) else cell_len(shown(cell))


def _name_len(line: Line) -> int:
    return _INDENT * line.depth + cell_len(shown(line.name))

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from rich.console import Console
from rich.text import Text

from suffice.report.figures import Figures, Line

TRIAGE, HAIKU = "customer-support-ticket-triage", "claude-haiku-4-5-20251001"
LINES = (
    Line(name=TRIAGE),
    Line(name=HAIKU, cells=("fine", "1,209", "$1,234.56"), notes=("until 2026-12-24",), depth=1),
    Line(name="gpt-5.4-mini", cells=(Text("watch", style="yellow"), "39", "-"), depth=1),
    Line(name="all", cells=("", "1,248", "$1,234.56"), style="bold"),
)


def printed(width: int, lines: Sequence[Line] = LINES, **given: str) -> list[str]:
    out = io.StringIO()
    columns = ("use case, candidate", "state", "pairs", "a month")
    Console(file=out, width=width).print(Figures(columns, lines, words=("state",), **given))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_figures_stand_beside_names_where_there_is_room() -> None:
    assert printed(80, title="Health", caption="and 3 more") == [
        "Health",
        "use case, candidate          state  pairs    a month",
        "customer-support-ticket-triage",
        "  claude-haiku-4-5-20251001  fine   1,209  $1,234.56",
        "    until 2026-12-24",
        "  gpt-5.4-mini               watch     39          -",
        "all                                 1,248  $1,234.56",
        "and 3 more",
        "",
    ]


def test_a_name_that_is_too_long_stands_above_its_figures() -> None:
    assert printed(45)[1:6] == [
        "customer-support-ticket-triage",
        "  claude-haiku-4-5-20251001",
        "                      fine   1,209  $1,234.56",
        "    until 2026-12-24",
        "  gpt-5.4-mini        watch     39          -",
    ]


def test_where_names_have_no_room_at_all_each_stands_above() -> None:
    assert printed(30) == [
        "use case, candidate",
        "  state  pairs    a month",
        "customer-support-ticket-triage",
        "  claude-haiku-4-5-20251001",
        "  fine   1,209  $1,234.56",
        "    until 2026-12-24",
        "  gpt-5.4-mini",
        "  watch     39          -",
        "all",
        "         1,248  $1,234.56",
        "",
    ]


@pytest.mark.parametrize("width", [24, 30, 33, 40, 45, 60, 80, 200])
def test_nothing_is_cut_at_any_width(width: int) -> None:
    lines = printed(width)
    assert max(map(len, lines)) <= width
    text = " ".join("\n".join(lines).split())
    for figure in ("1,209", "$1,234.56", "until 2026-12-24"):
        assert figure in text
    assert "\u2026" not in text
    if width >= len(TRIAGE):
        assert TRIAGE in text
        assert HAIKU in text


def test_what_comes_from_elsewhere_is_text() -> None:
    hostile = Line(name="[red]x[/red]\x1b[2J", cells=("[b]1", "2", "3"), notes=("[i]\x1b[31m",))
    text = "\n".join(printed(80, [hostile]))
    assert "[red]x[/red]" in text
    assert "[b]1" in text
    assert "[i]" in text
    assert "\x1b" not in text


def test_wide_characters_count_as_what_they_take() -> None:
    head, wide, plain = printed(
        60, [Line(name="請求書", cells=("a", "1", "2")), Line(name="x", cells=("a", "1", "2"))]
    )[:3]
    assert len(wide) + 3 == len(plain) == len(head)


def test_a_table_without_lines_has_its_heads() -> None:
    assert printed(80, []) == ["use case, candidate  state  pairs  a month", ""]

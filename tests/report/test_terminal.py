from __future__ import annotations

import io

import pytest
from narrow import USE_CASE, expect_whole
from reports import report
from rich.console import Console

from suffice.report.summary import Report
from suffice.report.terminal import MOST_ROWS, next_step, print_report


def printed(given: Report, width: int = 80) -> str:
    out = io.StringIO()
    print_report(given, Console(file=out, width=width, force_terminal=False))
    return out.getvalue()


def test_it_says_day_spend_savings_assumptions_and_what_is_unknown() -> None:
    text = printed(report(observed_days=7))
    for words in (
        "Observation day 1 of 14",
        "Cost unknown for 2 requests: no_price 2",
        "Projected savings (modelled)",
        "$15.00 of $40.00 (37.5%)",
        "not a statistical interval",
        "the fee is $0.00",
        "no known kind of task was recognised",
        "Next:",
    ):
        assert words in " ".join(text.replace("│", " ").split()), words


def test_every_assumption_is_printed_whole() -> None:
    given = report()
    text = " ".join(printed(given, 200).replace("│", " ").split())
    assert any("[policy]" in assumption for assumption in given.assumptions)
    assert all(assumption in text for assumption in given.assumptions)


@pytest.mark.parametrize("width", [72, 80, 120])
def test_no_figure_is_cut_where_the_terminal_is_narrow(width: int) -> None:
    text = printed(report(), width)
    assert max(map(len, text.splitlines())) <= width
    assert "$20.00" in text
    assert "$5.0000" in text


def test_markup_in_a_clients_tag_is_text() -> None:
    line = report().projection.by_feature[0]
    line.name = "[red]x[/red]\x1b[2J"
    text = printed(report(projection=_with(line)))
    assert "[red]x" in text
    assert "\x1b" not in text


def _with(line: object) -> object:
    projection = report().projection
    projection.by_feature = [line]  # type: ignore[list-item] -- a line
    return projection


def test_an_empty_ledger_is_explained() -> None:
    assert "nothing has been through the proxy yet" in printed(report(entries=0))


def test_a_time_without_requests_is_not_taken_for_an_empty_ledger() -> None:
    text = printed(report(entries=0, part=True))
    assert "No request is in that time" in text
    assert "empty" not in text


def test_the_next_step_depends_on_the_day() -> None:
    assert "until day 14" in next_step(report())
    assert "complete" in next_step(report(now=14))


def test_large_figures_and_long_names_are_whole_on_eighty_columns() -> None:
    line = report().projection.by_feature[0]
    line.name, line.requests, line.input_tokens, line.cache_read_tokens = (
        USE_CASE,
        125_409,
        1_834_703_701,
        37_037_034,
    )
    line.output_tokens, line.cost_nanos, line.unknown_costs = 129_629_629, 13_703_680_000_000, 12
    given = report(projection=_with(line))
    figures = (
        "125,409",
        "1,834,703,701",
        "37,037,034",
        "129,629,629",
        "$13,703.68",
        "and 12 of unknown cost",
    )
    expect_whole(lambda console: print_report(given, console), USE_CASE, *figures)


def test_what_is_left_out_is_counted() -> None:
    line = report().projection.by_feature[0]
    projection = report().projection
    projection.by_feature = [line] * (MOST_ROWS + 3)
    assert "and 3 more: --json has all" in printed(report(projection=projection))

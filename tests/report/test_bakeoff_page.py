from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from bakeoff_reports import HOSTILE, bakeoff_report, equivalent, example, result

from suffice.report.bakeoff import Row
from suffice.report.bakeoff_page import MOST_CHARS, render, shown_text


class Tags(HTMLParser):
    """Checks that what is opened is closed, and collects tags and attributes."""

    VOID = frozenset({"meta", "br", "path", "use", "rect", "line", "polyline", "image"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def parsed(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    return tags


def test_every_row_has_verdict_plot_and_answers_to_the_questions() -> None:
    page = render(bakeoff_report())
    tags = parsed(page)
    assert sum(tag == "section" for tag, _ in tags.found) == 4
    assert sum(tag == "svg" for tag, _ in tags.found) == 5
    for text in (
        "1 of 4",
        "1 worse, 2 not decided",
        "? INCONCLUSIVE",
        "✓ EQUIVALENT",
        "✗ WORSE",
        "Is the flagship demonstrably better here?",
        "Yes: by 0.200 at the least.",
        "2 requests have no verdict (2 not rated)",
        "The baseline costs $20.00 a month here; the candidate would save $15.00 of it (75.0%), modelled.",
        "What more samples would buy",
        "up to 13.9% open",
        "3 pairs in both orders, the same verdict in 67%; it preferred whatever came first in 1",
        "People rated 2 of them and agree in 100% (Cohen's kappa 1.00)",
        "few: 7 requests: a round is 20",
        "cut off",
    ):
        assert text in page, text


def test_names_prompts_and_answers_are_escaped() -> None:
    hostile = result(bucket=HOSTILE, candidate='" onload="alert(1)', grader=HOSTILE, dropped=HOSTILE)
    page = render(
        bakeoff_report(
            rows=(Row(result=hostile, examples=(example(reason=HOSTILE, unit=HOSTILE),)),), said=HOSTILE
        )
    )
    tags = parsed(page)
    assert "script" not in {tag for tag, _ in tags.found}
    assert not any(name.startswith("on") for _, attributes in tags.found for name in attributes)


def test_nothing_is_fetched() -> None:
    page = render(bakeoff_report())
    links = [
        value
        for _, attributes in parsed(page).found
        for name, value in attributes.items()
        if name in {"src", "href", "xlink:href"} and value is not None
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)|@import", page)


@pytest.mark.parametrize(
    "fields",
    [
        {"mean": None, "n": 0, "asked": 0, "history": (), "lower": -1.0, "upper": 1.0},
        {
            "baseline_cost_nanos": None,
            "monthly_saving_nanos": None,
            "calls_per_month": None,
            "output_ratio": None,
        },
        {"history": ((20, -0.1, -0.5, 0.2),)},
        {"bucket": "", "candidate": "x" * 300},
    ],
)
def test_what_is_not_known_is_said_not_left_out(fields: dict[str, object]) -> None:
    page = render(bakeoff_report(rows=(Row(result=result(**fields)),)))
    parsed(page)
    assert "None" not in page
    assert "nan" not in page.replace("finance", "")


def test_before_anything_is_graded_it_says_what_to_do() -> None:
    page = render(bakeoff_report(rows=()))
    parsed(page)
    assert "suffice bakeoff run t1" in page


def test_an_advisory_row_says_so() -> None:
    page = render(bakeoff_report(rows=(Row(result=equivalent(advisory=True)),)))
    assert "no certificate can rest on this" in page


def test_of_a_long_answer_the_beginning_and_the_end_are_shown() -> None:
    shown = shown_text("first " + "x" * 5000 + " last")
    assert shown.startswith("first ")
    assert shown.endswith(" last")
    assert "[… 3,511 characters …]" in shown
    assert shown_text("x" * MOST_CHARS) == "x" * MOST_CHARS
    assert shown_text("a\r\nb\tc\u202ed\ud800") == "a\nb\tc\ufffdd\ufffd"

from __future__ import annotations

from html.parser import HTMLParser

from reports import report

from suffice.report.page import render


class Page(HTMLParser):
    """What stands in a page: tags, and attributes that would fetch something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "action"} and value and not value.startswith("#"):
                self.fetched.append(value)


def test_a_hostile_feature_tag_is_text() -> None:
    page = render(report())
    assert "script" not in Page(page).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_fetches_nothing() -> None:
    page = render(report())
    assert Page(page).fetched == []
    assert "@import" not in page
    assert "url(http" not in page


def test_figures_grades_and_assumptions_are_there() -> None:
    page = render(report(observed_days=7))
    for words in (
        "Projected savings, modelled",
        "$15.00",
        "band $14.00 to $16.00",
        "not a statistical interval",
    ):
        assert words in page


def test_the_same_report_is_the_same_page() -> None:
    assert render(report()) == render(report())


def test_an_empty_ledger_is_a_page_too() -> None:
    assert "nothing has been through the proxy yet" in render(report(entries=0))
    assert "No request is in that time" in render(report(entries=0, part=True))

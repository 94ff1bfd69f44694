"""The report's page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from reports import report

from conftest import require
from suffice.report.page import render

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    require(present=found is not None, missing="no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    path = tmp_path / "report.html"
    path.write_text(render(report(observed_days=7)))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.said = []  # type: ignore[attr-defined] -- for the tests below
    page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined] -- the same
    page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined] -- the same
    page.on("dialog", lambda dialog: page.said.append(dialog.message))  # type: ignore[attr-defined] -- the same
    page.on(
        "request", lambda asked: page.said.append(asked.url) if not asked.url.startswith("file:") else None
    )  # type: ignore[attr-defined] -- the same
    page.goto(path.as_uri())
    yield page
    page.close()


@pytest.mark.browser
def test_it_opens_quietly_and_asks_for_nothing(page: Page) -> None:
    assert page.said == []  # type: ignore[attr-defined] -- set above
    assert page.title() == "suffice: projection, day 1 of 14"
    assert page.locator("h1").inner_text() == "What routing would have saved"
    assert page.locator("table").count() == 5
    assert page.locator("svg[role=img]").count() == 4


@pytest.mark.browser
def test_a_script_in_a_feature_tag_is_shown_and_not_run(page: Page) -> None:
    assert page.locator("th", has_text="<script>alert(1)</script>").first.is_visible()
    assert page.locator("script").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_width_scrolls_the_page_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_text_can_be_read_on_dark_paper(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert ink != paper
    assert page.locator("h1").is_visible()

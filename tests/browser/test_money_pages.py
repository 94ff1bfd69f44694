"""The page of savings and the invoice in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoices import invoice, savings_report
from playwright.sync_api import Browser, sync_playwright

from conftest import require
from suffice.report import invoice_page, savings_page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    require(present=found is not None, missing="no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {"savings": savings_page.render(savings_report()), "invoice": invoice_page.render(invoice())}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "heading", "tables"), [("savings", "What routing saved", 6), ("invoice", "Invoice", 2)]
)
def test_it_opens_quietly_asks_for_nothing_and_fits(
    browser: Browser, pages: dict[str, str], tmp_path: Path, name: str, heading: str, tables: int
) -> None:
    path = tmp_path / f"{name}.html"
    path.write_text(pages[name])
    said: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith("file:") else None)
    page.goto(path.as_uri())
    assert page.locator("h1").inner_text() == heading
    assert page.locator("table").count() == tables
    assert page.locator("th", has_text="<script>alert(1)</script>").first.is_visible()
    assert page.locator("script").count() == 0
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()

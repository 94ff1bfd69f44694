"""The reconciliation's page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from months import NOW_NS, PERIOD, ledger, month, reconciled, written
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import require
from suffice.report.reconciliation import Report
from suffice.report.reconciliation_page import render
from suffice.testing.provider_exports import litellm_csv

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
HOSTILE = "<img src=x onerror=alert(1)><iframe srcdoc=x>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    require(present=found is not None, missing="no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    made = month(calls=400, unseen=0.05, flex=0.05, uncached=0.05)
    table = litellm_csv(made.billed, PERIOD) + f"2026-11-01,m{HOSTILE},1,50000,5,0,1.0\n".encode()
    report = Report(
        result=reconciled(ledger(folder, made.entries), written(folder, spend_csv=table)), now_ns=NOW_NS
    )
    page = folder / "reconciliation.html"
    page.write_text(render(report), "utf-8")
    return page


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, path: Path, said: list[str]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith("file:") else None)
    page.goto(path.as_uri())
    yield page
    page.close()


@pytest.mark.browser
def test_it_opens_quietly_and_names_from_an_export_are_text(page: Page, said: list[str]) -> None:
    assert said == []
    assert page.locator("img, iframe").count() == 0
    assert page.locator("th", has_text="<img src=x").count() >= 1
    assert page.locator("tr.unexplained").count() == 1


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_width_scrolls_the_page_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('.figure')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(wide) == 0

"""The bake-off's page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bakeoff_reports import HOSTILE, bakeoff_report
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import require
from suffice.report.bakeoff_page import render

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
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "bakeoff.html"
    path.write_text(render(bakeoff_report()))
    return path


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
def test_it_opens_quietly_and_asks_for_nothing(page: Page, said: list[str]) -> None:
    assert said == []
    assert page.title() == "suffice: bake-off t1"
    assert page.locator("section.row").count() == 4
    assert page.locator("svg[role=img]").count() == 5


@pytest.mark.browser
def test_answers_stand_side_by_side_as_text(page: Page, said: list[str]) -> None:
    page.locator("details").first.evaluate("one => one.open = true")
    candidate = page.locator("pre", has_text=HOSTILE).last
    baseline = page.locator("pre", has_text="indeed").first
    assert page.locator("script").count() == 0
    assert said == []
    left, right = baseline.bounding_box(), candidate.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_width_scrolls_the_page_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_table_leads_to_its_rows(page: Page) -> None:
    page.locator("td ~ td, th[scope=row] a").first.wait_for()
    link = page.locator("th[scope=row] a").last
    target = str(link.get_attribute("href"))
    link.click()
    assert page.evaluate("location.hash") == target
    assert page.locator(target).is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_verdicts_can_be_read_on_light_and_dark_paper(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for verdict in ("EQUIVALENT", "WORSE", "INCONCLUSIVE"):
        contrast = page.evaluate(
            """verdict => {
              const parts = text => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
              const light = text => parts(text).map(part => part / 255).map(
                part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
              ).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
              const ink = light(getComputedStyle(document.querySelector('p.' + verdict)).color);
              const paper = light(getComputedStyle(document.body).backgroundColor);
              return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
            }""",
            verdict,
        )
        assert contrast >= 4.5, verdict

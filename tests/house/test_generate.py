from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from suffice.config.schema import PROVIDER, SCALARS, SECTIONS, fields_of

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "generate.py"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name in [name for name in os.environ if name.startswith("SUFFICE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "")
    return runpy.run_path(str(SCRIPT))


def test_every_setting_is_documented_with_its_meaning(script: dict[str, Any]) -> None:
    page = script["configuration"]()
    fields = [*SCALARS, *PROVIDER, *(key for kind in SECTIONS.values() for key in fields_of(kind))]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    documented = {row[0].strip("| `"): row[-1] for row in rows}
    assert set(fields) <= set(documented)
    assert all(len(documented[field]) > 20 for field in fields)


def test_every_command_is_documented(script: dict[str, Any]) -> None:
    page = script["cli"]()
    for name in ("check-config", "init", "serve"):
        assert f"\n## suffice {name}\n" in page
        assert f"Usage: suffice {name} " in page


def test_pages_do_not_depend_on_where_they_are_made(tmp_path: Path) -> None:
    code = (
        f"import runpy; s = runpy.run_path({str(SCRIPT)!r}); print(*(page() for page in s['PAGES'].values()))"
    )
    pages = set()
    for seed, extra in enumerate(
        ({"COLUMNS": "40", "TERM": "dumb"}, {"SUFFICE_SERVER_PORT": "1", "COLUMNS": "200"})
    ):
        environ = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": str(seed), "HOME": str(tmp_path), **extra}
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        pages.add(ran.stdout)
    assert len(pages) == 1
    assert str(tmp_path) not in pages.pop()


def test_a_stale_page_is_shown_as_a_short_diff(script: dict[str, Any], tmp_path: Path) -> None:
    for name, page in script["PAGES"].items():
        (tmp_path / name).write_text(script["made"](page))
    assert list(script["stale"](tmp_path)) == []
    path = tmp_path / "configuration.md"
    path.write_text(path.read_text().replace("8080", "8081"))
    differences = list(script["stale"](tmp_path))
    assert len(differences) == 1
    assert "\n-| `port`" in differences[0]
    path.unlink()
    assert "lines more" in next(iter(script["stale"](tmp_path)))


def test_a_table_keeps_its_columns(script: dict[str, Any]) -> None:
    assert script["table"](["a", "b"], [["1|2", "3"]]) == "| a | b |\n|---|---|\n| 1\\|2 | 3 |\n"

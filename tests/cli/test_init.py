from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from suffice.cli import main
from suffice.cli.init import starter
from suffice.config import Settings, load
from suffice.config.schema import SECTIONS, fields_of

SETTING = re.compile(r"^#(?=[a-z_]+ = |\[)", re.MULTILINE)


def test_the_starter_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    assert CliRunner().invoke(main, ["init", str(path)]).exit_code == 0
    settings = load(path, {})
    assert settings.data.directory == tmp_path / "suffice-data"
    assert (settings.mode, settings.server, settings.providers) == (
        Settings().mode, Settings().server, Settings().providers,
    )  # fmt: skip


def test_every_line_can_be_used_and_shows_the_default(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text(SETTING.sub("", starter()))
    environ = {
        "SUFFICE_ACCESS_TOKEN": "t", "GROQ_API_KEY": "k", "KEY_OF_CAPTURES": "0f" * 32, "SUFFICE_WEBHOOK_SECRET": "w",
        "OPENROUTER_API_KEY": "o",
    }  # fmt: skip
    vendors = {name: {"base_url": f"https://{name}.example"} for name in ("groq", "openrouter")}
    settings = load(path, environ, vendors)
    default = Settings()
    assert settings.server.access_token is not None
    assert (settings.limits, settings.route) == (default.limits, default.route)
    assert settings.guard.webhook_secret is not None
    assert msgspec.structs.replace(settings.guard, webhook=None, webhook_secret=None) == default.guard
    assert settings.captures.key is not None
    assert msgspec.structs.replace(settings.captures, key=None) == default.captures
    assert settings.policy.allow, "nobody is allowed by a list that shows how one is written"
    assert msgspec.structs.replace(settings.policy, allow=None) == default.policy
    assert settings.features["contract-review"].stakes_usd == 500
    assert (settings.observation, settings.server.host) == (default.observation, default.server.host)
    assert settings.server.max_header_kib == default.server.max_header_kib
    assert {**settings.providers, **default.providers} == settings.providers
    assert {"groq", "my-server", "openrouter"} < set(settings.providers)
    assert settings.elsewhere["openai/gpt-5.4"].provider == "openrouter"


def test_every_setting_is_in_it() -> None:
    text = starter()
    for section, kind in SECTIONS.items():
        table = text.partition(f"\n[{section}]\n")[2].partition("\n[")[0]
        for key in fields_of(kind):
            assert f"\n#{key} = " in f"\n{table}", f"[{section}] {key}"


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text("mine")
    result = CliRunner().invoke(main, ["init", str(path)])
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert path.read_text() == "mine"
    assert CliRunner().invoke(main, ["init", "--force", str(path)]).exit_code == 0
    assert path.read_text() == starter()


@pytest.mark.parametrize("name", ["", "none/suffice.toml"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(main, ["init", str(tmp_path / name)])
    assert result.exit_code == 2
    assert "Error: " in result.stderr

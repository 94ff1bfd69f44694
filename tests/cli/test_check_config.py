from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from suffice.cli import main
from suffice.cli.check_config import effective
from suffice.config import Settings, load


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, ["check-config", *arguments], env=environ)


def test_without_a_file_the_defaults_are_shown(folder: Path) -> None:
    result = check()
    assert result.exit_code == 0
    shown = tomllib.loads(result.stdout)
    assert shown["mode"] == "observe"
    assert shown["server"]["port"] == 8080
    assert shown["data"]["directory"] == str(folder / "suffice-data")
    assert shown["providers"]["openai"]["key"] == "client"


def test_the_file_of_this_folder_is_taken_and_overrides_count(folder: Path) -> None:
    (folder / "suffice.toml").write_text("[server]\nport = 1\nworkers = 3\n[providers.groq]\n")
    result = check(SUFFICE_SERVER_PORT="9000")
    shown = tomllib.loads(result.stdout)
    assert (shown["server"]["port"], shown["server"]["workers"]) == (9000, 3)
    assert shown["providers"]["groq"]["base_url"] == "https://api.groq.com/openai/v1"


def test_the_file_may_be_named_by_a_variable(folder: Path) -> None:
    (folder / "other.toml").write_text('mode = "off"\n')
    assert tomllib.loads(check(SUFFICE_CONFIG="other.toml").stdout)["mode"] == "off"


def test_problems_exit_with_2_one_a_line(folder: Path) -> None:
    (folder / "bad.toml").write_text("mode = 1\n[server]\nprot = 1\n")
    result = check("--config", "bad.toml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: bad.toml:1: ")
    assert "\nbad.toml:3: " in result.stderr


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    result = check("--config", "none.toml")
    assert result.exit_code == 2
    assert "none.toml: No such file" in result.stderr


def test_keys_are_not_shown(folder: Path) -> None:
    (folder / "suffice.toml").write_text('[providers.openai]\nkey = "env:KEY"\n')
    result = check(KEY="sk-hidden")
    assert result.exit_code == 0
    assert "hidden" not in result.output
    assert tomllib.loads(result.stdout)["providers"]["openai"]["key"] == "env:..."


def test_what_is_shown_is_a_file_that_means_the_same(folder: Path) -> None:
    path = folder / "suffice.toml"
    path.write_text("\n".join(effective(Settings())))
    settings = load(path, {})
    assert (settings.server, settings.limits, settings.providers) == (
        Settings().server, Settings().limits, Settings().providers,
    )  # fmt: skip


def test_features_and_lists_are_shown_as_they_would_be_written(folder: Path) -> None:
    text = '[policy]\ndeny = ["gpt-5.4-nano"]\n[features."a \\"b\\" c"]\nstakes_usd = 2.5\nallow = []\n'
    (folder / "suffice.toml").write_text(text)
    shown = check().stdout
    (folder / "again.toml").write_text(shown)
    again, first = load(folder / "again.toml", {}), load(folder / "suffice.toml", {})
    assert (again.policy, again.features) == (first.policy, first.features)
    assert again.features['a "b" c'].allow == ()


def test_every_table_that_was_given_is_shown(folder: Path) -> None:
    (folder / "suffice.toml").write_text(
        '[features.a]\nbar = 0.9\n[graders.a]\nkind = "numeric"\n[providers.openrouter]\nkey = "env:KEY"\n'
        '[elsewhere."openai/gpt-5.4"]\nprovider = "openrouter"\nmodel = "openai/gpt-5.4"\n'
    )
    shown = tomllib.loads(check(KEY="sk-1").stdout)
    named = {name for name, value in msgspec.structs.asdict(Settings()).items() if isinstance(value, dict)}
    assert named == {"features", "graders", "providers", "elsewhere"} <= set(shown)
    assert shown["elsewhere"] == {"openai/gpt-5.4": {"provider": "openrouter", "model": "openai/gpt-5.4"}}


def test_a_mistyped_model_is_told(folder: Path) -> None:
    (folder / "suffice.toml").write_text('[policy]\nallow = ["gpt-5.4-mni"]\n')
    result = check()
    assert result.exit_code == 2
    assert 'suffice.toml:2: allow names "gpt-5.4-mni"' in result.stderr


def test_of_a_grader_only_what_was_given_is_shown(folder: Path) -> None:
    (folder / "suffice.toml").write_text('[graders."a b"]\nkind = "numeric"\nfield = "answer"\n')
    shown = tomllib.loads(check().stdout)
    assert shown["graders"] == {"a b": {"kind": "numeric", "field": "answer"}}


def test_a_grader_that_cannot_be_made_stops_with_its_line(folder: Path) -> None:
    (folder / "suffice.toml").write_text('[graders."*"]\nkind = "regex"\n')
    result = check()
    assert result.exit_code == 2
    assert 'suffice.toml:2: [graders.*] kind = "regex" needs pattern' in result.stderr

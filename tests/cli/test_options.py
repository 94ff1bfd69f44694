from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from suffice.cli._options import config_option


@click.command
@config_option
def shown(config: Path | None) -> None:
    click.echo(repr(config and str(config)))


def test_the_option_then_the_variable_then_the_folder_then_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(shown).output == "None\n"
    (tmp_path / "suffice.toml").touch()
    assert run.invoke(shown).output == "'suffice.toml'\n"
    assert run.invoke(shown, env={"SUFFICE_CONFIG": "a.toml"}).output == "'a.toml'\n"
    assert run.invoke(shown, ["--config", "b.toml"], env={"SUFFICE_CONFIG": "a.toml"}).output == "'b.toml'\n"

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from suffice import __version__
from suffice.cli import Commands, main
from suffice.errors import ConfigError, StoreError, SufficeError

NAMES = main.list_commands(click.Context(main))


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    short = command.get_short_help_str(limit=200)
    assert short.endswith((".", ")")), f"{name}: a first line that is a sentence"
    result = CliRunner().invoke(main, [name, "--help"], prog_name="suffice")
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Usage: suffice {name}")
    assert f"  suffice {name}" in result.output.partition("Example")[2], (
        f"{name}: an example that can be copied"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_explained(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_refused_without_a_stack_trace(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--no-such-option"])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_commands_are_files() -> None:
    assert {"check-config", "init", "serve"} <= set(NAMES)
    assert not [name for name in NAMES if name.startswith(("_", "-")) or name.endswith(("_", "-"))]


def test_a_command_may_be_called_as_a_keyword_is() -> None:
    assert "import" in NAMES
    assert CliRunner().invoke(main, ["import", "--help"]).exit_code == 0


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert all(f"\n  {name} " in result.output for name in NAMES)


def test_a_mistyped_command_gets_a_suggestion() -> None:
    result = CliRunner().invoke(main, ["chek-config"])
    assert result.exit_code == 2
    assert "Did you mean 'check-config'?" in result.output
    assert "There are: " in CliRunner().invoke(main, ["zzzz"]).output


class _Failing(Commands):
    """A group with one command that raises what it was given."""

    error: Exception = RuntimeError()

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["fail"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        def fail() -> None:
            raise self.error

        return click.Command("fail", callback=fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigError("a.toml:1: x"), 2), (StoreError("x"), 1), (SufficeError("x", code="y"), 1)],
)
def test_an_error_of_ours_is_a_message_and_an_exit_code(error: SufficeError, code: int) -> None:
    group = _Failing(name="suffice")
    group.error = error
    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == code
    assert result.stderr == f"Error: {error.message}\n"
    assert result.stdout == ""


def test_a_fault_of_ours_is_not_hidden() -> None:
    group = _Failing(name="suffice")
    group.error = ZeroDivisionError()
    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, ZeroDivisionError)


def test_python_m_suffice_is_the_same_program(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "suffice", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert ran.stdout == f"suffice {__version__}\n"


def test_asking_for_one_command_does_not_import_the_others(tmp_path: Path) -> None:
    code = "import sys; from suffice.cli import main; main(['init', 'x.toml'], standalone_mode=False);"
    code += "print([m for m in ('suffice.app', 'uvicorn', 'polars', 'matplotlib') if m in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ran.stdout.splitlines()[-1] == "[]"

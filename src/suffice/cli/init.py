"""`suffice init`: a commented suffice.toml to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from suffice.cli._options import DEFAULT_FILE
from suffice.errors import ConfigError


@click.command(
    epilog="""\b
Examples:
  suffice init
  suffice init /etc/suffice/suffice.toml
"""
)
@click.argument("path", type=click.Path(path_type=Path), default=DEFAULT_FILE)
@click.option("--force", is_flag=True, help="Replace a file that is already there.")
def command(path: Path, *, force: bool) -> None:
    """Write a commented starter file to PATH (suffice.toml).

    It changes nothing by itself: every setting in it is commented out and shows its default, or an example where
    there is none.
    """
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(starter())
    except FileExistsError:
        raise ConfigError(f"{path} is already there: name another file, or replace it with --force") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"{path} is written; all of it is optional. Next: suffice serve --config {path}")


def starter() -> str:
    """Returns the text of the starter file."""
    return files("suffice.cli").joinpath("starter.toml").read_text("utf-8")

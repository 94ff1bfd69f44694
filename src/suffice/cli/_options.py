"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_FILE = Path("suffice.toml")


def _file_here() -> Path | None:
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SUFFICE_CONFIG",
    show_envvar=True,
    default=_file_here,
    help="The TOML file. Without it: suffice.toml in this folder if there is one, else the defaults.",
)
"""`--config`, which hands its command a `Path` or `None`."""

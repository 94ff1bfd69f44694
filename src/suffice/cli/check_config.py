"""`suffice check-config`: is the configuration right, and what does it come to?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from suffice.app import settings_from
from suffice.cli._options import config_option
from suffice.config import GraderSettings, Secret, Settings
from suffice.config.schema import takes_client_key


@click.command(
    epilog="""\b
Examples:
  suffice check-config
  suffice check-config --config /etc/suffice/suffice.toml
  SUFFICE_SERVER_PORT=9000 suffice check-config
"""
)
@config_option
def command(config: Path | None) -> None:
    """Check the configuration, and print what it comes to with all defaults and overrides.

    Exits with 2 and one line per problem if suffice could not start with it. Keys and tokens are
    never printed.
    """
    settings = settings_from(config)
    click.echo(f"# {config or 'No file: the defaults'}, with the overrides of the environment. All is well.")
    for line in effective(settings):
        click.echo(line)


def effective(settings: Settings) -> Iterator[str]:
    """Yields the settings as the lines of a TOML file, without secrets."""
    tables: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(settings).items():
        if isinstance(value, msgspec.Struct):
            tables[name] = value
        elif not isinstance(value, dict):
            yield f"{name} = {_written(value)}"
    tables |= {f"features.{json.dumps(name)}": feature for name, feature in settings.features.items()}
    tables |= {f"graders.{json.dumps(name)}": grader for name, grader in settings.graders.items()}
    tables |= {f"providers.{name}": provider for name, provider in settings.providers.items()}
    tables |= {f"elsewhere.{json.dumps(name)}": other for name, other in settings.elsewhere.items()}
    for name, table in tables.items():
        yield f"\n[{name}]"
        yield from _keys(table)


def _keys(table: msgspec.Struct) -> Iterator[str]:
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if value is None and takes_client_key(field):
            value = "client"
        if isinstance(table, GraderSettings) and value == field.default:
            continue  # most keys are another kind's
        if value is not None and field.encode_name != "name":
            yield f"{field.encode_name} = {_written(value)}"


def _written(value: object) -> str:
    if isinstance(value, Secret):
        return '"env:..."  # set'
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(value, ensure_ascii=False)

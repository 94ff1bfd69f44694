"""A folder with a configuration whose policies commands look at, change and test."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certified import fresh, issued, policy
from click.testing import CliRunner, Result

from suffice.cli import main
from suffice.policy.published import Issued, Published
from suffice.store.policies import DIRECTORY, Policies


class Desk:
    """Runs commands in a folder of its own, and writes the drafts that they take."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "suffice.toml"
        self.config.write_text('[data]\ndirectory = "data"\n', "utf-8")
        self.policies = Policies(self.data / DIRECTORY)

    def run(self, *arguments: object) -> Result:
        """Runs `suffice` with this configuration."""
        command = [str(argument) for argument in arguments]
        depth = 2 if command[0] == "policy" else 1
        with_config = [*command[:depth], "--config", str(self.config), *command[depth:]]
        return CliRunner().invoke(main, with_config, env={"COLUMNS": "160"})

    def told(self, *arguments: object, code: int = 0) -> Any:
        """The JSON that a command prints."""
        ended = self.run(*arguments, "--json")
        assert ended.exit_code == code, ended.output
        return json.loads(ended.stdout)

    def fresh(self, **fields: object) -> Issued:
        """A certificate that was issued a minute ago."""
        return fresh(datetime.now(UTC), **fields)  # noqa: TID251 -- commands read the real clock

    def write(self, published: Published, name: str = "policy.json") -> Path:
        """A draft as a file."""
        path = self.folder / name
        path.write_bytes(published.encode())
        return path

    def publish(self, published: Published, *options: str) -> str:
        """Puts a policy to use; returns its fingerprint."""
        ended = self.run("policy", "publish", self.write(published), *options)
        assert ended.exit_code == 0, ended.output
        return published.fingerprint


__all__ = ["Desk", "issued", "policy"]

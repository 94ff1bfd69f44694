"""A configuration for the sums' providers, and `suffice bakeoff` on it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result
from sums import write_sums

from suffice.cli import main

GRADER = '[graders."*"]\nkind = "numeric"\n'


def configured(folder: Path, url: str, *, grader: str = GRADER, bakeoff: str = "delta = 0.1") -> Path:
    """Writes suffice.toml into the folder of the sums; its data lies there too."""
    path = folder / "suffice.toml"
    path.write_text(
        f'[data]\ndirectory = "."\n[bakeoff]\n{bakeoff}\n[providers.openai]\nbase_url = "{url}/v1"\n'
        f'[providers.other]\nbase_url = "{url}/v1"\nwire = "openai"\nprices = "anthropic"\n{grader}'
    )
    return path


def sums_at(folder: Path, url: str = "http://127.0.0.1:9", *, count: int = 100) -> Path:
    """Writes sums and their configuration, and returns the configuration."""
    return configured(write_sums(folder, {"sums": count}), url)


def bakeoff(config: Path, *arguments: object, width: int = 200) -> Result:
    """Runs a command of a bake-off in this process."""
    name, *rest = map(str, arguments)
    return CliRunner().invoke(
        main, ["bakeoff", name, "--config", str(config), *rest], env={"COLUMNS": str(width)}
    )


def trial_of(result: Result) -> str:
    """The id of the trial that a plan's output names."""
    return result.stdout.split("suffice bakeoff run ")[1].split()[0]

"""The command line: one file per command; a file is imported when its command is asked for."""

from __future__ import annotations

import difflib
import importlib
import keyword
import pkgutil
from typing import Any

import click

from suffice import __version__
from suffice.errors import ConfigError, SufficeError


class CommandFailed(click.ClickException):
    """An error of ours as the command line tells it: its message alone, and exit code 1."""


class UsageFailed(CommandFailed):
    """A `ConfigError`: exit code 2, as a mistake in the options has."""

    exit_code = 2


class Commands(click.Group):
    """The commands of a package: `replay_upstream.py` is `replay-upstream`, `import_.py` is `import`, `_x.py` none.

    A command with commands of its own is a package in turn, whose `command` is made of this class.

    Args:
        package: The package's `__name__`.
        options: As `click.Group` takes them.
    """

    def __init__(self, *, package: str = __name__, **options: Any) -> None:
        super().__init__(**options)
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Returns the name of every command, sorted."""
        modules = (
            module.name for module in pkgutil.iter_modules(importlib.import_module(self._package).__path__)
        )
        return sorted(_name_of(module) for module in modules if not module.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns one command, or `None` if there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = cmd_name.replace("-", "_") + ("_" if keyword.iskeyword(cmd_name) else "")
        command = importlib.import_module(f"{self._package}.{module}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"the module of {cmd_name} has no click command called `command`")
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command of the arguments; a mistyped one gets a suggestion."""
        names = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in names:
            near = difflib.get_close_matches(args[0], names, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}."
            ctx.fail(f"No such command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs a command. An error of ours becomes a message, never a stack trace."""
        try:
            return super().invoke(ctx)
        except SufficeError as error:
            failed = UsageFailed if isinstance(error, ConfigError) else CommandFailed
            raise failed(error.message) from error


def _name_of(module: str) -> str:
    # A file cannot be called as a keyword is: nothing could import it by name.
    return module.removesuffix("_").replace("_", "-")


@click.group(
    cls=Commands,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
    epilog="""\b
Example:
  suffice serve
  OPENAI_BASE_URL=http://127.0.0.1:8080/v1 python your_program.py
  suffice report
""",
)
@click.version_option(__version__, message="suffice %(version)s")
def main() -> None:
    """A proxy that watches LLM traffic and tells what cheaper models would have saved."""

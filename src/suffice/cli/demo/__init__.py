"""`suffice demo`: the whole job at once, with replayed answers instead of providers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from suffice.cli._children import SufficeChild
from suffice.cli.demo._flip import flip
from suffice.cli.demo._graders import as_toml
from suffice.cli.demo._material import Material, generated, recorded
from suffice.cli.demo._prove import prove
from suffice.cli.demo._savings import EXPORT, INVOICE, SAVINGS, savings
from suffice.cli.demo._stage import DATA, TRAFFIC, Stage, check_port, config_of, prepare
from suffice.cli.demo._stay import stay
from suffice.cli.demo._watch import REPORT, watch
from suffice.testing.replay_upstream import ReplayUpstream

_MADE = (*REPORT, SAVINGS, *INVOICE, EXPORT)
_CONFIG = """\
# Written by `suffice demo`: the providers are a replay of answers on this machine.
mode = "observe"

[data]
directory = "{data}"

[providers.openai]
base_url = "{upstream}/v1"

[providers.anthropic]
base_url = "{upstream}"

# What an answer is held against in a trial; use cases of free texts have no grader here.
{graders}"""


@click.command(
    short_help="Run the whole job on replayed traffic: no key, no network.",
    epilog="""\b
Examples:
  suffice demo
  suffice demo --port 8090 --data recorded --once

Exit code 0: all went well. 1: something failed, and its log is shown.
""",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Of the proxy.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with a recorded week and its answers, instead of generated traffic.",
)
@click.option("--once", is_flag=True, help="End after the last step, instead of leaving the proxy up.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-out"),
    show_default=True,
    help="The folder for all that it writes; a demo's old data is replaced.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of the generated traffic and of the trial."
)
def command(port: int, data: Path | None, once: bool, out: Path, seed: int) -> None:
    """Run the whole job: watch a week of traffic, prove where a cheaper model is as good, route, count the savings.

    The providers are a replay of answers on this machine, so it needs no key and no network. Each step is done by
    the command that it shows. At the end the proxy stays up until Ctrl-C, for clients of your own.
    """
    console = Console(highlight=False)
    check_port(port)
    prepare(out, _MADE)
    material = recorded(data) if data else generated(out / TRAFFIC, seed)
    with _terminable(), ReplayUpstream.start_process(material.answers) as upstream:
        config = config_of(out)
        config.write_text(
            _CONFIG.format(data=DATA, upstream=upstream.url, graders=as_toml(material.graders)), "utf-8"
        )
        serve = ["serve", "--config", str(config), "--port", str(port), "--workers", "1"]
        with SufficeChild(serve, out / "serve.log") as proxy:
            stage = Stage(out, port, proxy, console)
            _introduce(stage, material, upstream.url)
            stage.wait_started()
            routed = _play(stage, material, seed)
            stage.print_summary()
            if not once:
                stay(stage, material, routed=routed)


def _introduce(stage: Stage, material: Material, upstream: str) -> None:
    stage.say(material.told)
    stage.say(
        f"Replayed by a provider at {upstream}; the proxy is at {stage.url} (log: {stage.out}/serve.log). "
        f"The commands below are what you would type after `export SUFFICE_CONFIG={stage.config}`; of some only "
        "the gist is shown."
    )


def _play(stage: Stage, material: Material, seed: int) -> bool:
    """Plays all steps that the material allows; tells whether routing was switched on."""
    watch(stage, material)
    if material.why_not is not None:
        stage.say(f"\nThis recording ends here: {material.why_not}.")
        return False
    if not prove(stage, material, seed):
        stage.say("\nNothing is certified, so nothing may be routed, and there is nothing to save.")
        return False
    flip(stage, material)
    savings(stage)
    return True


@contextmanager
def _terminable() -> Iterator[None]:
    """Turns SIGTERM and SIGHUP into an ordinary way out, on which children are ended."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

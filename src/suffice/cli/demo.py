"""`suffice demo`: the whole job at once, with recorded answers instead of providers."""

from __future__ import annotations

import shutil
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from suffice.app import LEDGER
from suffice.cli._children import ChildError, SufficeChild, run_suffice
from suffice.cli.replay import play, show
from suffice.errors import ConfigError
from suffice.store.sqlite import SqliteStore
from suffice.testing.recorded_week import WeekRequest, read_week, week_file
from suffice.testing.replay_player import DoneIds, Pace, Plan, Player
from suffice.testing.replay_upstream import ReplayUpstream
from suffice.testing.traffic import write_week

_HOST = "127.0.0.1"
_MARK = ".suffice-demo"
"""The file by which a folder is known as a demo's own, so that its data may be replaced."""
_DATA = "data"
_START_S = 30.0
_SETTLE_S = 60.0
_POLL_S = 0.1
_CONFIG = """\
# Written by `suffice demo`: the providers are a replay of recorded answers.
mode = "observe"

[data]
directory = "{data}"

[providers.openai]
base_url = "{upstream}/v1"

[providers.anthropic]
base_url = "{upstream}"
"""


@click.command(
    short_help="Run the whole job on recorded traffic: no key, no network.",
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
@click.option("--once", is_flag=True, help="End after the report, instead of leaving the proxy up.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-out"),
    show_default=True,
    help="The folder for traffic, ledger, configuration, logs and report; a demo's old data is replaced.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the generated traffic.")
def command(port: int, data: Path | None, once: bool, out: Path, seed: int) -> None:
    """Run the whole job on recorded traffic: providers, proxy, a week of requests, and the report.

    The providers are a replay of recorded answers on this machine, so it needs no key and no network. At its
    end the proxy stays up until Ctrl-C, for clients of your own.
    """
    console = Console(soft_wrap=True, highlight=False, markup=False)
    _check_port(port)
    _prepare(out)
    answers = data or _generate(out / "traffic", seed, console)
    week = sorted(read_week(week_file(answers)), key=lambda request: request.timestamp)
    with _terminable(), ReplayUpstream.start_process(answers) as upstream:
        config = out / "suffice.toml"
        config.write_text(_CONFIG.format(data=_DATA, upstream=upstream.url), encoding="utf-8")
        console.print(f"providers  recorded answers, replayed at {upstream.url}")
        arguments = ["serve", "--config", str(config), "--port", str(port), "--workers", "1"]
        with SufficeChild(arguments, out / "serve.log") as proxy:
            url = f"http://{_HOST}:{port}"
            proxy.wait_healthy(f"{url}/healthz", _START_S)
            console.print(f"proxy      observes at {url}, log in {out}/serve.log")
            _replay(url, week, proxy)
            _wait_settled(out / _DATA / LEDGER, len(week), proxy)
            _report(config, out, console)
            if not once:
                _stay(url, proxy, console)


def _check_port(port: int) -> None:
    """Makes sure that the proxy will be able to listen.

    Raises:
        ConfigError: Something else listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} is taken ({error.strerror}): try `suffice demo --port {port + 1}` or "
                f"`make demo PORT={port + 1}`, or end what listens there",
                code="port_taken",
            ) from error


def _prepare(out: Path) -> None:
    """Makes the folder, without the ledger of an earlier demo.

    Raises:
        ConfigError: The folder has data that no demo wrote.
    """
    known = (out / _MARK).exists()
    if not known and out.exists() and any(out.iterdir()):
        raise ConfigError(
            f"{out} is not empty and no demo made it: choose another folder with --out", code="not_a_demo"
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / _MARK).touch()
    for old in (out / _DATA, out / "traffic"):
        shutil.rmtree(old, ignore_errors=True)


def _generate(folder: Path, seed: int, console: Console) -> Path:
    count = write_week(folder, seed=seed)
    console.print(f"traffic    {count:,} requests of one week, written to {folder}")
    return folder


def _replay(url: str, week: Sequence[WeekRequest], proxy: SufficeChild) -> None:
    """Plays the week; a failure ends the demo.

    Raises:
        ChildError: Not every answer was good.
        KeyboardInterrupt: Ctrl-C stopped it.
    """
    player = Player(url, "replay", Plan(), Pace())
    with DoneIds(None) as done:
        played = play(player, week, done)
    show(played.summary(), played.tally.examples, Console())
    if played.stopped:
        raise KeyboardInterrupt
    if played.tally.failed:
        failed = f"{played.tally.failed:,} of {len(week):,} requests failed"
        raise ChildError(f"{failed}. The proxy's log says:\n{proxy.tail()}")


def _wait_settled(ledger: Path, count: int, proxy: SufficeChild) -> None:
    """Waits until the recorder has moved every request into the ledger.

    Raises:
        ChildError: It had not in time.
    """
    deadline = time.monotonic() + _SETTLE_S
    while (settled := _settled(ledger)) < count:
        if not proxy.running or time.monotonic() > deadline:
            raise ChildError(
                f"{settled:,} of {count:,} requests are in the ledger. The proxy's log says:\n{proxy.tail()}"
            )
        time.sleep(_POLL_S)


def _settled(ledger: Path) -> int:
    if not ledger.exists():
        return 0
    store = SqliteStore(ledger, read_only=True)
    try:
        return sum(1 for _ in store.entries())
    finally:
        store.close()


def _report(config: Path, out: Path, console: Console) -> None:
    """Shows the report and writes it as a page and as JSON."""
    arguments = ["report", "--config", str(config), "--observed-days", "7"]
    (out / "report.json").write_text(run_suffice([*arguments, "--json"]), encoding="utf-8")
    console.print()
    run_suffice([*arguments, "--html", str(out / "report.html")], on_terminal=True)
    console.print()
    console.print(f"report     {out}/report.html, {out}/report.json")
    console.print(f"ledger     {out / _DATA / LEDGER}")


def _stay(url: str, proxy: SufficeChild, console: Console) -> None:
    """Leaves the proxy up until Ctrl-C.

    Raises:
        ChildError: The proxy ended by itself.
    """
    console.print(
        f"\nThe proxy stays up. Point a client at it, any key will do:\n"
        f"  OPENAI_BASE_URL={url}/v1\n  ANTHROPIC_BASE_URL={url}\n"
        "Only recorded prompts get an answer here; with a suffice.toml of your own, the providers answer.\n"
        "Ctrl-C ends everything."
    )
    try:
        while proxy.running:
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        console.print("\nended")
        return
    raise ChildError(f"the proxy ended by itself. Its log says:\n{proxy.tail()}")


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

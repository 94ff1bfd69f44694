"""`suffice replay`: recorded traffic through a running proxy, faster than life."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec
import uvloop
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from suffice.errors import ConfigError
from suffice.testing.recorded_week import WeekRequest, read_week
from suffice.testing.replay_player import DoneIds, Pace, Plan, Player, Result, Tally

_CONNECT_S = 5.0


class _Speed(click.ParamType[float | None]):
    """`max`, or a number above 0."""

    name = "max|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if value is None or value == "max":
            return None
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if speed > 0:
            return speed
        return self.fail(f"{value!r} is neither 'max' nor a number above 0", param, ctx)


@click.command(
    short_help="Play recorded traffic through a running proxy.",
    epilog="""\b
Examples:
  suffice replay recorded/week.jsonl.zst --to http://127.0.0.1:8080
  suffice replay recorded --to http://127.0.0.1:8080 --speed 10000 --api chat --stream-share 0

Exit code 0: every answer was good. 1: some were not. 130: stopped with Ctrl-C.
""",
)
@click.argument("week", type=click.Path(path_type=Path, exists=True))
@click.option("--to", required=True, metavar="URL", help="The server, without /v1.")
@click.option(
    "--speed", type=_Speed(), default="max", help="Recorded seconds per second, or as fast as it goes."
)
@click.option(
    "--concurrency", type=click.IntRange(1), default=16, show_default=True, help="Requests at a time."
)
@click.option(
    "--stream-share",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Share that is streamed.",
)
@click.option(
    "--api",
    type=click.Choice(["chat", "responses", "messages", "mixed"]),
    default="mixed",
    show_default=True,
    help="The API that requests use; mixed: Messages for Claude, chat and Responses for the rest.",
)
@click.option("--limit", type=click.IntRange(1), help="Play the first N requests only.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file of ids that are done: they are skipped, and new ones added.",
)
@click.option(
    "--key", envvar="SUFFICE_REPLAY_KEY", show_envvar=True, default="replay", help="Provider key to send."
)
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output.")
def command(week: Path, to: str, state: Path | None, **given: Any) -> None:
    """Play recorded traffic through a running proxy, in order and faster than life, and check every answer.

    WEEK is a week.jsonl or week.jsonl.zst, or the folder that holds one.
    """
    requests = sorted(read_week(week), key=lambda request: request.timestamp)[: given["limit"]]
    player = Player(
        _server(to),
        given["key"],
        Plan(api=given["api"], stream_share=given["stream_share"]),
        Pace(speed=given["speed"], concurrency=given["concurrency"]),
    )
    with DoneIds(state) as done:
        waiting = [request for request in requests if request.id not in done]
        played = play(player, waiting, done)
    summary = played.summary(skipped=len(requests) - len(waiting))
    if as_json := given["as_json"]:
        click.echo(json.dumps(summary))
    show(summary, played.tally.examples, Console(stderr=as_json))
    raise SystemExit(130 if played.stopped else int(played.tally.failed > 0))


def _server(to: str) -> str:
    """Returns the server's URL without a path.

    Raises:
        ConfigError: It is no URL, or nothing listens there.
    """
    parts = urlsplit(to)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"--to {to!r} is no URL: write, for example, http://127.0.0.1:8080", code="bad_url")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), _CONNECT_S).close()
    except OSError as error:
        raise ConfigError(
            f"nothing answers at {parts.hostname}:{port} ({error.strerror or error}): "
            f"start the proxy first with `suffice serve --port {port}`",
            code="nothing_there",
        ) from error
    return to.rstrip("/").removesuffix("/v1")


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A replay that is over."""

    tally: Tally
    elapsed_s: float
    total: int
    """Requests that were to be sent."""
    stopped: bool
    """Whether Ctrl-C ended it early."""

    def summary(self, *, skipped: int = 0) -> dict[str, Any]:
        """Returns the figures; `skipped` requests were done by an earlier run."""
        left = self.total - self.tally.ok - self.tally.failed
        return self.tally.summary(elapsed_s=self.elapsed_s, skipped=skipped, left=left)


def play(player: Player, week: Sequence[WeekRequest], done: DoneIds) -> Played:
    """Plays a week with a progress bar on standard error; returns when it is over, or stopped by Ctrl-C."""
    return uvloop.run(_play(player, week, done))


async def _play(player: Player, week: Sequence[WeekRequest], done: DoneIds) -> Played:
    tally, interrupts = Tally(), _Interrupts(player)
    begun = time.perf_counter()
    with _progress() as progress, interrupts:
        bar = progress.add_task("replay", total=len(week), said="")

        def on_result(result: Result) -> None:
            tally.add(result)
            if result.failure is None:
                done.add(result.id)
            rate = (tally.ok + tally.failed) / (time.perf_counter() - begun)
            errors = f", [red]{tally.failed:,} failed[/red]" if tally.failed else ""
            progress.update(bar, advance=1, said=f"{rate:,.0f}/s{errors}")

        with suppress(asyncio.CancelledError):
            await player.play(week, on_result)
    elapsed_s = time.perf_counter() - begun
    return Played(tally=tally, elapsed_s=elapsed_s, total=len(week), stopped=interrupts.count > 0)


class _Interrupts:
    """Takes Ctrl-C: the first lets the answers on their way arrive, the second does not wait for them."""

    def __init__(self, player: Player) -> None:
        self.count = 0
        self._player = player
        self._playing = asyncio.current_task()

    def __enter__(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt)

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    def _interrupt(self) -> None:
        self.count += 1
        self._player.stop()
        if self.count > 1 and self._playing is not None:
            self._playing.cancel()


def _progress() -> Progress:
    return Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def show(summary: dict[str, Any], examples: Mapping[str, str], console: Console) -> None:
    """Prints the figures of a replay, and of each failure what the first one said."""
    latency = summary["latency_ms"]
    facts = {
        "sent": f"{summary['sent']:,} in {summary['elapsed_s']:,.1f} s",
        "answered well": f"{summary['ok']:,}",
        "by API": ", ".join(f"{api} {count:,}" for api, count in summary["by_api"].items()),
    }
    if summary["sent"]:
        facts["latency"] = f"p50 {latency['p50']} ms, p95 {latency['p95']} ms, p99 {latency['p99']} ms"
    if summary["skipped"]:
        facts["done before"] = f"{summary['skipped']:,}"
    if summary["left"]:
        facts["not sent"] = f"{summary['left']:,}"
    table = Table.grid(padding=(0, 2))
    for name, fact in facts.items():
        table.add_row(name, fact)
    for failure, count in summary["failures"].items():
        table.add_row(f"[red]{failure}[/red]", f"{count:,}  {escape(examples[failure])}")
    console.print(table, highlight=False)

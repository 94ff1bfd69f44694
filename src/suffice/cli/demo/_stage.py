"""Where the demo plays: its folder, its proxy, and how it tells what it does."""

from __future__ import annotations

import shlex
import shutil
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suffice.app import LEDGER
from suffice.cli._children import ChildError, Shown, SufficeChild, fetched, run_suffice
from suffice.cli.replay import play, show
from suffice.errors import ConfigError, StoreError
from suffice.ledger.entry import Entry
from suffice.store.sqlite import SqliteStore
from suffice.testing.recorded_week import read_week
from suffice.testing.replay_player import DoneIds, Pace, Plan, Player

HOST = "127.0.0.1"
DATA = "data"
TRAFFIC = "traffic"
STEPS = 4
NS = 1_000_000_000
_MARK = ".suffice-demo"
"""The file by which a folder is known as a demo's own, so that its data may be replaced."""
_START_S = 30.0
_SETTLE_S = 60.0
_POLL_S = 0.1


class Stage:
    """One run of the demo.

    Args:
        out: The folder for everything that it writes.
        port: Of the proxy.
        proxy: Its process.
        console: Where it tells.
    """

    def __init__(self, out: Path, port: int, proxy: SufficeChild, console: Console) -> None:
        self.out = out
        self.url = f"http://{HOST}:{port}"
        self.config = config_of(out)
        self.console = console
        self.began_s = time.time_ns() // NS
        self.sent = 0
        """Requests so far."""
        self._proxy = proxy
        self._summary: list[tuple[str, str]] = []

    @property
    def data(self) -> Path:
        """The data directory of the proxy."""
        return self.out / DATA

    def tell(self, number: int, title: str, sentence: str) -> None:
        """Begins a step."""
        self.console.print()
        self.console.rule(f"[bold]{number} of {STEPS}: {title}", align="left", characters="-")
        self.say(sentence)

    def say(self, text: str) -> None:
        """Prints a sentence or two."""
        self.console.print(text, highlight=False, markup=False)

    def sum_up(self, what: str, text: str) -> None:
        """Keeps a line for the end."""
        self._summary.append((what, text))

    def print_summary(self) -> None:
        """Prints what all steps have brought."""
        self.console.print()
        self.console.rule("[bold]in short", align="left", characters="-")
        table = Table.grid(padding=(0, 2, 0, 0))
        for what, text in self._summary:
            table.add_row(f"[bold]{what}[/bold]", escape(text))
        self.console.print(table, highlight=False)

    def run(self, *arguments: str, shown: Shown = "all", json: bool = False) -> Any:
        """Shows a command as one types it, and runs it; returns what it said.

        Args:
            arguments: The command and its arguments.
            shown: What of its own output is shown.
            json: Take its output as JSON, which then is returned decoded; its progress is shown.

        Raises:
            ChildError: It failed.
        """
        self.typed("suffice", *arguments)
        if json:
            return msgspec.json.decode(self._run(*arguments, "--json", shown="progress"))
        return self._run(*arguments, shown=shown)

    def quietly(self, *arguments: str) -> str:
        """Runs a command without a word; returns what it said.

        Raises:
            ChildError: It failed.
        """
        return self._run(*arguments, shown="nothing")

    def _run(self, *arguments: str, shown: Shown) -> str:
        return run_suffice(arguments, shown=shown, variables={"SUFFICE_CONFIG": str(self.config)})

    def typed(self, *words: str) -> None:
        """Shows a command as one types it."""
        self.console.print(
            f"\n$ {shlex.join(words)}", style="bold", highlight=False, markup=False, soft_wrap=True
        )

    def replay(self, week: Path) -> None:
        """Plays a week of traffic through the proxy, and waits until all of it is in the ledger.

        Raises:
            ChildError: Not every answer was good, or an entry is missing.
            KeyboardInterrupt: Ctrl-C stopped it.
        """
        self.typed("suffice", "replay", str(week), "--to", self.url)
        requests = sorted(read_week(week), key=lambda request: request.timestamp)
        with DoneIds(None) as done:
            played = play(Player(self.url, "replay", Plan(), Pace()), requests, done)
        show(played.summary(), played.tally.examples, self.console)
        if played.stopped:
            raise KeyboardInterrupt
        if played.tally.failed:
            raise self.failed(f"{played.tally.failed:,} of {len(requests):,} requests failed")
        self.sent += len(requests)
        self._wait_settled()

    def entries(self) -> list[Entry]:
        """Returns what is in the ledger."""
        return _read(self.data / LEDGER)

    def health(self) -> dict[str, Any]:
        """Returns how the proxy is, as its `/healthz` says."""
        found = fetched(f"{self.url}/healthz")
        return {} if found is None else msgspec.json.decode(found)

    def wait_started(self) -> None:
        """Waits until the proxy answers.

        Raises:
            ChildError: It ended, or does not answer.
        """
        self._proxy.wait_healthy(f"{self.url}/healthz", _START_S)

    def wait_for_end(self) -> None:
        """Waits until Ctrl-C.

        Raises:
            ChildError: The proxy ended by itself.
        """
        while self._proxy.running:
            time.sleep(_POLL_S)
        raise self.failed("the proxy ended by itself")

    def failed(self, what: str) -> ChildError:
        """Returns the error to raise, with the end of the proxy's log."""
        return ChildError(f"{what}. The proxy's log says:\n{self._proxy.tail()}")

    def _wait_settled(self) -> None:
        deadline = time.monotonic() + _SETTLE_S
        while (settled := sum(one.outcome.leg == "served" for one in self.entries())) < self.sent:
            if not self._proxy.running or time.monotonic() > deadline:
                raise self.failed(f"{settled:,} of {self.sent:,} requests are in the ledger")
            time.sleep(_POLL_S)


def _read(ledger: Path) -> list[Entry]:
    store = SqliteStore(ledger, read_only=True)
    try:
        return list(store.entries())
    except StoreError as error:
        if error.code != "no_ledger":
            raise
        return []  # The recorder is about to make it.
    finally:
        store.close()


def config_of(out: Path) -> Path:
    """Returns where the demo's configuration is."""
    return out / "suffice.toml"


def check_port(port: int) -> None:
    """Makes sure that the proxy will be able to listen.

    Raises:
        ConfigError: Something else listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} is taken ({error.strerror}): try `suffice demo --port {port + 1}` or "
                f"`make demo PORT={port + 1}`, or end what listens there",
                code="port_taken",
            ) from error


def prepare(out: Path, made: Iterable[str]) -> None:
    """Makes the folder, without what an earlier demo left.

    Args:
        out: The folder.
        made: Names of the files that a demo writes beside its data.

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
    for folder in (DATA, TRAFFIC):
        shutil.rmtree(out / folder, ignore_errors=True)
    for name in made:
        (out / name).unlink(missing_ok=True)

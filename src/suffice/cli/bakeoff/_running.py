"""Runs a planned trial for a command: progress, Ctrl-C, and what is printed at its end."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import click
import msgspec
import uvloop
from rich.console import Console
from rich.live import Live

from suffice.app import settings_from
from suffice.cli.bakeoff._parts import asked_providers, deps_of, keys_of, plan_of, trials_of
from suffice.cli.bakeoff._tables import print_results, progress_table
from suffice.config import Settings
from suffice.errors import ConfigError, UpstreamError
from suffice.evidence.asking import Desk
from suffice.evidence.plan import Plan
from suffice.evidence.rows import RowView
from suffice.evidence.runner import Finished, run
from suffice.money import NANOS_PER_USD, usd
from suffice.store.trials import TrialStore
from suffice.upstream.client import UpstreamPool

STOPPED = "stopped by a signal: `suffice bakeoff resume` goes on"
_FRAMES_A_SECOND = 4


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says about a run."""

    config: Path | None
    trial: str | None
    max_usd: float | None
    key_env: tuple[str, ...] = ()
    as_json: bool = False


def run_trial(
    wanted: Wanted, prepare: Callable[[TrialStore, Plan], None] = lambda _store, _plan: None
) -> None:
    """Runs a trial and prints what it found.

    Args:
        wanted: What to run.
        prepare: Called before the first call is sent.

    Raises:
        ConfigError: It has no spend cap, or a provider no key.
        StoreError: There is no such trial, or another process runs it.
        UpstreamError: The trial paused; the message says why.
    """
    settings = settings_from(wanted.config)
    store = trials_of(settings)
    plan = plan_of(store, wanted.trial)
    cap = cap_nanos(settings, wanted.max_usd)
    keys = keys_of(settings, asked_providers(plan), wanted.key_env)
    prepare(store, plan)
    try:
        finished = uvloop.run(_run(settings, wanted, store, plan, keys, cap))
    except asyncio.CancelledError:
        # The second signal; the journal has all that was under way.
        raise UpstreamError(f"trial {plan.id} is paused: {STOPPED}", code="paused") from None
    if wanted.as_json:
        click.echo(json.dumps(finished_json(finished)))
    else:
        console = Console()
        print_results(console, finished.results, plan)
        spent = usd(finished.spent_nanos, places=4)
        console.print(f"{finished.state}: {finished.said}; spent {spent}", highlight=False)
    if finished.state == "paused":
        raise UpstreamError(f"trial {plan.id} is paused: {finished.said}", code="paused")


def finished_json(finished: Finished) -> dict[str, object]:
    """Returns a run that is over as JSON values."""
    return {
        "state": finished.state,
        "said": finished.said,
        "spent_nanos": finished.spent_nanos,
        "results": [msgspec.to_builtins(result) for result in finished.results],
    }


def cap_nanos(settings: Settings, max_usd: float | None) -> int:
    """Returns the spend cap of a trial.

    Raises:
        ConfigError: Nobody has named one.
    """
    cap = settings.bakeoff.max_usd if max_usd is None else max_usd
    if cap is None:
        raise ConfigError(
            "a trial spends money: say how much at most with --max-usd, or max_usd in [bakeoff]",
            code="no_cap",
        )
    return round(cap * NANOS_PER_USD)


async def _run(  # noqa: PLR0913, PLR0917 -- the parts of one run
    settings: Settings, wanted: Wanted, store: TrialStore, plan: Plan, keys: dict[str, str], cap: int
) -> Finished:
    pool = UpstreamPool(
        connect_timeout_s=settings.limits.connect_timeout_s, read_timeout_s=settings.limits.read_timeout_s
    )
    deps = deps_of(settings, wanted.config, store, pool, keys, plan, max_nanos=cap)
    seen: list[tuple[Sequence[RowView], int]] = [((), 0)]
    deps = msgspec.structs.replace(deps, told=lambda rows, spent: seen.__setitem__(0, (rows, spent)))
    with Live(
        console=Console(stderr=True),
        get_renderable=lambda: progress_table(*seen[0], cap),
        refresh_per_second=_FRAMES_A_SECOND,
        transient=True,
    ):
        try:
            return await run(plan, deps, started=_stop_on_signals)
        finally:
            await pool.close()


def _stop_on_signals(desk: Desk) -> None:
    """The first signal lets the calls under way arrive, the second does not wait for them."""
    loop, running = asyncio.get_running_loop(), asyncio.current_task()
    count = 0

    def stop() -> None:
        nonlocal count
        count += 1
        desk.stop("paused", STOPPED)
        if count > 1 and running is not None:
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # not in the main thread: whoever runs us has its own
            loop.add_signal_handler(number, stop)

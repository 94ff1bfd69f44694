"""How each use case stands: `suffice status`."""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec

from suffice.app import LEDGER, id_maker, policies_from, settings_from
from suffice.app.budgets import standings_from
from suffice.app.guard import allowance_from, guard_store_from, guarding_from, levers_from
from suffice.cli._options import config_option
from suffice.config import Settings
from suffice.errors import StoreError
from suffice.policy.switch import Switch
from suffice.report.budgets import Budgets, budgets_told
from suffice.report.status import Status, show, status_of
from suffice.store.sqlite import SqliteStore


@click.command(
    epilog="""\b
Examples:
  suffice status
  suffice status --json | jq '.buckets[].candidates[] | select(.state != "fine")'
"""
)
@config_option
@click.option("--json", "as_json", is_flag=True, help="For machines: one JSON document on standard output.")
def command(config: Path | None, as_json: bool) -> None:
    """Show how each use case stands: its mode, its certificates, and what live traffic says of them.

    \b
    fine     nothing speaks against the candidate
    watch    some evidence does, not enough to act on
    demote   enough does: it goes back to the baseline at the next look
    voided   it went back, or the traffic drifted; expired: a new trial is due

    It reads files alone, so a proxy need not run. See docs/safety.md.
    """  # noqa: D301 -- \b tells click to keep the lines of a paragraph
    status = gathered(settings_from(config), now_ns=time.time_ns())
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(status), indent=2))
        return
    # Here, because only a person needs it.
    from rich.console import Console  # noqa: PLC0415 -- see above

    show(status, Console())


def gathered(settings: Settings, *, now_ns: int) -> Status:
    """Returns what is known, from the files alone: `suffice serve` need not run.

    Args:
        settings: All of them.
        now_ns: The clock, Unix time.

    Raises:
        StoreError: A file cannot be read.
        PolicyError: The policy or the switch cannot.
    """
    # Here, because it brings numpy.
    from suffice.evidence.publish import in_use  # noqa: PLC0415 -- see above

    policies, levers = policies_from(settings), levers_from(settings, id_maker())
    published = in_use(policies)[1] if policies.state() is not None else None
    store = guard_store_from(settings, read_only=True)
    path = settings.data.directory / LEDGER
    ledger = SqliteStore(path, read_only=True) if path.exists() else None
    guarding = guarding_from(settings, store, lambda: ledger)
    try:
        health = [] if published is None else guarding.look(published, now_ns=now_ns)
    finally:
        store.close()
        if ledger is not None:
            ledger.close()
    switch = levers.switches.read() or levers.default
    found = status_of(
        switch,
        published,
        health,
        levers.events.last(),
        now_ns=now_ns,
        spent_nanos=allowance_from(settings).spent_today_nanos(now_ns),
        unknown_feedback=guarding.unknown,
    )
    return msgspec.structs.replace(found, budgets=_budgets(settings, switch, now_ns))


def _budgets(settings: Settings, switch: Switch, now_ns: int) -> Budgets:
    try:
        return budgets_told(standings_from(settings, now_ns=now_ns), switch)
    except StoreError as error:
        return Budgets(error=error.message)

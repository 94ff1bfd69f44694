"""What the commands on savings share: the figures of a period, from the ledger, the trials and the policies."""

from __future__ import annotations

from pathlib import Path

import click

from suffice.app import LEDGER, policies_from
from suffice.catalog import Catalog
from suffice.cli._projecting import projection_of
from suffice.config import Settings
from suffice.evidence.held import Held, held
from suffice.ledger.forecast import Forecast, scored
from suffice.ledger.invoice import month_of
from suffice.ledger.lost_cache import lost_caches
from suffice.ledger.savings import Savings, savings
from suffice.ledger.sessions import Period, fold
from suffice.report.summary import DAY_NS
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import TRIALS, TrialStore

ledger_option = click.option(
    "--ledger", type=click.Path(path_type=Path, dir_okay=False), help="Read this ledger.db instead."
)


class Month(click.ParamType[Period]):
    """A month such as 2026-11, in UTC."""

    name = "month"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """Returns its period."""
        if isinstance(value, Period):
            return value
        found = month_of(str(value))
        if found is None:
            self.fail(f"{value!r} is no month, such as 2026-11", param, ctx)
        return found


def period_of(month: Period | None, since: int | None, until: int | None) -> Period:
    """Returns the period that the options name.

    Raises:
        click.UsageError: They contradict each other.
    """
    if month is not None and (since is not None or until is not None):
        raise click.UsageError("name a month, or --since and --until, not both")
    if month is None and since is not None and until is not None and since >= until:
        raise click.UsageError("--since must be before --until")
    return month or Period(since_ns=since, until_ns=until)


def store_of(settings: Settings, ledger: Path | None) -> SqliteStore:
    """Returns the ledger, to read."""
    return SqliteStore(ledger or settings.data.directory / LEDGER, read_only=True)


def held_of(settings: Settings, now_ns: int) -> Held:
    """Returns which certificates held when."""
    return held(policies_from(settings), Catalog.load(at_ns=now_ns).name_of)


def figures(settings: Settings, store: SqliteStore, period: Period, certificates: Held) -> Savings:
    """Returns what routing saved in a period.

    Raises:
        StoreError: The ledger or the trials cannot be read.
    """
    sessions = fold(
        store.legs(served=True, since_ns=period.look_back_ns, until_ns=period.until_ns),
        store.legs(served=False, since_ns=period.since_ns, until_ns=period.until_ns),
        period=period,
        certified=certificates.certified,
    )
    lost = lost_caches(store.turns(since_ns=period.look_back_ns, until_ns=period.until_ns), period=period)
    return savings(sessions, _spent(settings, period), lost_cache=lost)


def _spent(settings: Settings, period: Period) -> dict[str, int]:
    spent = {"trial": 0, "grader": 0}
    path = settings.data.directory / TRIALS
    if path.exists():
        trials = TrialStore(path, read_only=True)
        spent |= trials.spent_by_kind(since_ns=period.since_ns, until_ns=period.until_ns)
        trials.close()
    return spent


def forecast_of(settings: Settings, store: SqliteStore, found: Savings, *, now_ns: int) -> Forecast | None:
    """Returns what observation projected beside what routing brought; `None` if one of the two is missing.

    Raises:
        StoreError: The ledger cannot be read.
    """
    routed_ns = store.first_routed_ns()
    if routed_ns is None:
        return None
    since_ns = routed_ns - settings.observation.days * DAY_NS
    watched = Period(since_ns=since_ns, until_ns=routed_ns)
    projection = projection_of(settings, store, watched, now_ns=now_ns, as_of_ns=routed_ns)
    return scored(projection, found, since_ns=since_ns, until_ns=routed_ns)

"""`suffice policy test`: what a policy would have done on recorded traffic; for a customer's CI."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from suffice.app import artifacts_from, engine_from, price_book_from, settings_from, traffic_from
from suffice.catalog import Catalog
from suffice.cli._options import config_option
from suffice.cli._policies import Named, find
from suffice.cli.report import Moment
from suffice.config import Settings
from suffice.engine import Engine
from suffice.errors import ConfigError, PolicyError
from suffice.evidence.rehearsal import Rehearsal, Replaying, Side, failures, rehearse
from suffice.ledger.usage import read_usage
from suffice.policy.reasons import TEXTS
from suffice.report.figures import Figures, Line
from suffice.report.summary import dollars, share
from suffice.testing.recorded_week import WeekRequest, read_week
from suffice.types import LoggedCall

_MOST_DAYS = 32
_DAY_NS = 86_400_000_000_000
_SHOWN = 20


@click.command(
    epilog="""\b
Examples:
  suffice policy test --week recorded
  suffice policy test --week week.jsonl.zst --policy policy.json --max-quality-loss 0.02 --min-savings 0.2
  suffice policy test --traffic --against none --json

Exit code 0: it passes. 1: it does not; each reason is on standard error. 2: something cannot be read.
"""
)
@config_option
@click.option(
    "--week",
    type=click.Path(path_type=Path, exists=True),
    help="A recorded week: a week.jsonl(.zst), or its folder.",
)
@click.option("--traffic", is_flag=True, help="The calls that `suffice import` has read, instead of a week.")
@click.option(
    "--policy",
    default=None,
    help="As `suffice policy show` takes it. Without it: the draft, else the one in use.",
)
@click.option(
    "--against",
    type=click.Choice(["current", "none"]),
    default="current",
    show_default=True,
    help="Compare decisions with the policy in use, or with the settings alone.",
)
@click.option("--as-of", type=Moment(), help="Judge certificates at this time. Without it: now.")
@click.option(
    "--max-quality-loss",
    type=click.FloatRange(0, 1),
    help="Fail if the mean score over all requests may fall by more than this (lower end of the interval).",
)
@click.option(
    "--min-savings",
    type=click.FloatRange(0, 1),
    help="Fail if less than this share of the spend is saved, as 0.2.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    week: Path | None,
    traffic: bool,
    policy: str | None,
    against: str,
    as_of: int | None,
    max_quality_loss: float | None,
    min_savings: float | None,
    json_: bool,
) -> None:
    """Decide every request of a recorded week again, as a policy would have served it.

    Says what share routes, what that saves (modelled), what it is expected to do to quality, and which decisions
    change. Nothing is sent to a provider.
    """
    if (week is None) != traffic:
        raise click.UsageError("give --week with a recorded week, or --traffic for imported calls")
    settings = settings_from(config)
    at_ns = time.time_ns() if as_of is None else as_of
    tested = _tested(settings, policy)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Deciding again", total=None)
        calls = _imported(settings) if week is None else _recorded(week)
        told = rehearse(
            _counted(calls, lambda: progress.update(bar, advance=1)),
            _side(settings, tested),
            _side(settings, find(settings, against)),
            Replaying(
                price_of=price_book_from(settings).cost,
                provider_of=_provider_of(settings, at_ns),
                at_ns=at_ns,
            ),
        )
    failed = failures(told, max_quality_loss=max_quality_loss, min_savings=min_savings)
    if json_:
        click.echo(msgspec.json.format(msgspec.json.encode(_as_json(told, failed)), indent=2))
    else:
        _print(Console(), told)
    for why in failed:
        click.echo(f"fails: {why}", err=True)
    raise SystemExit(1 if failed else 0)


def _tested(settings: Settings, wanted: str | None) -> Named:
    if wanted is not None:
        return find(settings, wanted)
    try:
        return find(settings, "draft")
    except PolicyError as error:
        if error.code != "no_policy":
            raise
        return find(settings, "current")


def _side(settings: Settings, named: Named) -> Side:
    artifacts = artifacts_from(settings)
    current = artifacts.current()
    learned = None if current is None else (current, artifacts.read(current))
    data = named.published.encode()

    @lru_cache(_MOST_DAYS)
    def engine_at(day: int) -> Engine:
        published = (named.published.fingerprint, data)
        return engine_from(settings, learned, published, serving=True, at_ns=day * _DAY_NS)

    return Side(name=named.name, engine_at=engine_at, published=named.published)


def _provider_of(settings: Settings, at_ns: int) -> Callable[[LoggedCall], str | None]:
    catalog = Catalog.load(at_ns=at_ns)

    @lru_cache(1024)
    def having(model: str) -> str | None:
        return next((name for name in catalog.providers_of(model) if name in settings.providers), None)

    def provider_of(call: LoggedCall) -> str | None:
        if call.provider in settings.providers:
            return call.provider
        return having(call.model) if call.model else None

    return provider_of


def _recorded(week: Path) -> Iterator[LoggedCall]:
    for one in read_week(week):
        yield _call(one)


def _call(one: WeekRequest) -> LoggedCall:
    try:
        moment = datetime.fromisoformat(one.timestamp)
    except ValueError as error:
        raise ConfigError(
            f"request {one.id}: {one.timestamp!r} is no ISO time", code="bad_recorded_week"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    model = one.request.get("model")
    return LoggedCall(
        id=one.id,
        source="week",
        model=model if isinstance(model, str) else "",
        request=one.request,
        received_ns=int(moment.timestamp()) * 1_000_000_000,
        feature=one.feature,
        session=one.session or "",
        usage=None if one.response is None else read_usage("chat_completions", one.response.get("usage")),
    )


def _imported(settings: Settings) -> Iterator[LoggedCall]:
    store = traffic_from(settings, read_only=True)
    try:
        yield from store.calls()
    finally:
        store.close()


def _counted(calls: Iterable[LoggedCall], tick: Callable[[], object]) -> Iterator[LoggedCall]:
    for call in calls:
        yield call
        tick()


def _as_json(told: Rehearsal, failed: list[str]) -> dict[str, Any]:
    return {
        "grade": "modelled",
        "policy": told.policy,
        "against": told.against,
        "requests": told.requests,
        "unreadable": told.unreadable,
        "routed_requests": told.routed_requests,
        "routed_share": told.routed_requests / told.requests if told.requests else 0.0,
        "known_costs": told.known_costs,
        "spend_nanos": told.spend_nanos,
        "savings_nanos": told.savings_nanos,
        "savings_adjusted_nanos": told.adjusted_nanos,
        "savings_share": told.savings_share,
        "quality": told.quality,
        "routed": told.routed,
        "kept": told.kept,
        "changed_requests": sum(one.requests for one in told.moved),
        "changed": told.moved,
        "failures": failed,
        "passed": not failed,
    }


def _print(console: Console, told: Rehearsal) -> None:
    quality = told.quality
    console.print(f"{told.policy} on {told.requests:,} requests", highlight=False, markup=False)
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("routed", f"{told.routed_requests:,} ({share(told.routed_requests, told.requests)})")
    facts.add_row(
        "savings",
        f"{dollars(told.adjusted_nanos)} of {dollars(told.spend_nanos)} ({told.savings_share:.1%}), modelled: the same "
        f"tokens, answers as long as trials saw them; {dollars(told.savings_nanos)} for the very same tokens",
    )
    facts.add_row("quality", _quality(told))
    if told.unreadable:
        facts.add_row("left out", f"{told.unreadable:,}: no provider has the model that they name")
    unknown = told.requests - told.known_costs
    if unknown:
        facts.add_row("unknown costs", f"{unknown:,} requests: they are in no sum")
    console.print(facts)
    if told.routed:
        console.print(_routed(told))
    kept = ", ".join(f"{count:,} {TEXTS.get(reason, reason)}" for reason, count in told.kept.items())
    if kept:
        console.print(f"Kept on the baseline: {kept}.", highlight=False)
    if quality.certificates:
        console.print(
            "Interval: each certificate's bounds, weighted by the requests it routes. All "
            f"{quality.certificates} lower bounds hold at once with a probability of at least {quality.holds:.0%} "
            "(union bound).",
            style="dim",
            highlight=False,
        )
    console.print(_moved(told))


def _quality(told: Rehearsal) -> str:
    quality = told.quality
    said = (
        f"{quality.mean:+.4f} expected in the mean score of all requests ({quality.lower:+.4f} to {quality.upper:+.4f})"
        if quality.certificates
        else "no request routes by a certificate"
    )
    return said + (f"; unknown for {quality.unbounded:,} that route without one" if quality.unbounded else "")


def _routed(told: Rehearsal) -> Figures:
    lines = []
    for line in told.routed[:_SHOWN]:
        score = "-" if line.mean is None else f"{line.mean:+.3f} ({line.lower:+.3f} to {line.upper:+.3f})"
        saved = dollars(line.baseline_nanos - line.adjusted_nanos)
        lines.append(
            Line(
                name=line.bucket,
                cells=(f"{line.requests:,}", saved, score),
                notes=(f"{line.candidate}, {line.evidence}",),
            )
        )
    return Figures(("use case", "requests", "saves", "score"), lines)


def _moved(told: Rehearsal) -> Figures | str:
    if not told.moved:
        return f"No decision differs from {told.against}."
    return Figures(
        ("use case", "requests"),
        [
            Line(
                name=one.bucket,
                cells=(f"{one.requests:,}",),
                notes=(f"{one.was}, now {one.now}; such as {', '.join(one.examples)}",),
            )
            for one in told.moved[:_SHOWN]
        ],
        title=f"{sum(one.requests for one in told.moved):,} decisions differ from {told.against}",
    )

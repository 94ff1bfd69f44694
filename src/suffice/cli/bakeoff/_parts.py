"""What the commands of a bake-off are put together from: stores, prices, keys, graders."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from suffice.app import price_book_from, traffic_from, trials_from
from suffice.catalog import Catalog
from suffice.cli._options import DEFAULT_FILE
from suffice.config import GraderSettings, Provider, Settings
from suffice.config.rules import is_loopback
from suffice.config.settings import Names
from suffice.errors import ConfigError, StoreError
from suffice.evidence import graders
from suffice.evidence.asking import MostNanos
from suffice.evidence.calibrating import Calibration, calibrate
from suffice.evidence.caller import Caller, Limits, Target
from suffice.evidence.candidates import Market, asked_of
from suffice.evidence.grading import Ask, PairScorer, Scorer
from suffice.evidence.judged import earlier_judged
from suffice.evidence.plan import Plan, PlannedBucket, plan_of_any_version
from suffice.evidence.runner import Deps
from suffice.evidence.spending import most_nanos
from suffice.evidence.trial import Graded
from suffice.store.ratings import RATINGS, RatingStore
from suffice.store.traffic import TrafficStore
from suffice.store.trials import TrialStore
from suffice.upstream.client import UpstreamPool

USUAL_KEYS: Mapping[str, str] = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
"""Where the vendors' own SDKs look for their keys."""


def market_of(settings: Settings) -> Market:
    """Returns models, providers and prices of today."""
    now_ns = time.time_ns()
    return Market(
        catalog=Catalog.load(at_ns=now_ns),
        providers=settings.providers,
        price_of=price_book_from(settings).cost,
        at_ns=now_ns,
        across=settings.route.across_providers,
    )


def traffic_of(settings: Settings) -> TrafficStore:
    """Returns the logged calls, to read."""
    return traffic_from(settings, read_only=True)


def trials_of(settings: Settings, *, read_only: bool = False) -> TrialStore:
    """Returns the journal of trials."""
    return trials_from(settings, read_only=read_only)


def plan_of(store: TrialStore, trial: str | None) -> Plan:
    """Returns a stored plan, the newest one if none is named.

    Raises:
        StoreError: There is none.
    """
    if trial is None:
        heads = store.heads()
        if not heads:
            raise StoreError("there is no trial yet: `suffice bakeoff plan` makes one", code="no_trial")
        return Plan.decode(heads[0].plan)
    return Plan.decode(store.head(trial).plan)


def grader_setting(text: str) -> tuple[str, GraderSettings]:
    """Reads `--grader`: `[BUCKET:]KIND[,KEY=VALUE...]`.

    Returns:
        The use case, `*` for all, and the settings.

    Raises:
        ConfigError: It is none.

    >>> grader_setting("sums:numeric,field=answer")[0]
    'sums'
    """
    head, *pairs = text.split(",")
    bucket, _, kind = head.rpartition(":")
    values: dict[str, Any] = {"kind": kind.strip()}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--grader {text!r}: after the kind come KEY=VALUE, with a comma between")
        values[key.strip()] = value
    known = {field.name: field for field in msgspec.structs.fields(GraderSettings)}
    for key, value in list(values.items()):
        if key not in known:
            raise ConfigError(f"--grader: no grader has a key {key!r}; docs/graders.md lists them")
        if known[key].type == Names:
            values[key] = [value]
    try:
        settings = msgspec.convert(values, GraderSettings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"--grader {text!r}: {error}") from error
    for _, problem in graders.problems_of(settings):
        raise ConfigError(f"--grader {text!r}: {problem}")
    return bucket or "*", settings


def _path(kind: type, value: Any) -> Any:
    return Path(value) if kind is Path else value


def folder_of(config: Path | None) -> Path:
    """Returns where a grader's commands run: the folder of the configuration's file."""
    return (config or DEFAULT_FILE).resolve().parent


def earlier_of(store: TrialStore, bucket: str, candidate: str, version: str) -> Sequence[float]:
    """Returns the differences that the newest earlier trial of the same use case, candidate and grader saw."""
    for head in store.heads():
        if head.state == "planned":
            continue
        plan = plan_of_any_version(head.plan)
        for planned in () if plan is None else plan.buckets:
            rows = [row for row in planned.tried if row.name == candidate]
            if planned.bucket != bucket or planned.grader_version != version or not rows:
                continue
            stored = store.grades(head.id, bucket, rows[0].candidate)
            found = [msgspec.json.decode(grade, type=Graded).d for grade in stored.values()]
            seen = [value for value in found if value is not None]
            if seen:
                return seen
    return ()


def keys_of(settings: Settings, wanted: Iterable[str], key_env: Sequence[str]) -> dict[str, str]:
    """Returns the keys of the providers that a plan asks: from `--key-env`, the settings, or where SDKs look.

    A provider on this machine needs none.

    Raises:
        ConfigError: One has no key.
    """
    named = _named(key_env)
    keys = {}
    for name in sorted(set(wanted)):
        provider = settings.providers.get(name)
        if provider is None:
            raise ConfigError(
                f"the plan asks {name}, which is not configured any more: add [providers.{name}]"
            )
        key = _key(provider, named)
        if key is not None:
            keys[name] = key
    return keys


def _named(key_env: Sequence[str]) -> dict[str, str]:
    named = {}
    for text in key_env:
        provider, equals, variable = text.partition("=")
        if not equals or not variable:
            raise ConfigError(f"--key-env {text!r} is not PROVIDER=VARIABLE, such as openai=OPENAI_API_KEY")
        named[provider] = variable
    return named


def _key(provider: Provider, named: Mapping[str, str]) -> str | None:
    variable = named.get(provider.name)
    if variable is None and provider.secret is not None:
        return provider.secret.reveal()
    variable = variable or USUAL_KEYS.get(provider.name, "")
    key = os.environ.get(variable, "").strip()
    if key:
        return key
    if is_loopback(urlsplit(provider.base_url).hostname or ""):
        return None
    where = f"the variable {variable} is not set" if variable else 'its key is "client"'
    raise ConfigError(
        f'no key for {provider.name}: {where}. Write key = "env:NAME" in [providers.{provider.name}], '
        f"or give --key-env {provider.name}=NAME"
    )


def asked_providers(plan: Plan) -> set[str]:
    """Returns the providers that a plan asks, its judges' included."""
    found = set()
    for bucket in plan.buckets:
        if not bucket.tried:
            continue
        found |= {
            Target.parse(text).provider
            for text in (bucket.baseline, *(row.candidate for row in bucket.tried))
        }
        if bucket.grader is not None and bucket.grader.kind == "judge" and bucket.grader.model:
            found.add(Target.parse(bucket.grader.model).provider)
    return found


def most_nanos_of(market: Market) -> MostNanos:
    """Returns what forecasts the most that a call can cost."""

    def most(target: Target, body: Mapping[str, Any]) -> int | None:
        return most_nanos(
            body,
            price_of=market.price_of,
            provider=target.provider,
            model=target.model,
            most_output_tokens=market.most_output_tokens(target),
            at_ns=time.time_ns(),
        )

    return most


def deps_of(  # noqa: PLR0913, PLR0917 -- the parts of a run
    settings: Settings,
    config: Path | None,
    store: TrialStore,
    pool: UpstreamPool,
    keys: Mapping[str, str],
    plan: Plan,
    *,
    max_nanos: int,
) -> Deps:
    """Returns what a run needs."""
    market = market_of(settings)
    # Each wait for another attempt would be a line in the middle of the progress.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    limits = Limits(
        concurrency=settings.bakeoff.concurrency,
        requests_per_minute=settings.bakeoff.requests_per_minute,
        attempts=settings.bakeoff.attempts,
    )
    ratings = RatingStore(settings.data.directory / RATINGS, read_only=True)
    return Deps(
        traffic=traffic_of(settings),
        store=store,
        caller=Caller(
            pool, settings.providers, keys, price_of=market.price_of, limits=limits, now_ns=time.time_ns
        ),
        grader_of=partial(
            _grader,
            parts=graders.Parts(ratings=ratings, folder=folder_of(config), name_of=market.catalog.name_of),
            calibration_of=partial(
                _calibration, store=store, ratings=ratings, plan=plan, name_of=market.catalog.name_of
            ),
        ),
        most_nanos=most_nanos_of(market),
        name_of=market.catalog.name_of,
        now_ns=time.time_ns,
        max_nanos=max_nanos,
        asked_of=partial(asked_of, market),
        graders_at_once=max(1, settings.bakeoff.concurrency // 2),
    )


def _grader(
    bucket: PlannedBucket,
    ask: Ask,
    *,
    parts: graders.Parts,
    calibration_of: Callable[[str], Calibration],
) -> Scorer | PairScorer:
    if bucket.grader is None:
        raise ConfigError(f"{bucket.bucket} has no grader")
    if bucket.grader.kind == "judge":
        parts = msgspec.structs.replace(parts, calibration=calibration_of(bucket.grader_version))
    made = graders.make(bucket.grader, msgspec.structs.replace(parts, ask=ask))
    if (version := graders.identity(bucket.grader)[1]) != bucket.grader_version:
        raise ConfigError(
            f"the grader of {bucket.bucket} is {version} now and was {bucket.grader_version} when the trial was "
            "planned: scores of the two would be mixed. Undo what changed (the file of its schema, or suffice "
            "itself), or plan a new trial",
            code="other_grader",
        )
    return made


def _calibration(
    grader_version: str,
    *,
    store: TrialStore,
    ratings: RatingStore,
    plan: Plan,
    name_of: Callable[[str], str],
) -> Calibration:
    """What a judge's verdicts have been worth to people, as it was known when the trial was planned."""
    return calibrate(list(earlier_judged(store, ratings, plan, grader_version, name_of=name_of)))


async def nobody(_body: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
    """Stands for a judge's model where a plan only looks at what a grader is."""
    raise StoreError("a plan asks nobody", code="not_asked")


def is_advisory(settings: GraderSettings, *, folder: Path) -> bool:
    """Tells whether no certificate may rest on a grader; makes it, so that what is wrong with it shows in the plan.

    Raises:
        ConfigError: It cannot be made.
    """
    parts = graders.Parts(ask=nobody, ratings=RatingStore(Path(os.devnull), read_only=True), folder=folder)
    return graders.make(settings, parts).advisory

"""`suffice explain`: why one request goes where it goes, and what would have flipped that."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import get_args

import click
import msgspec
from rich.console import Console

from suffice.app import (
    LEDGER,
    artifacts_from,
    engine_from,
    policies_from,
    serving_policy_from,
    settings_from,
)
from suffice.catalog import Catalog
from suffice.cli._asked import Api, guess_api, provider_of, read_body
from suffice.cli._options import config_option
from suffice.config import Settings
from suffice.engine import Engine
from suffice.errors import PolicyError, RequestError, StoreError
from suffice.evidence.publish import in_use
from suffice.policy.configured import policy_from
from suffice.policy.published import Published, with_published
from suffice.policy.shift import Weights
from suffice.proxy.headers import stakes_of
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.predictor import PriorPredictor
from suffice.report.explanation import Explanation, as_json
from suffice.report.explanation_terminal import print_explanation
from suffice.report.policies import grounds_of
from suffice.store.sqlite import SqliteStore
from suffice.types import Decision, Request


@click.command(
    epilog="""\b
Examples:
  suffice explain request.json
  suffice explain request.json --model gpt-5.4 --feature ticket-triage --json | jq .flips
  suffice explain --decision 1a20b6ac8005f0c1e2d3a4b0000007
"""
)
@click.argument("request", required=False, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@config_option
@click.option("--decision", help="Explain what was decided on a past request: its x-suffice-decision.")
@click.option(
    "--ledger", type=click.Path(path_type=Path, dir_okay=False), help="Find --decision in this ledger.db."
)
@click.option(
    "--api", type=click.Choice(get_args(Api)), help="The API of the body. Without it: told from the body."
)
@click.option("--model", help="Ask for this model instead of the body's.")
@click.option("--feature", default=UNTAGGED, help="The use case, as x-suffice-feature would name it.")
@click.option("--stakes-usd", help="What a bad answer costs, as x-suffice-stakes-usd would say it.")
@click.option("--json", "json_", is_flag=True, help="Print JSON; docs/explain.md has its fields.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    request: Path | None,
    config: Path | None,
    decision: str | None,
    ledger: Path | None,
    api: Api | None,
    model: str | None,
    feature: str,
    stakes_usd: str | None,
    json_: bool,
) -> None:
    """Show why a request is served by the model that serves it, and what would have flipped that.

    REQUEST is a file with the body of a request, of any of the three APIs; - is standard input. Nothing
    is sent to a provider.
    """
    if (request is None) == (decision is None):
        raise click.UsageError("give a file with a request, or --decision with the id of a past one")
    settings = settings_from(config)
    if decision is not None:
        path = ledger or settings.data.directory / LEDGER
        explanation = _past(settings, path, decision)
    elif request is not None:
        body = read_body(_raw(request), name=str(request), model=model)
        explanation = _asked(settings, body, api, feature, stakes_usd)
    if json_:
        click.echo(as_json(explanation))
    else:
        print_explanation(explanation, Console())


def _raw(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}", code="unreadable_body") from error


def _asked(
    settings: Settings, body: dict[str, object], api: Api | None, feature: str, stakes_usd: str | None
) -> Explanation:
    now_ns = time.time_ns()
    model = str(body["model"])
    provider = provider_of(model, api, settings.providers, Catalog.load(at_ns=now_ns))
    stakes_nanos, unreadable = stakes_of(
        {} if stakes_usd is None else {b"x-suffice-stakes-usd": stakes_usd.encode()}
    )
    request = Request(
        api=api or guess_api(body, anthropic=provider.wire == "anthropic"),
        provider=provider.name,
        model=model,
        body=body,
        feature=feature.strip() or UNTAGGED,
        stakes_nanos=stakes_nanos,
        stakes_unreadable=unreadable,
        received_ns=now_ns,
    )
    engine = _engine(settings)
    return _explanation(
        settings,
        engine.decide(request),
        request,
        weights=engine.weights(provider.name, model),
        published=in_use(policies_from(settings))[1],
    )


def _past(settings: Settings, path: Path, id_: str) -> Explanation:
    store = SqliteStore(path, read_only=True)
    entry, decision = store.entry(id_), store.decision(id_)
    store.close()
    if entry is None:
        raise StoreError(
            f"no request has the id {id_}: it is in the header x-suffice-decision", code="no_decision"
        )
    if decision is None:
        raise StoreError(
            f"the decision {id_} is not on record: {_why_not(settings, entry.outcome.reason)}",
            code="no_decision",
        )
    outcome = entry.outcome
    request = Request(
        api=outcome.api,
        provider=outcome.requested_provider or outcome.provider,
        model=outcome.requested_model,
        body={},
        feature=outcome.feature,
        received_ns=outcome.received_ns,
    )
    weights = _weights(settings, decision, request)
    published = _published_then(settings, decision)
    found = _explanation(settings, decision, request, weights=weights, published=published)
    return msgspec.structs.replace(found, id=id_, mode=outcome.mode or found.mode)


def _published_then(settings: Settings, decision: Decision) -> Published | None:
    """The published policy that a past decision was made with; the one in use if the settings have changed since."""
    policies = policies_from(settings)
    configured = [
        policy_from(settings, Catalog.load(at_ns=time.time_ns()).names(), serving=serving)
        for serving in (False, True)
    ]
    for fingerprint in dict.fromkeys(event.policy for event in reversed(policies.history())):
        published = Published.decode(policies.read(fingerprint))
        if any(with_published(one, published).fingerprint == decision.policy for one in configured):
            return published
    if any(one.fingerprint == decision.policy for one in configured):
        return None
    return in_use(policies)[1]


def _why_not(settings: Settings, reason: str) -> str:
    if reason in {"passed_through", "body_not_read", "unreadable_body", "mode_off", "decide_failed"}:
        return f"none was made ({reason})"
    days = settings.data.keep_decisions_days
    return f"decisions are kept for {days} days (keep_decisions_days in [data])"


def _engine(settings: Settings, fingerprint: str | None = None) -> Engine:
    """The engine of an artifact, of the one in use if none is named; with the policy in use."""
    artifacts, policies = artifacts_from(settings), policies_from(settings)
    named, published = fingerprint or artifacts.current(), policies.current()
    return engine_from(
        settings,
        None if named is None else (named, artifacts.read(named)),
        None if published is None else (published, policies.read(published)),
    )


def _weights(settings: Settings, decision: Decision, request: Request) -> Weights | None:
    try:
        learned = decision.predictor != PriorPredictor().fingerprint
        engine = _engine(settings, decision.predictor) if learned else engine_from(settings)
    except PolicyError:
        return None
    return engine.weights(request.provider, request.model)


def _explanation(
    settings: Settings,
    decision: Decision,
    request: Request,
    *,
    weights: Weights | None,
    published: Published | None,
) -> Explanation:
    baseline = Catalog.load(at_ns=time.time_ns()).name_of(decision.baseline)
    return Explanation(
        decision=decision,
        weights=weights,
        mode=settings.mode,
        serving=serving_policy_from(settings, published).terms(request.feature, decision.bucket),
        certificates={
            one.model: grounds_of(published, (decision.bucket, baseline, one.model), request.received_ns)
            for one in decision.estimates
        },
        provider=request.provider,
        api=request.api,
        feature=request.feature,
    )

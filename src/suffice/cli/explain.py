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
    switch_file_from,
    worker_engine_from,
)
from suffice.app.budgets import budget_file_from
from suffice.catalog import Catalog
from suffice.cli._asked import Api, guess_api, provider_of, read_body
from suffice.cli._options import config_option
from suffice.config import Settings
from suffice.engine import Engine
from suffice.errors import PolicyError, RequestError, StoreError
from suffice.evidence.publish import in_use
from suffice.policy.assignment import draw
from suffice.policy.configured import policy_from, switch_from
from suffice.policy.published import Published, with_published
from suffice.policy.serving import serving_of
from suffice.policy.shift import Weights
from suffice.policy.switch import Switch
from suffice.proxy.budgets import BudgetWatch
from suffice.proxy.guard import Guard
from suffice.proxy.headers import stakes_of
from suffice.proxy.session import session_of
from suffice.proxy.steering import share_of
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.predictor import PriorPredictor
from suffice.report.explanation import Explanation, Served, Switched, as_json
from suffice.report.explanation_terminal import print_explanation
from suffice.report.policies import grounds_of
from suffice.store.sqlite import SqliteStore
from suffice.types import Decision, Request


@click.command(
    epilog="""\b
Examples:
  suffice explain request.json
  suffice explain request.json --feature ticket-triage --session customer-7
  suffice explain request.json --model gpt-5.4 --json | jq .flips
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
@click.option("--session", help="Its session, as x-suffice-session would name it; else told from the body.")
@click.option(
    "--request-id", help="Its x-suffice-decision: the dice are cast for that where there is no session."
)
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
    session: str | None,
    request_id: str | None,
    json_: bool,
) -> None:
    """Show why a request is served by the model that serves it, and what would have flipped that.

    REQUEST is a file with the body of a request, of any of the three APIs; - is standard input. Nothing
    is sent to a provider. Where its use case is switched to route, it says which arm the dice put the session in.
    """
    if (request is None) == (decision is None):
        raise click.UsageError("give a file with a request, or --decision with the id of a past one")
    if decision is not None and (session or request_id):
        raise click.UsageError("the session and the id of a past decision are on record")
    settings = settings_from(config)
    if decision is not None:
        path = ledger or settings.data.directory / LEDGER
        explanation = _past(settings, path, decision)
    elif request is not None:
        body = read_body(_raw(request), name=str(request), model=model)
        headers = _headers(stakes_usd, session)
        explanation = _asked(settings, body, api, feature, headers, request_id or "")
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


def _headers(stakes_usd: str | None, session: str | None) -> dict[bytes, bytes]:
    given = {b"x-suffice-stakes-usd": stakes_usd, b"x-suffice-session": session}
    return {
        name: value.encode("utf-8", "surrogateescape") for name, value in given.items() if value is not None
    }


def _asked(  # noqa: PLR0913, PLR0917 -- what is known of one request
    settings: Settings,
    body: dict[str, object],
    api: Api | None,
    feature: str,
    headers: dict[bytes, bytes],
    id_: str,
) -> Explanation:
    now_ns = time.time_ns()
    model = str(body["model"])
    provider = provider_of(model, api, settings.providers, Catalog.load(at_ns=now_ns))
    stakes_nanos, unreadable = stakes_of(headers)
    request = Request(
        api=api or guess_api(body, anthropic=provider.wire == "anthropic"),
        provider=provider.name,
        model=model,
        body=body,
        feature=feature.strip() or UNTAGGED,
        session=session_of(headers, body),
        stakes_nanos=stakes_nanos,
        stakes_unreadable=unreadable,
        received_ns=now_ns,
    )
    switch = _switch(settings)
    economy = BudgetWatch(budget_file_from(settings), Guard()).economy
    engine = msgspec.structs.replace(_engine(settings), switch=switch, economy=economy)
    decision = engine.decide(request)
    return _explanation(
        settings,
        decision,
        request,
        weights=engine.weights(provider.name, model),
        published=in_use(policies_from(settings))[1],
        outcome=None if switch.default.mode == "off" else _served(engine, switch, request, decision, id_),
    )


def _switch(settings: Settings) -> Switch:
    return switch_file_from(settings).read() or switch_from(settings)


def _served(engine: Engine, switch: Switch, request: Request, decision: Decision, id_: str) -> Served:
    """What would be served of a decision, by what the proxy itself asks."""
    unit, share = request.session or id_, share_of(engine, switch, request, decision)
    serving = serving_of(decision, switch, unit, share=share)
    served = Served(
        mode=serving.mode,
        model=serving.model or decision.baseline,
        reason=serving.reason,
        arm=serving.arm,
        propensity=serving.propensity,
        session=request.session,
    )
    if serving.propensity is None:
        return served
    if not unit:
        return msgspec.structs.replace(served, model=None, reason=decision.reason, arm="")
    return msgspec.structs.replace(
        served, draw=draw(unit, decision.bucket, switch.salt), holdout=switch.holdout
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
    served = None
    if outcome.mode:
        served = Served(
            mode=outcome.mode,
            model=outcome.sent_model or outcome.requested_model,
            reason=outcome.reason,
            arm=outcome.arm,
            propensity=outcome.propensity,
            session=outcome.session,
        )
    return _explanation(
        settings, decision, request, weights=weights, published=published, outcome=served, id_=id_
    )


def _published_then(settings: Settings, decision: Decision) -> Published | None:
    """The published policy that a past decision was made with; the one in use if the settings have changed since."""
    policies = policies_from(settings)
    # As a worker knows both: what a use case is switched to is not in the settings.
    observing = msgspec.structs.replace(settings, mode="observe")
    configured = [
        policy_from(observing, Catalog.load(at_ns=time.time_ns()).names(), serving=serving)
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
    """A worker's engine of an artifact, of the one in use if none is named; with the policy in use."""
    artifacts, policies = artifacts_from(settings), policies_from(settings)
    named, published = fingerprint or artifacts.current(), policies.current()
    return worker_engine_from(
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


def _explanation(  # noqa: PLR0913 -- what is known of one decision
    settings: Settings,
    decision: Decision,
    request: Request,
    *,
    weights: Weights | None,
    published: Published | None,
    outcome: Served | None,
    id_: str | None = None,
) -> Explanation:
    switch = _switch(settings)
    setting = switch.of(decision.bucket)
    baseline = Catalog.load(at_ns=time.time_ns()).name_of(decision.baseline)
    return Explanation(
        decision=decision,
        weights=weights,
        switched=Switched(
            mode=setting.mode,
            because=setting.reason or "nobody said why",
            nothing_decided=switch.default.mode == "off",
        ),
        outcome=outcome,
        serving=serving_policy_from(settings, published).terms(request.feature, decision.bucket),
        certificates={
            one.model: grounds_of(published, (decision.bucket, baseline, one.model), request.received_ns)
            for one in decision.estimates
        },
        id=id_,
        provider=request.provider,
        api=request.api,
        feature=request.feature,
    )

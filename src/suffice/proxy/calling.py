"""What is sent to an upstream that suffice chose: address, headers and body; and where else a model is served."""

from __future__ import annotations

import msgspec

from suffice.config import Provider, Settings
from suffice.engine import Engine
from suffice.policy.fallback import is_retry, patience_s
from suffice.policy.patch import Patch, patched, revised
from suffice.proxy.head import Head
from suffice.proxy.headers import to_another, to_upstream
from suffice.proxy.parts import Parts
from suffice.proxy.routes import Route
from suffice.proxy.wire import WIRES
from suffice.types import Request
from suffice.upstream.connection import Headers


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """What the client sent, as far as calls are made of it."""

    head: Head
    body: bytes
    request: Request | None
    """`None` where the body was not read."""


class Calling(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to a model that suffice chose."""

    url: str
    headers: Headers
    body: bytes
    asked: bool
    """suffice asks for usage that the client did not ask for."""
    renamed: bool
    """The client is told the name that it asked for."""
    patience_s: float


def calling_of(parts: Parts, inbound: Inbound, patch: Patch) -> Calling:
    """Returns what is sent.

    Args:
        parts: The worker's.
        inbound: The client's request.
        patch: What is different from it.

    Raises:
        Exception: Whatever it is, the baseline serves.
    """
    request, head, route = inbound.request, inbound.head, inbound.head.route
    if request is None:
        raise ValueError("nothing was read, so nothing was decided")
    if patch.provider == route.provider.name:
        url = head.url(route.url)
        headers = to_upstream(head.raw, route.provider, readable=True)
    else:
        # Neither the client's headers nor its query: there may be a key in either.
        url, headers = another(head.raw, parts.settings.providers[patch.provider], patch)
    body = patched(inbound.body, patch)
    asking = None
    if patch.provider not in parts.unasked:
        asking = WIRES[route.api].ask_for_usage(body, revised(request.body, patch))
    return Calling(
        url=url,
        headers=headers,
        body=body if asking is None else asking,
        asked=asking is not None,
        renamed=parts.settings.route.response_model == "requested",
        patience_s=patience_s(dict(head.raw), parts.settings.limits.candidate_timeout_s),
    )


def another(raw: Headers, provider: Provider, patch: Patch) -> tuple[str, Headers]:
    """Returns where another provider is asked, and with what headers: the client's key is not that provider's.

    Args:
        raw: The client's headers.
        provider: That is asked in the place of the client's.
        patch: Of the request.

    Raises:
        ValueError: The operator has no key for it.
    """
    if patch.bearer:
        provider = msgspec.structs.replace(provider, wire="openai")
    return f"{provider.base_url.rstrip('/')}/{patch.path}", to_another(raw, provider)


def baseline_elsewhere(settings: Settings, engine: Engine, inbound: Inbound) -> Patch | None:
    """Returns what the same model is asked with at another provider, should its own fail; `None` if that is nowhere.

    An SDK's own try again is not multiplied: it goes where it was sent.

    Args:
        settings: All of them.
        engine: That knows models by all their names.
        inbound: The client's request.
    """
    request = inbound.request
    if request is None or request.api == "embeddings" or is_retry(dict(inbound.head.raw)):
        return None
    home = Patch(model=request.model, provider=inbound.head.route.provider.name)
    return same_elsewhere(settings, engine, inbound.head.route, home)


def same_elsewhere(settings: Settings, engine: Engine, route: Route, patch: Patch) -> Patch | None:
    """Returns what a model is asked with where it is served too; `None` if that is nowhere.

    Args:
        settings: All of them.
        engine: That knows models by all their names.
        route: Of the request.
        patch: What the model is asked with at its own provider.
    """
    provider, names = settings.providers[patch.provider], [patch.model]
    known = engine.resolve(patch.provider, patch.model)
    if known is not None:
        names.append(known.model)
    other = next(
        (found for name in names if (found := settings.elsewhere.get(f"{patch.provider}/{name}"))), None
    )
    # One API of two wire formats is the vendor's own affair: nobody else has it.
    if other is None or patch.bearer or (provider.wire == "anthropic") != (route.api == "messages"):
        return None
    home = route.provider.base_url.rstrip("/") + "/"
    return msgspec.structs.replace(
        patch,
        model=other.model or patch.model,
        provider=other.provider,
        path=patch.path or route.url.removeprefix(home),
    )

"""What settings must obey beyond their types: names, addresses, and what only makes sense together."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import SplitResult, urlsplit

from suffice.config.convert import shown
from suffice.config.problems import Place, Problems
from suffice.config.secret import keys_of
from suffice.config.settings import REDACTIONS, GraderSettings, Provider, Settings
from suffice.config.sources import Flat, Key

RESERVED_NAMES = frozenset(
    {"v1", "healthz", "metrics", "chat", "completions", "responses", "messages", "embeddings", "models"}
)
"""First parts of paths that mean something else than a provider."""

GraderProblems = Callable[[GraderSettings], Iterable[tuple[str, str]]]
"""Yields what is wrong with a grader's settings: the key, and what to do in words."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_TAG = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_CALLS = ("/chat/completions", "/responses", "/embeddings", "/messages", "/models")


def name_problem(name: str) -> str | None:
    """Says what is wrong with a provider's name, or `None`.

    >>> name_problem("my-vendor") is None, name_problem("My Vendor")
    (True, 'a provider is named with a-z, 0-9 and "-": write [providers.my-vendor]')
    """
    if not _NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "my-vendor"
        return f'a provider is named with a-z, 0-9 and "-": write [providers.{better}]'
    if name in RESERVED_NAMES:
        return f"/{name} is a path of its own, so no provider can have this name: write [providers.my-{name}]"
    return None


def url_problem(url: str, wire: str) -> str | None:
    """Says what is wrong with a base URL, or `None`. Quotes no more of it than its path: it may hold a key.

    >>> url_problem("https://api.example.com/v1", "openai") is None
    True
    >>> url_problem("api.example.com", "openai")
    'base_url must start with https:// or http://'
    """
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "base_url is not a URL: check its host and its port"
    if parts.scheme not in ("http", "https"):
        return "base_url must start with https:// or http://"
    if not has_host or not url.isprintable() or " " in url:
        return "base_url is not a URL: check its host and its port"
    if parts.username is not None or parts.password is not None:
        return 'base_url must not hold credentials: use key = "env:NAME"'
    return _path_problem(url, parts, wire)


def _path_problem(url: str, parts: SplitResult, wire: str) -> str | None:
    if "?" in url or "#" in url:
        return "base_url must end with its path: drop everything from ? or # on"
    path = parts.path.rstrip("/")
    call = next((call for call in _CALLS if path.endswith(call)), None)
    if call is not None:
        return f'base_url is what the SDK is given, without the call: drop "{call}" from its end'
    if wire == "anthropic" and path.endswith("/v1"):
        return 'base_url of an Anthropic provider has no version, the SDK adds it: drop "/v1" from its end'
    return None


def is_loopback(host: str) -> bool:
    """Tells whether only this machine can reach an address.

    >>> is_loopback("localhost"), is_loopback("127.8.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check(settings: Settings, flat: Flat, price_ids: Collection[str] | None, problems: Problems) -> None:
    """Notes every rule that the settings break.

    Args:
        settings: Values that each fit their type.
        flat: Where each was given.
        price_ids: Providers that the price book knows; `None` leaves `prices` unchecked.
        problems: Takes what is wrong.
    """
    _check_server(settings, flat, problems)
    _check_data(settings, flat, problems)
    _check_limits(settings, flat, problems)
    _check_captures(settings, flat, problems)
    _check_guard(settings, flat, problems)
    _check_features(settings, flat, problems)
    ramp = settings.route.ramp
    if not ramp or min(ramp) <= 0 or list(ramp) != sorted(set(ramp)):
        problems.add(
            place_of(flat, ("route", "ramp")),
            "ramp must be shares above 0 that rise, such as [0.05, 0.25, 1.0]",
        )
    for provider in settings.providers.values():
        _check_provider(provider, settings, flat, problems)
        if price_ids is not None and provider.prices is not None and provider.prices not in price_ids:
            near = difflib.get_close_matches(provider.prices, price_ids, n=1)
            hint = f'did you mean "{near[0]}"?' if near else "leave it out, and its costs are unknown"
            place = place_of(flat, ("providers", provider.name, "prices"))
            problems.add(place, f"the price book has no provider {shown(provider.prices)}; {hint}")


def check_models(flat: Flat, models: Collection[str], problems: Problems) -> None:
    """Notes the names of allow and deny lists that no model has: a mistyped one would allow what it means to deny.

    Args:
        flat: What was given, and where.
        models: Names that the catalog knows.
        problems: Takes what is wrong.
    """
    for key, given in flat.items():
        if key[0] not in {"policy", "features"} or key[-1] not in {"allow", "deny"}:
            continue
        listed = given.value.split(",") if given.is_text else given.value
        for name in listed if isinstance(listed, list) else []:
            if isinstance(name, str) and name.strip() and name.strip() not in models:
                near = difflib.get_close_matches(name, models, n=1)
                hint = f'did you mean "{near[0]}"?' if near else "docs/models.md lists those that are"
                problems.add(
                    given.place, f"{key[-1]} names {shown(name)}, which is not in the catalog; {hint}"
                )


def check_graders(settings: Settings, flat: Flat, problems_of: GraderProblems, problems: Problems) -> None:
    """Notes what the graders' settings break beyond their types: an unknown kind, a key that its kind does not read.

    Args:
        settings: Values that each fit their type.
        flat: Where each was given.
        problems_of: What the graders themselves know.
        problems: Takes what is wrong.
    """
    for name, grader in settings.graders.items():
        for key, text in problems_of(grader):
            problems.add(place_of(flat, ("graders", name, key)), f"[graders.{name}] {text}")


def _check_server(settings: Settings, flat: Flat, problems: Problems) -> None:
    server = settings.server
    if not _HOST.fullmatch(server.host) and not _is_address(server.host):
        problems.add(
            place_of(flat, ("server", "host")),
            f'host must be an address or a host name such as "127.0.0.1", not {shown(server.host)}',
        )
    if server.read_body_mib > server.max_body_mib and ("server", "read_body_mib") in flat:
        problems.add(
            place_of(flat, ("server", "read_body_mib")),
            f"read_body_mib = {server.read_body_mib} is more than max_body_mib = {server.max_body_mib}: "
            "lower it, or raise max_body_mib",
        )
    spendable = [provider.name for provider in settings.providers.values() if provider.secret is not None]
    protected = server.access_token is not None or ("server", "access_token") in flat
    if spendable and not protected and not is_loopback(server.host):
        problems.add(
            place_of(flat, ("server", "host")),
            f"host = {shown(server.host)} is open to other machines, and whoever reaches it could spend "
            f'the key of [providers.{spendable[0]}]: add access_token = "env:NAME" to [server], '
            'or listen on "127.0.0.1"',
        )


def _check_features(settings: Settings, flat: Flat, problems: Problems) -> None:
    for name in settings.features:
        if not _TAG.fullmatch(name):
            problems.add(
                flat["features", name].place,
                f"no request could have the tag {shown(name)}: a tag is 1 to 128 visible ASCII characters, and others "
                "arrive as `?`: rename it here and in x-suffice-feature",
            )


def _check_data(settings: Settings, flat: Flat, problems: Problems) -> None:
    folder = settings.data.directory
    there = next((part for part in (folder, *folder.parents) if os.path.lexists(part)), None)
    # One that cannot be written is no reason not to serve: a disk may be full, or mounted again.
    if there is not None and not os.path.isdir(there):  # noqa: PTH112 -- `Path.is_dir` raises where it may not look
        problems.add(
            place_of(flat, ("data", "directory")),
            f"directory must be a folder, or one that can be made, and {there} is none",
        )


def _check_limits(settings: Settings, flat: Flat, problems: Problems) -> None:
    limits = settings.limits
    for less, more in (
        ("breaker_least_calls", "breaker_calls"),
        ("breaker_pause_s", "breaker_longest_pause_s"),
    ):
        low, high = getattr(limits, less), getattr(limits, more)
        if low > high:
            key = less if ("limits", less) in flat else more
            problems.add(
                place_of(flat, ("limits", key)),
                f"{less} = {low:g} is more than {more} = {high:g}: lower it, or raise {more}",
            )


def _check_captures(settings: Settings, flat: Flat, problems: Problems) -> None:
    captures = settings.captures
    if captures.key is not None:
        try:
            keys_of(captures.key)
        except ValueError as error:
            text = f"what the variable of key holds {error}"
            problems.add(place_of(flat, ("captures", "key")), text)
    elif captures.enabled and ("captures", "key") not in flat:
        problems.add(
            place_of(flat, ("captures", "enabled")),
            'captures are never written in the clear: add key = "env:NAME" to [captures], with NAME a variable '
            "that holds what `openssl rand -hex 32` prints, or leave them off",
        )
    for name in captures.redact:
        if name not in REDACTIONS and not _FUNCTION.fullmatch(name):
            problems.add(
                place_of(flat, ("captures", "redact")),
                f'redact names {shown(name)}: there are "secrets", "personal", and "module:function" of your own',
            )


def _check_guard(settings: Settings, flat: Flat, problems: Problems) -> None:
    guard = settings.guard
    if guard.webhook is None:
        if guard.webhook_secret is not None:
            problems.add(
                place_of(flat, ("guard", "webhook_secret")),
                'webhook_secret signs what no address is told: add webhook = "https://..." to [guard]',
            )
        return
    wrong = webhook_problem(guard.webhook)
    if wrong is not None:
        problems.add(place_of(flat, ("guard", "webhook")), wrong)


def webhook_problem(url: str) -> str | None:
    """Says what is wrong with an address that events are sent to, or `None`. Quotes nothing of it: it may hold a key.

    >>> webhook_problem("https://example.com/hook?id=1") is None, webhook_problem("http://localhost:9/x") is None
    (True, True)
    >>> webhook_problem("http://example.com/hook")
    'webhook must start with https:// unless it is on this machine: events would be sent in the clear'
    """
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in ("http", "https") or not url.isprintable() or " " in url:
        return "webhook is not an address: write it as https://host/path"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "webhook must not hold credentials or a fragment: sign events with webhook_secret"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return (
            "webhook must start with https:// unless it is on this machine: events would be sent in the clear"
        )
    return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _check_provider(provider: Provider, settings: Settings, flat: Flat, problems: Problems) -> None:
    place = place_of(flat, ("providers", provider.name, "base_url"))
    wrong = url_problem(provider.base_url, provider.wire)
    if wrong is not None:
        problems.add(place, wrong)
        return
    parts = urlsplit(provider.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if is_loopback(parts.hostname or "") and port == settings.server.port:
        problems.add(
            place, f"base_url is the address of suffice itself (port {port}): it would call itself forever"
        )


def place_of(flat: Flat, key: Key) -> Place:
    """Returns where a key was given, or the nearest thing to it."""
    for candidate in (key, key[:-1]):
        if candidate in flat:
            return flat[candidate].place
    under = (given.place for path, given in flat.items() if path[: len(key) - 1] == key[:-1])
    return next(under, Place(".".join(key)))

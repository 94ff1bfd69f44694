"""Which provider and which client API a path means.

1. `/<provider>/v1/...` goes to that provider.
2. `/v1/...` goes to the default provider: the Anthropic one for `/v1/messages` and for clients that send
   `anthropic-version`, else the OpenAI one.
3. `/chat/completions`, `/responses`, `/embeddings`, `/models` mean the same with `/v1` before them.

A provider's base URL is what its SDK would be given: with the version for OpenAI's (`https://api.openai.com/v1`),
without it for Anthropic's (`https://api.anthropic.com`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from suffice.config import Provider
from suffice.errors import RequestError
from suffice.types import ClientApi, WireFormat

_APIS: Mapping[str, ClientApi] = {
    "chat/completions": "chat_completions",
    "responses": "responses",
    "messages": "messages",
    "embeddings": "embeddings",
}
# Room for every spelling of the read APIs that clients use, for dozens of providers; no client can fill more.
_KNOWN_MOST = 256
_KNOWN_PATH_MOST = 256
_BARE = frozenset({"chat", "responses", "embeddings", "models", "messages"})
# A URL's parser takes these for steps upwards (WHATWG URL, section 4.4), out of the provider's base URL: whoever may
# spend the operator's key there could send it to another account's path on the same host.
_STEP = re.compile(r"(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)", re.IGNORECASE)


class Route(msgspec.Struct, frozen=True):
    """Where a request goes."""

    provider: Provider
    api: ClientApi
    url: str
    """Absolute, without the query."""


class Routes:
    """Finds the route of a request.

    Args:
        providers: All configured providers by name.
    """

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers
        self._defaults: dict[WireFormat, Provider] = {
            provider.wire: provider for provider in providers.values() if provider.default
        }
        self._known: dict[tuple[str, str, bool], Route] = {}

    def find(self, method: str, path: str, *, anthropic: bool) -> Route:
        """Returns the route of a path.

        Args:
            method: HTTP method; only POST is a call that can be read.
            path: As it was sent, percent-encoding included, without the query.
            anthropic: Whether the client sent `anthropic-version`.

        Raises:
            RequestError: No provider is configured for the path (404, `unknown_provider`), or it leaves the provider's
                base URL (400, `bad_path`).
        """
        asked = (method, path, anthropic)
        route = self._known.get(asked)
        if route is None:
            route = self._found(method, path, anthropic=anthropic)
            short = len(path) < _KNOWN_PATH_MOST and route.api != "passthrough"
            if short and len(self._known) < _KNOWN_MOST:
                self._known[asked] = route
        return route

    def _found(self, method: str, path: str, *, anthropic: bool) -> Route:
        if _STEP.search(path):
            raise RequestError(
                "The path has a `.` or `..` segment. Send it without, as the provider documents it.",
                code="bad_path",
            )
        first, _, rest = path.lstrip("/").partition("/")
        provider = self._providers.get(first)
        if provider is not None:
            rest = rest.removeprefix("v1/")
        elif first == "v1" or first in _BARE:
            rest = rest if first == "v1" else path.lstrip("/")
            wire: WireFormat = "anthropic" if anthropic or rest.split("/")[0] == "messages" else "openai"
            provider = self._defaults.get(wire)
        if provider is None or not rest:
            raise RequestError(self._unknown(path), code="unknown_provider", status=404)
        api = _APIS.get(rest.rstrip("/"), "passthrough") if method == "POST" else "passthrough"
        version = "/v1/" if provider.wire == "anthropic" else "/"
        return Route(provider, api, provider.base_url.rstrip("/") + version + rest)

    def wire_of(self, path: str, *, anthropic: bool) -> WireFormat:
        """Returns whose shape of errors a client on this path expects, route or no route."""
        provider = self._providers.get(path.lstrip("/").partition("/")[0])
        if provider is not None:
            return provider.wire
        return "anthropic" if anthropic or "/messages" in path else "openai"

    def _unknown(self, path: str) -> str:
        names = ", ".join(sorted(self._providers))
        shown = path[:80].encode("ascii", "replace").decode()
        return (
            f"No provider is configured for {shown!r}. Send requests to /v1/... or /<provider>/v1/... "
            f"with one of: {names}. A new provider is a [providers.<name>] table in suffice.toml."
        )

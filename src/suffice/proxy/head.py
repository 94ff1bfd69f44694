"""What the head of a request says to suffice: where it goes, and what the client wants. The same for the same head."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from suffice.proxy.headers import to_upstream
from suffice.proxy.routes import Route
from suffice.upstream.client import Opening, opening_of
from suffice.upstream.connection import Headers


class Head(msgspec.Struct, kw_only=True):
    """A head, read. It holds for every request on the connection that begins with the same one."""

    route: Route
    raw: Headers
    """The client's, without the access token."""
    method: str = "POST"
    path: str = ""
    """As it may be shown."""
    query: str = ""
    headers: Mapping[bytes, bytes] = {}
    """By name; the content-length may be that of another request with this head."""
    feature: str = "untagged"
    session: str = ""
    """A digest of the session that a header names; empty if none does."""
    opted_out: bool = False
    stakes_nanos: int | None = None
    stakes_unreadable: bool = False
    _opening: Opening | None = None

    def url(self, url: str) -> str:
        """Returns an address of the provider that the client asked, with the client's own query."""
        return f"{url}?{self.query}" if self.query else url

    def opening(self) -> Opening:
        """Returns how the call begins that passes the request on as it is."""
        opening = self._opening
        if opening is None:
            route = self.route
            headers = to_upstream(self.raw, route.provider, readable=route.api != "passthrough")
            opening = self._opening = opening_of(self.method, self.url(route.url), headers)
        return opening

"""What the replay upstream saw of each request: for tests that look from the provider's side."""

from __future__ import annotations

from typing import Literal

import msgspec

Ending = Literal["complete", "client_left", "fault"]
"""`fault`: cut, closed or hung as it was told to."""


class Served(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request and what became of it. The file log holds no body and no headers."""

    method: str
    path: str
    api: str
    """A client API, or `other`."""
    model: str
    """As the request names it; empty if it names none."""
    status: int
    """0 if no answer was begun."""
    ending: Ending
    stream: bool = False
    events_sent: int = 0
    request_digest: str = ""
    """BLAKE2b-128 of the request body in hexadecimal."""
    key_digest: str = ""
    """BLAKE2b-128 of the provider key that came along, whichever header carried it; empty if none did."""
    body: bytes = b""
    """In process only."""
    headers: tuple[tuple[str, str], ...] = ()
    """In process only: names in lower case, in the order of arrival."""

    @property
    def disconnected(self) -> bool:
        """Whether the client left before its answer was complete."""
        return self.ending == "client_left"

"""Every other path: events go by unread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suffice.proxy.transcript import Transcript, Verdict

TELLING = (b"", b"")
UNASKED = b""


def see(event: bytes, transcript: Transcript, asked: bool) -> tuple[Verdict, bytes]:  # noqa: ARG001 -- unread
    """Forwards the event as it is."""
    return Verdict.FORWARD, event


def ask_for_usage(body: bytes, read: Mapping[str, Any]) -> bytes | None:  # noqa: ARG001 -- unread
    """Returns `None`: suffice does not know what this path could be asked for."""
    return None

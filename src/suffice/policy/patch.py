"""How a request's bytes change when another model serves it: as little as possible, and nothing else.

The client's bytes stay as they are: order, white space, numbers as they were written, members that nobody here knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Patch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What is different when another model serves a request; everything else stays byte for byte."""

    model: str
    """The model to ask for."""
    provider: str
    """Who serves it."""
    path: str = ""
    """Below the provider's base URL, where the client's own path does not lead to it: `v1/chat/completions`."""
    bearer: bool = False
    """The key goes into `authorization`, whatever the provider's own wire format does."""
    renamed: Mapping[str, str] = {}
    """Top-level members that go by another name, with the value they have."""
    dropped: frozenset[str] = frozenset()
    """Top-level members that are left out: their value means what their absence means."""
    put: Mapping[str, Any] = {}
    """Top-level members with a new value; those that are not there yet go to the end."""
    roles: Mapping[str, str] = {}
    """Roles of messages that go by another name."""


def patched(body: bytes, patch: Patch) -> bytes:
    """Returns a request's bytes as another model gets them.

    Args:
        body: A JSON object, as it was read.
        patch: What to change.

    Returns:
        Bytes that decode to what `revised` says; of members that the patch does not name, the very same bytes.
    """
    raise NotImplementedError


def revised(body: Mapping[str, Any], patch: Patch) -> dict[str, Any]:
    """Returns a decoded request as another model gets it: what `patched` makes of its bytes."""
    raise NotImplementedError

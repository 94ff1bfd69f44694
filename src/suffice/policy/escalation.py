"""CHOOSE: does a cheap answer fail what its own request asks for? Then the baseline answers. Pure.

Only whole answers are looked at, before anything is sent: a stream is never taken back after its first byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from suffice.types import ClientApi

Failing = Literal[
    "unreadable", "empty", "filtered", "refusal", "truncated",
    "not_json", "schema", "unknown_tool", "tool_missing", "missing_argument", "tool_arguments",
]  # fmt: skip


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with an answer."""

    code: Failing
    signal: Literal["contract", "empty", "refusal", "length"]
    """The one of `Outcome.signals` that stands for it; `escalated` comes beside it."""
    detail: str = ""
    """In words; never a text of the request or the answer."""


def problem(request: Mapping[str, Any], api: ClientApi, response: bytes) -> Problem | None:
    """Returns what an answer lacks that its request asks for, or `None` if it may be served.

    Never raises, whatever either of them holds; the work is bounded. What cannot be checked within the bounds passes.

    Args:
        request: Decoded body of the client's request, as it came. Untrusted.
        api: Whose request and response they are.
        response: Body of a response with status 200, not compressed. Untrusted.
    """
    raise NotImplementedError

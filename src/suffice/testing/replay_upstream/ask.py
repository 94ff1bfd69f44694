"""What a request asks of an answer's form: the few fields that a provider echoes or obeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Ask(msgspec.Struct, frozen=True):
    """How to render an answer."""

    body: Mapping[str, Any]
    """The decoded request."""
    with_usage: bool = True
    """False where a fault withholds it."""

    @property
    def stream(self) -> bool:
        """Whether events are asked for."""
        return self.body.get("stream") is True

    @property
    def include_usage(self) -> bool:
        """Whether a chat stream is to end with its usage; the other two APIs always say it."""
        options = self.body.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    @property
    def openai_tier(self) -> str:
        """The service tier that OpenAI would say it served with."""
        asked = self.body.get("service_tier")
        return asked if asked in ("flex", "priority") else "default"

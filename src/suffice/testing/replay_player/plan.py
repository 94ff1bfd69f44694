"""Decides how each recorded request is sent: over which API, as a stream or not. Its id alone decides."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from suffice.testing.recorded_week import WeekRequest
from suffice.testing.replay_player.convert import to_messages, to_responses

ApiChoice = Literal["chat", "responses", "messages", "mixed"]
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}

_CONVERTED = {"responses": to_responses, "messages": to_messages}
_RESPONSES_SHARE = 1 / 3
_INCLUDE_USAGE_SHARE = 1 / 2


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One request, ready to send."""

    id: str
    feature: str
    session: str
    """A request that belongs to no conversation is one of its own, so that a replay meets the same dice again."""
    api: str
    """A key of `PATHS`."""
    stream: bool
    body: bytes


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a week is to be sent."""

    api: ApiChoice = "mixed"
    """`mixed`: Claude models over Messages, every third other request over Responses, the rest over chat."""
    stream_share: float = 0.5
    """In [0, 1]. Half of the chat streams ask for their usage, as clients in the field do."""

    def prepare(self, request: WeekRequest) -> Planned:
        """Returns the request as it is to be sent; the same for the same request every time."""
        chat = dict(request.request)
        api = self._api_of(request)
        stream = _share(request.id, "stream") < self.stream_share
        if stream:
            chat["stream"] = True
        if stream and api == "chat" and _share(request.id, "usage") < _INCLUDE_USAGE_SHARE:
            chat["stream_options"] = {"include_usage": True}
        body = _CONVERTED[api](chat) if api in _CONVERTED else chat
        return Planned(
            id=request.id,
            feature=request.feature,
            session=request.session or request.id,
            api=api,
            stream=stream,
            body=msgspec.json.encode(body),
        )

    def _api_of(self, request: WeekRequest) -> str:
        if self.api != "mixed":
            return self.api
        if str(request.request.get("model")).startswith("claude"):
            return "messages"
        return "responses" if _share(request.id, "api") < _RESPONSES_SHARE else "chat"


def _share(request_id: str, purpose: str) -> float:
    """A number in [0, 1) that depends on the id and the purpose alone."""
    digest = hashlib.blake2b(f"{purpose} {request_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64

"""The replay upstream as a bare ASGI application."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

import msgspec

from suffice.proxy.asgi import Receive, Scope, Send
from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.delivery import Delivery, deliver_plainly, needs_watching
from suffice.testing.replay_upstream.errors import error_reply
from suffice.testing.replay_upstream.faults import (
    FAULT_HEADER,
    FAULT_MODEL_HEADER,
    NO_FAULTS,
    FaultRates,
    Faults,
    parse_faults,
)
from suffice.testing.replay_upstream.library import API_OF_PATH, Library
from suffice.testing.replay_upstream.reply import Reply
from suffice.testing.replay_upstream.served import Ending, Served

_CACHE_BYTES = 24 * 2**20
_KEY_HEADERS = (b"authorization", b"x-api-key")


class _Incoming(msgspec.Struct, frozen=True):
    """A request that has arrived whole."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    digest: bytes
    api: str
    """A client API, or `other`."""

    @property
    def speaks(self) -> str:
        """Whose shape an answer has: on a path of no API the request's headers tell."""
        anthropic = self.api == "other" and self.header(b"anthropic-version") is not None
        return "messages" if anthropic else self.api

    def header(self, wanted: bytes) -> bytes | None:
        """Returns the first value of a header."""
        for name, value in self.headers:
            if name == wanted:
                return value
        return None


class _Asked(msgspec.Struct):
    model: str = ""


class ReplayApp:
    """Answers as the providers did.

    Args:
        recording: What they answered.
        rates: Faults at random, on top of those that a request's header asks for.
        always: Faults of every request: usually just its latency.
        watch: Called with every request that is over; `None` saves the work.
        keep_bodies: Whether `watch` gets bodies and headers as well.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        rates: FaultRates | None = None,
        always: Faults = NO_FAULTS,
        watch: Callable[[Served], None] | None = None,
        keep_bodies: bool = False,
    ) -> None:
        self._library = Library(recording)
        self._rates = rates
        self._always = always
        self._watch = watch
        self._keep_bodies = keep_bodies
        self._cache: dict[tuple[str, bytes, bool], Reply] = {}
        self._cache_bytes = 0
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Ends every answer that is still waiting; to be called on the server's own loop."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        body = await _read(receive)
        if body is None:
            return
        digest = hashlib.blake2b(body, digest_size=16).digest()
        path = scope["path"]
        incoming = _Incoming(
            scope["method"], path, scope["headers"], body, digest, API_OF_PATH.get(path, "other")
        )
        reply, faults = self._prepare(incoming)
        ending: Ending
        if needs_watching(reply, faults):
            async with Delivery(receive, send, self._closing) as delivery:
                ending = await delivery.deliver(incoming.speaks, reply, faults)
            status, events_sent = delivery.status, delivery.events_sent
        else:
            await deliver_plainly(reply, send)
            ending, status, events_sent = "complete", reply.status, 0
        if self._watch is not None:
            served = _served(incoming, reply)
            served = msgspec.structs.replace(served, status=status, ending=ending, events_sent=events_sent)
            self._watch(_with_body(served, incoming) if self._keep_bodies else served)

    def _prepare(self, incoming: _Incoming) -> tuple[Reply, Faults]:
        """Chooses the reply and what is to go wrong with it."""
        try:
            faults = self._faults(incoming)
        except ValueError as error:
            return error_reply(incoming.speaks, 400, str(error)), NO_FAULTS
        if faults.status is not None:
            return error_reply(incoming.speaks, faults.status), faults
        if incoming.api == "other":
            return self._answer_other(incoming), faults
        if incoming.method != "POST":
            message = f"Not allowed to {incoming.method} on {incoming.path} (HINT: use POST)"
            return error_reply(incoming.speaks, 405, message), faults
        return self._answer(incoming, with_usage=not faults.no_usage), faults

    def _faults(self, incoming: _Incoming) -> Faults:
        faults = self._always
        if self._rates is not None:
            faults |= self._rates.draw()
        asked = incoming.header(FAULT_HEADER)
        only = incoming.header(FAULT_MODEL_HEADER)
        if asked is not None and only is not None and only.decode("latin-1") != _model_of(incoming.body):
            return faults
        return faults if asked is None else faults | parse_faults(asked.decode("latin-1"))

    def _answer(self, incoming: _Incoming, *, with_usage: bool) -> Reply:
        """Answers from the cache of rendered replies; what was rendered first leaves it first."""
        key = (incoming.api, incoming.digest, with_usage)
        reply = self._cache.get(key)
        if reply is None:
            reply = self._library.answer(incoming.api, incoming.body, with_usage=with_usage)
            self._cache[key] = reply
            self._cache_bytes += reply.size
            while self._cache_bytes > _CACHE_BYTES:
                self._cache_bytes -= self._cache.pop(next(iter(self._cache))).size
        return reply

    def _answer_other(self, incoming: _Incoming) -> Reply:
        if incoming.method == "GET" and incoming.path == "/v1/models":
            return self._library.models(incoming.speaks)
        if incoming.method == "GET" and incoming.path.startswith("/v1/models/"):
            return self._library.model(incoming.speaks, incoming.path.removeprefix("/v1/models/"))
        return error_reply(incoming.speaks, 404, f"Invalid URL ({incoming.method} {incoming.path})")


def _served(incoming: _Incoming, reply: Reply) -> Served:
    key = next((value for name in _KEY_HEADERS if (value := incoming.header(name))), b"")
    return Served(
        method=incoming.method,
        path=incoming.path,
        api=incoming.api,
        model=reply.model,
        status=reply.status,
        ending="complete",
        stream=bool(reply.events),
        request_digest=incoming.digest.hex(),
        key_digest=key_digest(key.removeprefix(b"Bearer ").decode("latin-1")) if key else "",
    )


def _model_of(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Asked).model
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _with_body(served: Served, incoming: _Incoming) -> Served:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in incoming.headers)
    return msgspec.structs.replace(served, body=incoming.body, headers=headers)


def key_digest(key: str) -> str:
    """Returns the digest under which a provider key appears in what was served."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


async def _read(receive: Receive) -> bytes | None:
    """Returns the request's body, or `None` if the client left before it had sent it all."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    return None if message["type"] == "http.disconnect" else body

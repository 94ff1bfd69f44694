"""The HTTP server's protocol with a bound on a request's head, and errors in JSON below the level of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from suffice.proxy.asgi import CONNECTION
from suffice.proxy.known_head import KNOWN, WHOLE, KnownHead, WholeRequest
from suffice.proxy.reply import REPLY, Reply
from suffice.upstream.outbox import Outbox, outbox_of

# What offers another protocol; a server that wants none of it answers as if they were not there (RFC 9110, 7.8).
_OFFERS = frozenset({b"connection", b"upgrade", b"http2-settings"})

# So many heads in a row that did not come again: the client's are all different, and to know them is of no use.
_MOST_STRANGERS = 16


class ClientProtocol(HttpToolsProtocol):
    """uvicorn's httptools protocol, which by itself collects headers without end and tells nobody who has left.

    `max_head_bytes` and `max_silence_s` are set once, when a worker starts. `on_lost` is called when the client closes
    the connection; the exchange that is under way on it sets that.
    """

    max_head_bytes = 64 * 1024
    max_silence_s = 60.0

    on_lost: Callable[[], None] | None = None
    _in_head = False
    _between = True
    _declining = False
    _head_bytes = 0
    _head_tail = b""
    _heard = False
    _served = False
    _idle_since = 0.0
    _check: asyncio.TimerHandle | None = None
    _outbox: Outbox
    _known: KnownHead | None = None
    _strangers = 0
    _resting: tuple[asyncio.Task[None], asyncio.Future[WholeRequest]] | None = None
    _held = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # -- as uvicorn has it
        """Starts to listen for silence: one timer a connection, so that a request costs none."""
        super().connection_made(transport)
        self._outbox = outbox_of(self.loop)
        self._check = self.loop.call_later(self.max_silence_s, self._check_silence)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the exchange that is under way."""
        self._let_parse()
        if self._resting is not None:
            self._resting[1].cancel()
        # They know the connection in turn.
        self._known = self._resting = None
        if isinstance(self.cycle, WholeRequest):
            # An exchange that has not begun finds out as it would with a head that was parsed: it asks for the body.
            self.cycle.scope.pop(WHOLE, None)  # type: ignore[misc] # -- a key of our own
        for timer in (self._check, self.timeout_keep_alive_task):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
        if self.on_lost is not None:
            self.on_lost()

    def on_message_begin(self) -> None:
        """Starts to count a request's head."""
        super().on_message_begin()
        self.scope[CONNECTION] = self  # type: ignore[literal-required] # -- a key of our own
        self._in_head = True
        self._between = False

    def on_headers_complete(self) -> None:
        """Ends the count. An offer of any protocol but WebSocket, which the app refuses in words, is to be declined."""
        self._in_head = False
        self._declining = self.parser.should_upgrade() and self._get_upgrade() != b"websocket"
        if self._declining and self.parser.get_method() == b"CONNECT":
            raise ValueError("a tunnel is no offer, and suffice digs none")
        if not self._declining:
            super().on_headers_complete()
            self.scope[REPLY] = Reply(self.cycle, self._outbox)  # type: ignore[literal-required] # -- a key of our own
            self._served = True

    def on_message_complete(self) -> None:
        """Ends a request."""
        if self._declining:
            return
        self._between = True
        self._head_bytes, self._head_tail = 0, b""
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Takes bytes from the client; a head over the limit is answered with 431."""
        if self.transport.is_closing():
            return
        self._heard = True
        if self._known is not None:
            held = self._held
            if held:
                data, self._held = held + data, b""
            if self._again(self._known, data, alone=not held):
                return
        # Bytes that begin inside a body do not count: where in them the next head begins is not known.
        between, before = self._between, self.cycle
        counts = self._in_head or between
        if counts and len(data) > self.max_head_bytes - self._head_bytes and not self._ends_head(data):
            kib = self.max_head_bytes // 1024
            self._refuse(431, "request_head_too_large", f"The request's headers are larger than {kib} KiB.")
            return
        self._parse(data)
        if self._in_head and counts:
            self._head_bytes += len(data)
            self._head_tail = data[-3:]
        elif between and self.cycle is not before:
            self._get_to_know(data)

    def _ends_head(self, data: bytes) -> bool:
        """Tells whether a head ends in time, in bytes that together with what came before are more than it may be."""
        room = self.max_head_bytes - self._head_bytes
        return (self._head_tail + data).find(b"\r\n\r\n", 0, len(self._head_tail) + max(0, room)) >= 0

    def _get_to_know(self, data: bytes) -> None:
        """Keeps the head of a request that came alone, for when it comes again."""
        cycle, scope = self.cycle, self.scope
        plain = scope["http_version"] == "1.1" and cycle.keep_alive and self.limit_concurrency is None
        # Of requests that came together, all but the first wait here.
        if plain and not self.pipeline and self._strangers < _MOST_STRANGERS:
            self._strangers += 1
            kept = {name: value for name, value in scope.items() if name != REPLY}
            self._known = KnownHead.of(data, cycle.body, self.headers, kept)

    def _again(self, known: KnownHead, data: bytes, *, alone: bool) -> bool:
        """Serves a request whose head has come before, unparsed; returns whether it is one.

        A head that comes alone waits for what follows: many clients send the body by itself, right after.
        """
        if not self._between or self.pipeline or not self.cycle.response_complete:
            return False
        body = known.body_of(data)
        if body is None:
            if alone and known.is_head(data):
                self._held = data
            return bool(self._held)
        self._strangers = 0
        scope = known.scope.copy()
        self.cycle = cycle = WholeRequest(self, scope, body)
        scope[KNOWN], scope[WHOLE], scope[REPLY] = known, body, Reply(cycle, self._outbox)
        if self._resting is None:
            task = self.loop.create_task(self._serve(cycle))
        else:
            (task, waits), self._resting = self._resting, None
            waits.set_result(cycle)
        self.tasks.add(task)
        return True

    async def _serve(self, cycle: WholeRequest) -> None:
        """Serves requests whose heads are known, one after another: a task for each would be made and given up."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- it runs in the one that it is made for
        while True:
            await cycle.run_asgi(self.app)
            self.tasks.discard(task)
            # The next request may have come before this one was quite over, and then has a task of its own.
            if self._resting is not None or self.transport.is_closing():
                return
            waits: asyncio.Future[WholeRequest] = self.loop.create_future()
            self._resting = (task, waits)
            cycle = await waits

    def on_response_complete(self) -> None:
        """Goes on to the next request, or lets the connection rest: its timer serves many requests."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if self.flow.read_paused:
            self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._rest(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Closes a connection that nobody has used for as long as that may be."""
        self.timeout_keep_alive_task = None
        if self._in_head or self._held or not self._between or not self.cycle.response_complete:
            # It is in use: the timer starts anew when that has ended.
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._rest(left)
        else:
            super().timeout_keep_alive_handler()

    def _rest(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _check_silence(self) -> None:
        silent, self._heard = not self._heard, False
        if silent and self._owes_more():
            self._refuse(408, "client_silent", "The rest of the request did not come in time.")
        else:
            self._check = self.loop.call_later(self.max_silence_s, self._check_silence)

    def _owes_more(self) -> bool:
        """Tells whether it is the client's turn in the middle of a request, or before its first one."""
        if not self._served:
            return True
        answering = bool(self.pipeline) or not (self.cycle.response_complete or self.cycle.more_body)
        return bool(self._held) or (not self._between and not answering)

    def _let_parse(self) -> None:
        """Has a head parsed that waited for its body."""
        held, self._held = self._held, b""
        if held:
            self._parse(held)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self._declining:
                self._decline(data[offer.args[0] :])
        except httptools.HttpParserError:
            self.logger.warning("what a client sent is no HTTP/1.1")
            self.send_400_response("This is no HTTP/1.1 request.")

    def _decline(self, rest: bytes) -> None:
        """Reads a request anew without its offer: the parser takes what follows it for another protocol's bytes.

        Java's own HTTP client offers HTTP/2 with each first request, and sends the body right after.
        """
        self._declining = False
        version = self.parser.get_http_version().encode()
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, version)
        self.parser = httptools.HttpRequestParser(self)
        self._parse(b"".join([line, *_without_offer(self.headers), b"\r\n", rest]))

    def shutdown(self) -> None:
        """Closes the connection when its answer is out."""
        self._let_parse()
        self._outbox.flush()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP in the shape of an API error."""
        self._refuse(400, "invalid_http", msg)

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = (
            f'{{"type":"error","error":{{"message":"suffice: {message}","type":"invalid_request_error",'
            f'"param":null,"code":"{code}"}}}}'
        ).encode()
        self._outbox.flush()
        self.transport.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
            + body
        )
        self.transport.close()


def _without_offer(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    for name, value in headers:
        if name not in _OFFERS:
            yield b"%b: %b\r\n" % (name, value)
        elif name == b"connection" and b"close" in value.lower():
            yield b"connection: close\r\n"

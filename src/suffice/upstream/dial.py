"""Opens connections to providers: directly, or through the HTTP proxy that the environment names for them."""

from __future__ import annotations

import asyncio
import base64
import ssl
import urllib.request
from collections.abc import Callable
from functools import lru_cache
from typing import cast
from urllib.parse import unquote, urlsplit

import msgspec

from suffice.errors import UpstreamError
from suffice.upstream.connection import Connection

_HEAD_END = b"\r\n\r\n"


class Origin(msgspec.Struct, frozen=True):
    """Where a URL's connection goes."""

    scheme: str
    host: str
    port: int
    proxy: str | None = None
    """URL of the HTTP proxy on the way, if there is one."""

    @property
    def authority(self) -> str:
        """The `host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return host if usual else f"{host}:{self.port}"


@lru_cache(maxsize=256)
def origin_of(base: str) -> Origin:
    """Returns where `scheme://authority` is reached; what the environment says of proxies is read once for each.

    >>> origin_of("https://api.example.com").authority, origin_of("http://[::1]:8000").authority
    ('api.example.com', '[::1]:8000')
    """
    parts = urlsplit(base)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy is not None and (_is_local(host) or urllib.request.proxy_bypass(f"{host}:{port}")):
        proxy = None
    return Origin(parts.scheme, host, port, proxy)


def target_of(origin: Origin, path: str) -> str:
    """Returns what the request line says: a plain HTTP proxy is told the whole URL."""
    if origin.proxy is not None and origin.scheme == "http":
        return f"http://{origin.authority}{path}"
    return path


def proxy_authorization(origin: Origin) -> str | None:
    """Returns the header for a proxy that wants a name and a password."""
    parts = urlsplit(origin.proxy or "")
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


async def dial(origin: Origin, make: Callable[[], Connection], timeout_s: float) -> Connection:
    """Opens a connection.

    Args:
        origin: Where to.
        make: Makes the protocol.
        timeout_s: For all of it: name, connection, tunnel and TLS.

    Raises:
        UpstreamError: There is none (`upstream_unreachable`); nothing was sent.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _open(origin, make)
    except TimeoutError as error:
        raise _unreachable(f"no connection within {timeout_s:g} s") from error
    except (OSError, ValueError) as error:
        raise _unreachable(str(error)) from error


async def _open(origin: Origin, make: Callable[[], Connection]) -> Connection:
    loop = asyncio.get_running_loop()
    secure = _tls() if origin.scheme == "https" else None
    if origin.proxy is None:
        name = origin.host if secure is not None else None
        _, connection = await loop.create_connection(
            make, origin.host, origin.port, ssl=secure, server_hostname=name
        )
        return connection
    by = urlsplit(origin.proxy if "://" in origin.proxy else f"http://{origin.proxy}")
    if by.scheme != "http" or by.hostname is None:
        raise ValueError("the environment's proxy is not an http:// URL")
    transport, tunnel = await loop.create_connection(_Tunnel, by.hostname, by.port or 80)
    connection = make()
    if secure is None:
        transport.set_protocol(connection)
        connection.connection_made(transport)
        return connection
    over = None
    try:
        await tunnel.dig(origin)
        over = await loop.start_tls(transport, connection, secure, server_hostname=origin.host)
    finally:
        if over is None:
            transport.abort()
    assert over is not None  # noqa: S101 -- only a closing transport has none
    connection.connection_made(over)
    return connection


class _Tunnel(asyncio.Protocol):
    """The first words on a connection through a proxy: `CONNECT`, and its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer = b""
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if _HEAD_END in self._answer and not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionResetError("the proxy closed the connection"))

    async def dig(self, origin: Origin) -> None:
        assert self._transport is not None  # noqa: S101 -- it is connected
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        where = f"{host}:{origin.port}"
        own = proxy_authorization(origin)
        more = f"proxy-authorization: {own}\r\n" if own else ""
        self._transport.write(f"CONNECT {where} HTTP/1.1\r\nhost: {where}\r\n{more}\r\n".encode())
        await self._done
        status = self._answer.split(b" ", 2)[1:2]
        if status != [b"200"]:
            said = status[0].decode("ascii", "replace") if status else "nothing"
            raise ConnectionRefusedError(f"the proxy of the environment answered {said}")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _is_local(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _unreachable(why: str) -> UpstreamError:
    return UpstreamError(f"the provider could not be reached: {why}", code="upstream_unreachable")

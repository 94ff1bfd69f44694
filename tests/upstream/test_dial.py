"""Connections to providers: direct, with TLS, and through the proxy that the environment names."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from suffice.errors import UpstreamError
from suffice.upstream.client import UpstreamPool, _begun_before
from suffice.upstream.dial import Origin, _tls, origin_of, proxy_authorization, target_of

# Made for these tests, for localhost and 127.0.0.1; nothing trusts it.
CERTIFICATE = Path(__file__).with_name("localhost.pem")
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    origin_of.cache_clear()
    _begun_before.cache_clear()
    _tls.cache_clear()
    yield
    origin_of.cache_clear()
    _begun_before.cache_clear()
    _tls.cache_clear()


@pytest.mark.parametrize(
    ("base", "authority", "port"),
    [
        ("https://api.example.com", "api.example.com", 443),
        ("http://api.example.com", "api.example.com", 80),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", 8000),
        ("https://[::1]:8443", "[::1]:8443", 8443),
    ],
)
def test_an_origin_is_where_a_url_goes(base: str, authority: str, port: int) -> None:
    origin = origin_of(base)
    assert (origin.authority, origin.port, origin.proxy) == (authority, port, None)
    assert target_of(origin, "/v1/x?y") == "/v1/x?y"


def test_the_environments_proxy_is_for_others_than_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:se%40cret@proxy.test:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "internal.test")
    origin = origin_of("https://api.example.com")
    assert origin.proxy == "http://me:se%40cret@proxy.test:3128"
    assert proxy_authorization(origin) == "Basic bWU6c2VAY3JldA=="
    assert target_of(origin_of("http://api.example.com"), "/v1") == "http://api.example.com/v1"
    for other in ("https://internal.test", "http://127.0.0.1:1", "http://localhost:1", "https://[::1]"):
        assert origin_of(other).proxy is None


def serve(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    client: Callable[[int], Awaitable[None]],
    *,
    secure: bool = False,
) -> None:
    async def run() -> None:
        context = None
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, ssl.SSLError):
                await handle(reader, writer)
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

        server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context)
        await client(server.sockets[0].getsockname()[1])
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.05)

    asyncio.run(run())


async def asked(url: str) -> bytes:
    pool = UpstreamPool(connect_timeout_s=2, read_timeout_s=2)
    try:
        with await pool.open("GET", url, [], b"") as call:
            return await call.whole()
    finally:
        await pool.close()


def test_tls_is_spoken_with_who_can_prove_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)

    async def client(port: int) -> None:
        with pytest.raises(UpstreamError, match="certificate") as caught:
            await asked(f"https://localhost:{port}/v1")
        assert caught.value.code == "upstream_unreachable"
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        _tls.cache_clear()
        assert await asked(f"https://localhost:{port}/v1") == b"hi"

    serve(handle, client, secure=True)


def test_a_proxy_is_told_the_whole_url(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWER)

    async def client(port: int) -> None:
        monkeypatch.setenv("http_proxy", f"http://me:pw@127.0.0.1:{port}")
        assert await asked("http://api.example.test/v1/x?y=1") == b"hi"

    serve(handle, client)
    assert seen[0].startswith(b"GET http://api.example.test/v1/x?y=1 HTTP/1.1\r\nhost: api.example.test\r\n")
    assert b"proxy-authorization: Basic bWU6cHc=" in seen[0]


@pytest.mark.parametrize("said", [b"HTTP/1.1 407 No\r\n\r\n", b"", b"nonsense\r\n\r\n"])
def test_a_proxy_that_refuses_the_tunnel_leaves_the_provider_unreached(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(said)

    async def client(port: int) -> None:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{port}")
        with pytest.raises(UpstreamError) as caught:
            await asked("https://api.example.test/v1")
        assert (caught.value.code, caught.value.billed) == ("upstream_unreachable", False)

    serve(handle, client)
    assert seen[0].startswith(b"CONNECT api.example.test:443 HTTP/1.1\r\n")


def test_tls_goes_through_the_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    async def provider(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)

    async def with_provider(port: int) -> None:
        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            there, back = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(copy(reader, back), copy(there, writer))

        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        monkeypatch.setattr("suffice.upstream.dial._is_local", lambda _: False)
        assert await asked(f"https://localhost:{port}/v1") == b"hi"
        server.close()
        await asyncio.sleep(0.05)

    serve(provider, with_provider, secure=True)


async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await source.read(65536):
            sink.write(piece)
    sink.close()


def test_origins_are_told_apart() -> None:
    assert Origin("http", "a", 80) != Origin("https", "a", 80)

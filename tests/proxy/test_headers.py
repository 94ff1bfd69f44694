from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.config import Provider, Secret, load
from suffice.proxy.headers import (
    admits,
    feature_of,
    lines_to_client,
    opted_out,
    printable,
    stakes_of,
    to_another,
    to_upstream,
    wish_of,
    without_token,
)
from suffice.upstream.vendors import load_vendors

OPENAI = load(None, {}, load_vendors()).providers["openai"]


def test_the_clients_headers_pass_but_for_the_connections_and_ours() -> None:
    raw = [
        (b"host", b"127.0.0.1:8080"),
        (b"authorization", b"Bearer client-key"),
        (b"content-length", b"12"),
        (b"connection", b"keep-alive, X-Private"),
        (b"x-private", b"1"),
        (b"te", b"trailers"),
        (b"x-suffice-feature", b"tagging"),
        (b"accept-encoding", b"gzip"),
        (b"x-stainless-lang", b"python"),
        (b"x-latin", b"caf\xe9"),
        (b"x-utf8", "café".encode()),
        (b"x-twice", b"1"),
        (b"x-twice", b"2"),
    ]
    assert to_upstream(raw, OPENAI, readable=True) == [
        (b"authorization", b"Bearer client-key"),
        (b"x-stainless-lang", b"python"),
        (b"x-latin", b"caf\xe9"),
        (b"x-utf8", "café".encode()),
        (b"x-twice", b"1"),
        (b"x-twice", b"2"),
        (b"accept-encoding", b"identity"),
    ]
    assert (b"accept-encoding", b"gzip") in to_upstream(raw, OPENAI, readable=False)


def test_the_operators_key_replaces_the_clients() -> None:
    environ = {"KEY": "operator-key", "OTHER": "other-key"}
    text = '[providers.openai]\nkey = "env:KEY"\n[providers.anthropic]\nkey = "env:OTHER"\n'
    raw = [(b"authorization", b"Bearer client-key"), (b"x-api-key", b"client-key")]
    providers = load_text(text, environ)
    assert to_upstream(raw, providers["openai"], readable=False) == [
        (b"authorization", b"Bearer operator-key")
    ]
    assert to_upstream(raw, providers["anthropic"], readable=False) == [(b"x-api-key", b"other-key")]


def load_text(text: str, environ: dict[str, str]) -> Mapping[str, Provider]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suffice.toml"
        path.write_text(text)
        return load(path, environ, load_vendors()).providers


def test_the_providers_headers_pass_but_for_the_connections_and_credentials() -> None:
    upstream = [
        (b"content-type", b"application/json"),
        (b"content-length", b"5"),
        (b"transfer-encoding", b"chunked"),
        (b"x-request-id", b"req_1"),
        (b"retry-after-ms", b"20"),
        (b"x-should-retry", b"true"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"authorization", b"Bearer leaked"),
        (b"x-suffice-model", b"another's"),
    ]
    sent = [
        b"content-type: application/json",
        b"content-length: 5",
        b"x-request-id: req_1",
        b"retry-after-ms: 20",
        b"x-should-retry: true",
        b"set-cookie: a=1",
        b"set-cookie: b=2",
    ]
    for came in (upstream, upstream[:-1]):
        assert lines_to_client(came, length_kept=True).splitlines() == sent
        assert lines_to_client(came).splitlines() == [sent[0], *sent[2:]]


def test_another_providers_limits_and_accounts_are_not_the_clients() -> None:
    upstream = [
        (b"content-type", b"application/json"),
        (b"content-length", b"5"),
        (b"anthropic-organization-id", b"ours"),
        (b"x-ratelimit-remaining-requests", b"7"),
        (b"set-cookie", b"a=1"),
        (b"retry-after", b"9"),
    ]
    kind = b"content-type: application/json\r\n"
    assert lines_to_client(upstream, another=True) == kind
    assert lines_to_client(upstream, length_kept=True, another=True) == kind + b"content-length: 5\r\n"


@given(
    st.dictionaries(st.from_regex(rb"[a-z-]{1,24}", fullmatch=True), st.just(b"of-the-client"), max_size=8)
)
def test_another_provider_gets_nothing_that_could_be_a_key(headers: dict[bytes, bytes]) -> None:
    raw = [*headers.items(), (b"authorization", b"Bearer of-the-client"), (b"x-api-key", b"of-the-client")]
    provider = msgspec.structs.replace(OPENAI, secret=Secret("ours"))
    sent = to_another(raw, provider)
    harmless = {b"content-type", b"accept", b"user-agent", b"anthropic-version", b"anthropic-beta"}
    assert {name for name, value in sent if b"of-the-client" in value} <= harmless
    assert dict(sent)[b"authorization"] == b"Bearer ours"
    with pytest.raises(ValueError, match="operator's key only"):
        to_another(raw, OPENAI)


def test_a_clients_text_is_made_safe_for_headers_and_tables() -> None:
    assert printable("a\r\nset-cookie: x\x1b[31m é") == "a??set-cookie: x?[31m ?"
    assert len(printable("x" * 1000)) == 128
    assert feature_of({b"x-suffice-feature": b" tagging "}) == "tagging"
    assert feature_of({b"x-suffice-feature": b""}) == feature_of({}) == "untagged"


def test_the_access_token_is_taken_from_either_key_header() -> None:
    assert admits({b"authorization": b"Bearer token"}, "token")
    assert admits({b"x-api-key": b"token"}, "token")
    assert admits({b"x-suffice-token": b"token", b"authorization": b"Bearer the-clients-own"}, "token")
    assert admits({b"authorization": b"bearer token"}, "token")
    assert not admits({b"authorization": b"Bearer other"}, "token")
    assert not admits({b"x-suffice-token": "tökén".encode()}, "token")
    assert not admits({}, "token")


@pytest.mark.parametrize(
    ("sent", "nanos"),
    [
        (b"12.50", 12_500_000_000),
        (b" 0 ", 0),
        (b"0.000000001", 1),
        (b"999999999999", 999_999_999_999 * 10**9),
    ],
)
def test_stakes_are_plain_dollars(sent: bytes, nanos: int) -> None:
    assert stakes_of({b"x-suffice-stakes-usd": sent}) == (nanos, False)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"high",
        b"$5",
        b"5,00",
        b"1,000",
        b"-1",
        b"1e3",
        b"nan",
        b"inf",
        b".5",
        b"5.",
        b"0.0000000001",
        b"9" * 13,
        b"\xff",
        "٣".encode(),
    ],
)
def test_stakes_that_cannot_be_read_are_told_apart_from_none(sent: bytes) -> None:
    assert stakes_of({b"x-suffice-stakes-usd": sent}) == (None, True)
    assert stakes_of({}) == (None, False)


def test_the_access_token_goes_no_further() -> None:
    own = [(b"authorization", b"Bearer the-clients-own"), (b"x-other", b"token")]
    raw = [
        *own,
        (b"x-api-key", b"token"),
        (b"authorization", b"Bearer token"),
        (b"x-suffice-token", b"token"),
    ]
    assert to_upstream(without_token(raw, "token"), OPENAI, readable=False) == [
        (b"authorization", b"Bearer the-clients-own"),
        (b"x-other", b"token"),
    ]


@pytest.mark.parametrize(
    ("headers", "wish"),
    [
        ({}, "any"),
        ({b"x-suffice-baseline": b" Always "}, "forced"),
        ({b"x-suffice-baseline": b"never"}, "any"),
        ({b"x-stainless-retry-count": b"1"}, "retry"),
        ({b"x-stainless-retry-count": b"0"}, "any"),
        ({b"x-stainless-retry-count": b"2", b"x-suffice-baseline": b"always"}, "forced"),
    ],
)
def test_what_a_client_wants_served(headers: dict[bytes, bytes], wish: str) -> None:
    assert wish_of(headers) == wish


def test_a_client_opts_out_in_one_word() -> None:
    assert [opted_out({b"x-suffice-route": said}) for said in (b"off", b" OFF ", b"on", b"")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert not opted_out({})

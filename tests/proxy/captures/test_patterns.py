"""What finders find and what they leave alone, in linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.proxy.captures.patterns import (
    FINDERS,
    Finder,
    api_keys,
    cards,
    emails,
    ibans,
    ips,
    phones,
    private_keys,
)

PEM = """-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEA0123456789abcdef
qrstuvwxyz0123456789+/==
-----END RSA PRIVATE KEY-----"""
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln"
IBANS = ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819"]
MAILS = ["jo.d+x@mail.example.com", "jörg.müller@firma.de"]
CUT = "-----BEGIN PRIVATE KEY-----\\nMIIEowIBAAKCAQEA0123456789abcdef"


def found(finder: Finder, text: str) -> list[str]:
    return [text[start:end] for start, end, _ in finder(text)]


@pytest.mark.parametrize(
    ("finder", "text", "spans"),
    [
        (api_keys, "use sk-proj-abc123DEF456ghi789jkl now", ["sk-proj-abc123DEF456ghi789jkl"]),
        (api_keys, "AKIAIOSFODNN7EXAMPLE", ["AKIAIOSFODNN7EXAMPLE"]),
        (api_keys, "(ghp_" + "a1B2" * 9 + ")", ["ghp_" + "a1B2" * 9]),
        (api_keys, "xoxb-1234567890-abcdef", ["xoxb-1234567890-abcdef"]),
        (api_keys, "sk_live_" + "a1B2" * 6, ["sk_live_" + "a1B2" * 6]),
        (api_keys, "AIza" + "a1B2_" * 7, ["AIza" + "a1B2_" * 7]),
        (api_keys, f"t={JWT};", [JWT]),
        (api_keys, "Authorization: Bearer abcdef0123456789.xyz", ["abcdef0123456789.xyz"]),
        (api_keys, 'PASSWORD = "hunter2hunter2"', ["hunter2hunter2"]),
        (api_keys, "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", ["wJalrXUtnFEMI/K7MDENG"]),
        (api_keys, "postgres://app:s3cret@db.example/x", ["s3cret"]),
        (private_keys, f"key: {PEM} end", [PEM]),
        (private_keys, f'{{"key": "{CUT}", "n": 1}}', [CUT]),
        (private_keys, f"{CUT} and {PEM}", [CUT, PEM]),
        (cards, "4111 1111 1111 1111 12/28, 5500-0000-0000-0004", ["4111 1111 1111 1111", "5500-0000-0000-0004"]),
        (cards, "378282246310005 or 3782 822463 10005", ["378282246310005", "3782 822463 10005"]),
        (ibans, "DE89 3704 0044 0532 0130 00 IS IT, GB29NWBK60161331926819.", IBANS),
        (ibans, "PL61 1090 1014 0000 0712 1981 2874 THIS", ["PL61 1090 1014 0000 0712 1981 2874"]),
        (emails, "<jo.d+x@mail.example.com>, jörg.müller@firma.de.", MAILS),
        (emails, "发给jo@example.com谢谢 a@b@example.org", ["jo@example.com", "b@example.org"]),
        (phones, "+49 (0)171 2345678 or (415) 555-2671", ["+49 (0)171 2345678", "(415) 555-2671"]),
        (phones, "0171 2345678, 030/1234567, 0044 20 7946 0958", ["0171 2345678", "030/1234567", "0044 20 7946 0958"]),
        (ips, "from 192.168.7.21 to 2001:db8::8a2e:370:7334", ["192.168.7.21", "2001:db8::8a2e:370:7334"]),
    ],
)  # fmt: skip
def test_it_is_found(finder: Finder, text: str, spans: list[str]) -> None:
    assert sorted(found(finder, text)) == sorted(spans)


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn-estimators-are-great-tools, task-12345678901234567890",
        "token: str = get_token(); password: required; the secret: nobody knew",
        "4111 1111 1111 1112 and 1795478400000000000 ns and order 55000000000000041",
        "DE88 3704 1144 1532 1130 11 and AB12 CDEF 3456 7890",
        "x @ y, @handle, user@localhost, a@b, decorator @app.route('/x')",
        "on 2024-01-02 at 10:30:45, 12,345,678 rows, 3.14159265, 1.5e10, 100 200 3000",
        "version 3.11.2, 127.0.0.1, 0.0.0.0, 999.1.1.1, std::vector<int>, a::b, 12:30:45, ::1",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "uuid 123e4567-e89b-12d3-a456-426614174000 sha 9f86d081884c7d659a2feaa0c55ad015",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    assert [span for finders in FINDERS.values() for finder in finders for span in finder(text)] == []


@given(st.text(alphabet=st.sampled_from(list("abAK09 @.:+-_/()\n=\"'{}sk-eyJ")), max_size=80))
def test_spans_lie_in_the_text_and_have_a_kind(text: str) -> None:
    for finders in FINDERS.values():
        for finder in finders:
            assert all(0 <= start < end <= len(text) and kind.isupper() for start, end, kind in finder(text))


@pytest.mark.parametrize(
    "piece",
    ["a", "0", "001 ", "1.", "a@", "a.", "eyJabcdefghijk.", "sk-", "-----BEGIN PRIVATE KEY-----\n", "bearer ",
     "password=aaaaaaaaaaaa ", "a:", "DE89 3704 ", "4111 1111 ", "://a:b", "+1 2 ", "(0", "Bearer" + " " * 50],
)  # fmt: skip
def test_hostile_repetition_ends(piece: str) -> None:
    # What is quadratic takes minutes here, and runs into the time limit of every test.
    text = piece * (400_000 // len(piece))
    assert all(list(finder(text)) is not None for finders in FINDERS.values() for finder in finders)

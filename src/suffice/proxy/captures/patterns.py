"""What secrets and personal data look like: each finder yields spans of a text with their kind.

All run in time linear in the text, whatever it holds: an expression begins at a letter that cannot stand before itself,
or with a fixed word, and what its form alone does not prove is checked (Luhn, mod 97, the rules of IP addresses).
Precision comes first: a placeholder where none belongs changes what a prompt asks.

Sources: the prefixes are those that the issuers document; ISO/IEC 7812-1 (Luhn), ISO 13616 (IBAN, and its registry of
lengths); the rest is house heuristic.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

Span = tuple[int, int, str]
"""Start, end and kind of what was found."""
Finder = Callable[[str], Iterable[Span]]

_KEY_MARK = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINES = re.compile(r"(?:\s|\\[nr]|[A-Za-z0-9+/=]{16,})*")

# Each with what its text must contain: looking for that is far quicker than any expression.
_PREFIXED: Mapping[str, re.Pattern[str]] = {
    prefix: re.compile(rf"{re.escape(prefix)}(?<![A-Za-z0-9_-]{re.escape(prefix)}){rest}")
    for prefix, rest in {
        "sk-": r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}",
        "AKIA": r"[A-Z0-9]{16}(?![A-Za-z0-9])",
        "ASIA": r"[A-Z0-9]{16}(?![A-Za-z0-9])",
        **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{30,}"),
        "github_pat_": r"[A-Za-z0-9_]{22,}",
        "glpat-": r"[A-Za-z0-9_-]{20,}",
        "xox": r"[abeprs]-[A-Za-z0-9-]{10,}",
        "AIza": r"[A-Za-z0-9_-]{35}",
        "ya29.": r"[A-Za-z0-9_-]{20,}",
        **dict.fromkeys(("hf_", "gsk_", "npm_", "r8_"), r"[A-Za-z0-9]{30,}"),
        **dict.fromkeys(("sk_", "rk_", "whsec_"), r"(?:live_|test_)?[A-Za-z0-9]{20,}"),
        "SG.": r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        "dop_v1_": r"[a-f0-9]{64}",
        "pypi-": r"[A-Za-z0-9_-]{50,}",
    }.items()
}
_JWT = re.compile(r"eyJ(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?")
_BEARER = re.compile(r"earer +(?=[A-Za-z._~+/-]*[0-9])([A-Za-z0-9._~+/-]{16,}=*)")
_NAMES = ("api_key", "api-key", "apikey", "secret", "ss_token", "ss-token", "sstoken", "auth_token", "passw")
_ASSIGNED = re.compile(
    r"(?i)(?:api[_-]?key|secret(?:[_-]?(?:access)?[_-]?key)?|access[_-]?token|auth[_-]?token|passw(?:or)?d)"
    r"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?"
    r"(?=[^\s\"'`,;(){}<>\[\]\\0-9]{0,200}[0-9])([^\s\"'`,;(){}<>\[\]\\]{8,200})"
)
_URL_PASSWORD = re.compile(r"://[^\s/:@\"'<>\\]{1,100}:([^\s/:@\"'<>\\]{1,100})@")

# These begin with a set of characters, and look behind it only then: the engine skips to the next one of the set.
_CARD = re.compile(
    r"[2-6](?<![\w.-].)(?:(?:\d{3}([ -])\d{4}\1\d{4}\1\d{4})|(?:\d{3}([ -])\d{6}\2\d{4,5})|\d{12,18})(?![\w-])"
)
_IBAN = re.compile(r"[A-Z](?<![A-Za-z0-9].)[A-Z]\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?")
_LATIN = "A-Za-z0-9\u00c0-\u024f"
_LONGEST_LOCAL = 64
_LOCAL = re.compile(rf"[{_LATIN}_.%+-]*\Z")
_DOMAIN = re.compile(
    rf"(?:[{_LATIN}](?:[{_LATIN}-]{{0,61}}[{_LATIN}])?\.){{1,8}}[A-Za-z\u00c0-\u024f]{{2,24}}(?![{_LATIN}-])"
)
_PHONES = (
    re.compile(r"[+0](?<![\w.+-].)(?:(?<=\+)|0)[1-9](?:[ ./()-]{0,2}\d){7,13}(?![\w-])"),
    re.compile(r"[(2-9](?<![\w.-].)(?:(?<=\()[2-9]\d{2}\) ?|\d{2}[-. ])[2-9]\d{2}[-. ]\d{4}(?![\w-])"),
    re.compile(r"[(0](?<![\w.,-].)(?:(?<=0)|0)\d{2,4}(?:\) ?|[ /-])\d{3,5}(?:[ -]?\d{2,5}){0,2}(?![\w-])"),
)
_IPV4 = re.compile(r"\d(?<![\w.].)\d{0,2}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"[0-9A-Fa-f:](?<![\w:.].)[0-9A-Fa-f:]{3,40}(?![\w:])")

# Length of an account number by country; the registry of ISO 13616, of the countries that have one for years.
_IBAN_LENGTHS: Mapping[str, int] = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip


def private_keys(text: str) -> Iterator[Span]:
    """Yields PEM blocks of private keys; of one that is cut off, all that looks like its lines."""
    begun = -1
    begun_end = 0
    for mark in _KEY_MARK.finditer(text) if "PRIVATE KEY" in text else ():
        if mark[1] == "END":
            if begun >= 0:
                yield begun, mark.end(), "PRIVATE_KEY"
            begun = -1
        else:
            if begun >= 0:
                yield begun, _lines_end(text, begun_end), "PRIVATE_KEY"
            begun, begun_end = mark.start(), mark.end()
    if begun >= 0:
        yield begun, _lines_end(text, begun_end), "PRIVATE_KEY"


def _lines_end(text: str, start: int) -> int:
    match = _KEY_LINES.match(text, start)
    return start if match is None else start + len(match[0].rstrip())


def api_keys(text: str) -> Iterator[Span]:
    """Yields keys and tokens that are known by their form, or by the name that they are given to."""
    for prefix, pattern in _PREFIXED.items():
        if prefix in text:
            yield from _spans(pattern, text, "API_KEY")
    if "eyJ" in text:
        yield from _spans(_JWT, text, "TOKEN")
    if "earer " in text:
        yield from _spans(_BEARER, text, "TOKEN", group=1)
    if "://" in text:
        yield from _spans(_URL_PASSWORD, text, "SECRET", group=1)
    lower = text.lower()
    if any(name in lower for name in _NAMES):
        yield from _spans(_ASSIGNED, text, "SECRET", group=1)


def _spans(pattern: re.Pattern[str], text: str, kind: str, *, group: int = 0) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield match.start(group), match.end(group), kind


def cards(text: str) -> Iterator[Span]:
    """Yields card numbers: of a known beginning and grouping, with the right check digit (Luhn)."""
    for match in _CARD.finditer(text):
        digits = [int(one) for one in match[0] if one.isdigit()]
        if _luhn(digits):
            yield match.start(), match.end(), "CARD"


def _luhn(digits: list[int]) -> bool:
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def ibans(text: str) -> Iterator[Span]:
    """Yields account numbers: of a known country, its length, and the right check digits (mod 97)."""
    for match in _IBAN.finditer(text):
        wanted = _IBAN_LENGTHS.get(match[0][:2], 0)
        end, taken = match.start(), 0
        while taken < wanted and end < match.end():
            taken += text[end] != " "
            end += 1
        number = text[match.start() : end].replace(" ", "")
        if taken == wanted > 0 and not text[end : end + 1].isalnum() and _mod_97(number):
            yield match.start(), end, "IBAN"


def _mod_97(number: str) -> bool:
    return int("".join(str(int(one, 36)) for one in number[4:] + number[:4])) % 97 == 1


def emails(text: str) -> Iterator[Span]:
    """Yields e-mail addresses."""
    done = 0
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(done, at - _LONGEST_LOCAL), at)
        domain = _DOMAIN.match(text, at + 1) if local is not None and local.start() < at else None
        if local is not None and domain is not None:
            yield local.start(), domain.end(), "EMAIL"
            at = domain.end() - 1
        done = at + 1
        at = text.find("@", done)


def phones(text: str) -> Iterator[Span]:
    """Yields phone numbers: with a country's code, in North American form, or with a leading zero and an area code."""
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            if 9 <= sum(map(str.isdigit, match[0])) <= 15:
                yield match.start(), match.end(), "PHONE"


def ips(text: str) -> Iterator[Span]:
    """Yields IP addresses that are somebody's: not loopback, not unspecified."""
    patterns = [_IPV4] * (text.count(".") >= 3) + [_IPV6] * ("::" in text or text.count(":") >= 7)
    for pattern in patterns:
        for match in pattern.finditer(text):
            if _somebodys(match[0]):
                yield match.start(), match.end(), "IP"


def _somebodys(text: str) -> bool:
    # "a::b" is an address to the letter, and in programs a name.
    if ":" in text and sum(1 for group in text.split(":") if group) < 3:
        return False
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


FINDERS: Mapping[str, tuple[Finder, ...]] = {
    "secrets": (private_keys, api_keys, cards, ibans),
    "personal": (emails, phones, ips),
}
"""By the name that `captures.redact` gives them."""

"""What importers read with: values of untrusted records, and what they say of an entry. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from suffice.ledger.usage import read_usage
from suffice.types import ClientApi, Usage

Entry = Mapping[str, Any]
"""One entry of a log. Untrusted: any value may have any type."""

UNTAGGED = "untagged"
_LONGEST_FEATURE = 200
_TELLING_ID = 12
"""An id shorter than this may well be a line's number: two logs can have it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NANOS = Decimal(1_000_000_000)
_MOST_USD = Decimal(1_000_000_000)
_LATEST_S = 1e11
_PATHS: Mapping[str, ClientApi] = {
    "/chat/completions": "chat_completions",
    "/responses": "responses",
    "/messages": "messages",
    "/embeddings": "embeddings",
}
_PROVIDERS: Mapping[str, str] = {
    "gcp.gemini": "gemini",
    "gcp.gen_ai": "gemini",
    "google": "gemini",
    "x_ai": "xai",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "togetherai": "together",
}
"""Names that logs have for providers, where settings have another."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class UnreadableError(Exception):
    """An entry cannot be read as a call.

    Args:
        reason: A snake_case code, or a code, a colon and detail.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SkippedError(Exception):
    """An entry is readable, and is no call that a trial could ask again.

    Args:
        reason: A snake_case code: embedding, failed_call, no_content, cache_hit, not_a_call, legacy_completion.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator says about a log."""

    feature_field: tuple[str, ...] = ()
    """Path to the field that names the use case; empty for the format's own."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a call whose other parts are in other lines or files."""

    key: str
    """What the parts have in common."""
    kind: str
    entry: Entry


def itself(record: Entry) -> Iterable[Entry]:
    """Yields the record: the `expand` of formats with one call a line."""
    return (record,)


def whole(parts: Sequence[Part]) -> Iterable[Entry]:
    """Yields the entries of the parts: the `join` of formats that have no parts."""
    return [part.entry for part in parts]


def both_sides(parts: Sequence[Part]) -> Iterable[Entry]:
    """Yields the entry that an input and an output make: the `join` of batches.

    Raises:
        UnreadableError: One side is missing, or there are several of it.
    """
    inputs = [part.entry for part in parts if part.kind == "input"]
    outputs = [part.entry for part in parts if part.kind == "output"]
    if not inputs:
        raise UnreadableError("no_input: import the requests of the batch together with its results")
    if not outputs:
        raise UnreadableError("no_output: import the results of the batch together with its requests")
    if any(one != inputs[0] for one in inputs) or any(one != outputs[0] for one in outputs):
        raise UnreadableError("ambiguous_custom_id: several batches use it, import them one by one")
    return [{**outputs[0], **inputs[0]}]


def text(value: object) -> str:
    """Returns a text, stripped; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""


def mapping(value: object) -> Entry:
    """Returns a JSON object, also one that was logged as text; empty for anything else."""
    value = decoded(value)
    return value if isinstance(value, dict) else {}


def decoded(value: object) -> Any:
    """Returns what a text of JSON holds, where it is an object or a list; anything else as it is.

    >>> decoded('[1, 2]'), decoded('12'), decoded('{broken')
    ([1, 2], '12', '{broken')
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return _decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def first(entry: Entry, *names: str) -> Any:
    """Returns the first value under these names that is there and not empty; `None` if there is none."""
    for name in names:
        value = entry.get(name)
        if value is not None and value != "":
            return value
    return None


def identity(entry: Entry, *own: object) -> str:
    """Returns the id of an entry: its own, or a digest of it.

    An own id that is too short to be unique among logs gets the digest beside it.

    Args:
        entry: The whole entry.
        own: Ids that it names, the best first.

    >>> identity({}, "chatcmpl-0123456789"), identity({"a": 1}, 7)
    ('chatcmpl-0123456789', '7-7823357dd1d3')
    """
    named = next((str(one) for one in own if isinstance(one, str | int) and str(one).strip()), "").strip()
    if len(named) >= _TELLING_ID:
        return named
    digest = hashlib.blake2b(_encode(entry), digest_size=6 if named else 12).hexdigest()
    return f"{named}-{digest}" if named else digest


def time_ns(value: object) -> int | None:
    """Returns a Unix time in nanoseconds; `None` if it cannot be read, or is no time of a call: up to 1970, after 2262.

    The first moment of 1970, or of the year 1, is what databases and programs write for no time at all.

    Args:
        value: ISO 8601, UTC where it names no zone; or seconds, milliseconds, microseconds or nanoseconds since 1970,
            told apart by their size.

    >>> time_ns("2026-03-09T00:00:01Z") == time_ns("2026-03-09 00:00:01.000000") == time_ns(1773014401)
    True
    >>> time_ns(1773014401_000) == time_ns("1773014401000000000"), time_ns("yesterday")
    (True, None)
    """
    if isinstance(value, str):
        value = value.strip()
        if not value.isdecimal():
            return _iso_ns(value)
        value = int(value)
    if isinstance(value, datetime):
        return _a_time(_datetime_ns(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e19:
        return None
    scale = 1_000_000_000
    while value > _LATEST_S * (1_000_000_000 // scale):
        scale //= 1000
        if scale == 0:
            return None
    return _a_time(value * scale if isinstance(value, int) else round(value * 1_000_000) * scale // 1_000_000)


def _iso_ns(value: str) -> int | None:
    try:
        return _a_time(_datetime_ns(datetime.fromisoformat(value)))
    except ValueError:
        return None


def _a_time(unix_ns: int) -> int | None:
    return unix_ns if 0 < unix_ns < 1 << 63 else None


def _datetime_ns(value: datetime) -> int:
    at = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return (at - _EPOCH) // _MICROSECOND * 1000


def usd_nanos(value: object) -> int | None:
    """Returns dollars as nano-dollars, rounded half to even; `None` if it is no amount.

    >>> usd_nanos(0.000123), usd_nanos("1.5"), usd_nanos(float("nan")), usd_nanos(-1)
    (123000, 1500000000, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value))
        return int((amount * _NANOS).to_integral_value()) if 0 <= amount <= _MOST_USD else None
    except InvalidOperation:
        return None


def number(value: object) -> float | None:
    """Returns a number of at least 0, also one that was logged as text; `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < float("inf") else None


def count(value: object) -> int | None:
    """Returns a whole number of at least 0, also one that was logged as text; `None` for anything else."""
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # Not by way of a float: nanoseconds since 1970 are longer than it is exact.
        return value if value >= 0 else None
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def tokens(  # noqa: PLR0913 -- one argument a count
    given: object,
    made: object,
    *,
    cached: object = None,
    written: object = None,
    reasoning: object = None,
    tier: str | None = None,
) -> Usage | None:
    """Returns usage of counts that stand beside each other, in totals; `None` if they make no sense.

    Args:
        given: Input tokens, cached ones included.
        made: Output tokens, reasoning included.
        cached: Of the input, read from the provider's cache.
        written: Of the input, written to it.
        reasoning: Of the output.
        tier: The service tier that served.
    """
    usage = {
        "prompt_tokens": count(given),
        "completion_tokens": count(made),
        "prompt_tokens_details": {"cached_tokens": count(cached), "cache_write_tokens": count(written)},
        "completion_tokens_details": {"reasoning_tokens": count(reasoning)},
    }
    if usage["completion_tokens"] is None:
        return None
    return read_usage("chat_completions", usage, service_tier=tier)


def provider_named(value: object) -> str:
    """Returns the name that the catalog and the settings have for a log's provider; empty if it says none.

    >>> provider_named("OpenAI"), provider_named("gcp.gemini"), provider_named(None)
    ('openai', 'gemini', '')
    """
    name = text(value).lower()
    return _PROVIDERS.get(name, name)


def api_of_path(path: object) -> ClientApi | None:
    """Returns the client API of a path or an address; `None` for any other.

    >>> api_of_path("https://api.openai.com/v1/chat/completions?x=1"), api_of_path("/v1/files")
    ('chat_completions', None)
    """
    trimmed = text(path).split("?")[0].rstrip("/")
    return next((api for ending, api in _PATHS.items() if trimmed.endswith(ending)), None)


def feature_of(options: Options, entry: Entry, *places: object) -> str:
    """Returns the use case that an entry is tagged with; `untagged` if it is not.

    Without `feature_field`, only what calls itself a feature counts: a field `feature`, or a tag `feature:name`.

    Args:
        options: With the field to look for.
        entry: Where its path begins.
        places: Other objects and lists of tags to look in, in this order.

    >>> feature_of(Options(), {"metadata": {"Feature": "triage"}}, {"Feature": "triage"})
    'triage'
    >>> feature_of(Options(feature_field=("team",)), {}, ["env:prod", "team:billing"])
    'billing'
    """
    path = options.feature_field or ("feature",)
    if not options.feature_field and isinstance(own := entry.get("feature"), str) and own.strip():
        return own.strip()[:_LONGEST_FEATURE]
    for place in (entry, *places) if options.feature_field else places:
        if place is None:
            continue
        found = _named(_follow(decoded(place), path))
        if found:
            return found[:_LONGEST_FEATURE]
    return UNTAGGED


def _follow(value: Any, path: tuple[str, ...]) -> Any:
    for depth, name in enumerate(path):
        value = decoded(value)
        if isinstance(value, list):
            return _tagged(value, ".".join(path[depth:]))
        if not isinstance(value, dict):
            return None
        # Attributes of spans have dots in their names.
        if (rest := ".".join(path[depth:])) in value:
            return decoded(value[rest])
        value = value[name] if name in value else _any_case(value, name)
    return decoded(value)


def _any_case(value: Mapping[str, Any], name: str) -> Any:
    wanted = name.lower()
    return next((one for key, one in value.items() if isinstance(key, str) and key.lower() == wanted), None)


def _tagged(tags: list[Any], name: str) -> str | None:
    for tag in tags:
        key, colon, rest = tag.partition(":") if isinstance(tag, str) else ("", "", "")
        if colon and key.strip().lower() == name.lower():
            return rest.strip()
    return None


def _named(value: Any) -> str:
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, str)), None)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""

"""Reads what a provider reports of a call's tokens into one convention: totals, and subsets of them.

OpenAI's totals include what its cache served; Anthropic's `input_tokens` leave out what was read from and
written to the cache; reasoning is inside the output for both. OpenAI-compatible vendors deviate: where the
parts and the total disagree, the total decides. What cannot be read is `None`, unknown; it is never taken for
zero.

Sources: OpenAI API reference, "usage" of chat completions, responses and embeddings, and "Built-in tools" among its
prices; Anthropic API reference, "usage", and "Compaction at a token threshold" and "Advisor tool" for its
`iterations`; DeepSeek API reference, "prompt_cache_hit_tokens"; Kimi (Moonshot) API reference, "cached_tokens".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from suffice.types import ClientApi, Usage

MOST_TOKENS = 1_000_000_000
"""A count beyond this is a mistake, not a call."""

_SUMMARY = "compaction"
"""Kind of an iteration of Anthropic's: the model that serves sums up the conversation first."""
_SEARCH = "web_search"
_NO_SURCHARGE = frozenset({"", "standard", "global", "not_available"})


_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)] | None


class _Details(msgspec.Struct, gc=False):
    """Parts of one total. What is absent or null is unknown."""

    cached_tokens: _Count = None
    cache_write_tokens: _Count = None
    reasoning_tokens: _Count = None
    audio_tokens: _Count = None


class CompletionsUsage(msgspec.Struct, gc=False):
    """What chat completions and embeddings report of a call; `None` is unknown."""

    into: _Count = msgspec.field(default=None, name="prompt_tokens")
    out: _Count = msgspec.field(default=None, name="completion_tokens")
    into_details: _Details | None = msgspec.field(default=None, name="prompt_tokens_details")
    out_details: _Details | None = msgspec.field(default=None, name="completion_tokens_details")
    total_tokens: _Count = None
    prompt_cache_hit_tokens: _Count = None
    cached_tokens: _Count = None


class ResponsesUsage(msgspec.Struct, gc=False):
    """What responses report of a call: the same by other names."""

    into: _Count = msgspec.field(default=None, name="input_tokens")
    out: _Count = msgspec.field(default=None, name="output_tokens")
    into_details: _Details | None = msgspec.field(default=None, name="input_tokens_details")
    out_details: _Details | None = msgspec.field(default=None, name="output_tokens_details")
    total_tokens: _Count = None
    prompt_cache_hit_tokens: _Count = None
    cached_tokens: _Count = None


Told = CompletionsUsage | ResponsesUsage
"""A report in one of OpenAI's forms. What does not fit them `read_usage` may still read."""

_NO_DETAILS = _Details()


class _UnreadableError(ValueError):
    """A count is there and makes no sense."""


def read_usage(api: ClientApi, usage: object, *, service_tier: str | None = None) -> Usage | None:
    """Returns the usage of one call, or `None` if the report cannot be read.

    Args:
        api: Whose conventions the report follows.
        usage: The decoded `usage` object of the response.
        service_tier: The response's own `service_tier`, where that is outside of `usage`.
    """
    if not isinstance(usage, dict):
        return None
    try:
        if api == "messages":
            return _messages(usage, service_tier)
        return _read(_openai(usage, ResponsesUsage if api == "responses" else CompletionsUsage), service_tier)
    except (_UnreadableError, msgspec.ValidationError):
        return None


def usage_of(told: Told, *, service_tier: str | None = None) -> Usage | None:
    """Returns the usage of one call, or `None` if the report makes no sense.

    Args:
        told: The report, as it was decoded.
        service_tier: The response's own `service_tier`.
    """
    try:
        return _read(told, service_tier)
    except _UnreadableError:
        return None


def with_hosted(usage: Usage, hosted: Mapping[str, int]) -> Usage:
    """Returns a usage with the calls of tools that the provider ran and bills by the piece, where its report has none.

    Searches are priced where a price is known; the rest, as part of the tier, leaves the cost unknown.

    Args:
        usage: As the provider reports it.
        hosted: How many calls of each tool.
    """
    others = sorted(hosted.keys() - {_SEARCH})
    tier = usage.service_tier if not others else "+".join([usage.service_tier or "default", *others])
    return msgspec.structs.replace(usage, web_searches=hosted.get(_SEARCH, 0), service_tier=tier)


def _openai(usage: Mapping[str, Any], kind: type[CompletionsUsage | ResponsesUsage]) -> Told:
    try:
        return msgspec.convert(usage, kind)
    except msgspec.ValidationError:
        return msgspec.convert(_without_odd_parts(usage), kind)


def _read(said: Told, tier: str | None) -> Usage:
    details, made = said.into_details or _NO_DETAILS, said.out_details or _NO_DETAILS
    total_in, total_out, total = said.into, said.out, said.total_tokens
    if total_in is None:
        raise _UnreadableError
    if total_out is None:
        # Embeddings generate nothing and do not say so.
        total_out = 0 if total is None else total - total_in
    elif total is not None and total_out < total - total_in:
        # Some vendors count reasoning beside the output and not inside it; the total gives them away.
        total_out = total - total_in
    read, written = details.cached_tokens, details.cache_write_tokens or 0
    if read is None:
        # OpenAI's place is empty; then DeepSeek's, then Moonshot's; 0 where nobody says anything.
        hit = said.prompt_cache_hit_tokens
        read = (said.cached_tokens or 0) if hit is None else hit
    reasoning, heard, spoken = made.reasoning_tokens or 0, details.audio_tokens or 0, made.audio_tokens or 0
    # None is below zero, so that no output is either.
    if read + written > total_in or heard > total_in or reasoning > total_out or spoken > total_out:
        raise _UnreadableError
    return Usage(
        input_tokens=total_in,
        output_tokens=total_out,
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=reasoning,
        input_audio_tokens=heard,
        output_audio_tokens=spoken,
        service_tier=tier,
    )


def _without_odd_parts(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns a report without details that are no objects: they say nothing, and the totals still do."""
    return {
        name: value
        for name, value in usage.items()
        if not (isinstance(name, str) and name.endswith("_details")) or isinstance(value, dict)
    }


def _messages(usage: Mapping[str, Any], tier: str | None) -> Usage:
    uncached = out = read = written = hour = 0
    # Totals leave out what summarising the conversation took.
    for part in (usage, *(one for one in _iterations(usage) if one.get("type") == _SUMMARY)):
        own_uncached, own_out = _count(part, "input_tokens"), _count(part, "output_tokens")
        if own_uncached is None or own_out is None:
            raise _UnreadableError
        uncached, out = uncached + own_uncached, out + own_out
        read += _count(part, "cache_read_input_tokens") or 0
        written += _count(part, "cache_creation_input_tokens") or 0
        hour += _count(_part(part, "cache_creation"), "ephemeral_1h_input_tokens") or 0
    if hour > written:
        raise _UnreadableError
    return Usage(
        # Nothing that was read or written can be more than this, and no count is below zero.
        input_tokens=uncached + read + written,
        output_tokens=out,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
        web_searches=_count(_part(usage, "server_tool_use"), "web_search_requests") or 0,
        service_tier=_served_tier(usage, tier),
    )


def _iterations(usage: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = usage.get("iterations")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _served_tier(usage: Mapping[str, Any], tier: str | None) -> str | None:
    """Returns what names the price: Anthropic charges more for fast mode and for a region, said beside the tier.

    What another model did on the way, such as an advisor, is in no total and has prices of its own: as part of the tier
    it leaves the cost unknown.
    """
    said = usage.get("service_tier")
    served = said if isinstance(said, str) else tier
    parts = [served] if served not in (None, "standard") else []
    parts += [
        extra
        for name in ("speed", "inference_geo")
        if isinstance(extra := usage.get(name), str) and extra not in _NO_SURCHARGE
    ]
    kinds = {kind for one in _iterations(usage) if isinstance(kind := one.get("type"), str)}
    parts += sorted(kinds - {"message", _SUMMARY})
    return "+".join(parts) or served


def _part(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = usage.get(name)
    return part if isinstance(part, dict) else {}


def _count(part: Mapping[str, Any], name: str) -> int | None:
    """Returns a count; `None` if it is absent. A count of another type, below zero or absurd is unreadable."""
    value = part.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= MOST_TOKENS:
        raise _UnreadableError
    return value

"""OpenAI's Chat Completions: usage comes in an extra chunk for who asked for it; `[DONE]` ends a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.proxy.sse import data_of
from suffice.proxy.transcript import Envelope, Transcript, Verdict


class _Chunk(Envelope):
    choices: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode

# Any count of a usage says it, however its JSON is spaced; in a text its quotes would be escaped.
TELLING = (b"[DONE]", b'_tokens"')
UNASKED = b',"usage":null'


def see(event: bytes, transcript: Transcript, asked: bool) -> tuple[Verdict, bytes]:
    """Reads one event into the transcript.

    Args:
        event: A whole event with its blank line.
        transcript: Where model, usage and text are noted.
        asked: suffice asked for usage, not the client: then the extra chunk is dropped, and the empty `usage` field
            that every other chunk carries for the asking is taken out again.

    Returns:
        The verdict and the bytes to forward.
    """
    data = data_of(event)
    if data == b"[DONE]":
        return Verdict.LAST, event
    try:
        chunk = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Verdict.FORWARD, event
    transcript.take(chunk)
    transcript.keep(event)
    if not asked:
        return Verdict.FORWARD, event
    if isinstance(chunk.usage, Mapping) and chunk.choices == []:
        return Verdict.DROP, b""
    return Verdict.FORWARD, event.replace(UNASKED, b"")


def ask_for_usage(body: bytes, read: Mapping[str, Any]) -> bytes | None:
    """Adds `stream_options.include_usage` to a streaming request that lacks it.

    Where the client sent no `stream_options` at all, its bytes stay as they are and the field is put before the
    closing brace. Only a request with other stream options is encoded anew.
    """
    if read.get("stream") is not True:
        return None
    options = read.get("stream_options")
    if options is None and "stream_options" not in read:
        end = body.rstrip()
        return end[:-1] + b',"stream_options":{"include_usage":true}}'
    if options is not None and not isinstance(options, dict):
        return None
    if options and options.get("include_usage") is True:
        return None
    return msgspec.json.encode({**read, "stream_options": {**(options or {}), "include_usage": True}})

"""Answers OpenAI's embeddings API with vectors that depend on the text alone."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.testing.replay_upstream.prompt_key import MalformedRequest

_WIDTHS = {"text-embedding-3-large": 3072}
_WIDTH = 1536
_MOST_DIMENSIONS = 4096


def body(request: Mapping[str, Any]) -> bytes:
    """Returns the embeddings of a request's inputs as one JSON document.

    Raises:
        MalformedRequest: `input` or `dimensions` is not what the API takes.
    """
    model = str(request.get("model", ""))
    inputs = _inputs(request.get("input"))
    width = request.get("dimensions", _WIDTHS.get(model, _WIDTH))
    if not isinstance(width, int) or not 1 <= width <= _MOST_DIMENSIONS:
        raise MalformedRequest(f"Invalid value for 'dimensions': expected 1 to {_MOST_DIMENSIONS}.")
    as_base64 = request.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": at, "embedding": _vector(text, width, as_base64=as_base64)}
        for at, text in enumerate(inputs)
    ]
    tokens = sum(math.ceil(len(text) / 4) for text in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return msgspec.json.encode({"object": "list", "data": data, "model": model, "usage": usage})


def _inputs(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list) or not given:
        raise MalformedRequest("Missing required parameter: 'input'.")
    if all(isinstance(item, int) for item in given):
        return [str(given)]
    return [item if isinstance(item, str) else str(item) for item in given]


def _vector(text: str, width: int, *, as_base64: bool) -> list[float] | str:
    noise = struct.unpack(f"<{width}h", hashlib.shake_128(text.encode()).digest(2 * width))
    length = math.sqrt(sum(value * value for value in noise)) or 1.0
    vector = [value / length for value in noise]
    return base64.b64encode(struct.pack(f"<{width}f", *vector)).decode() if as_base64 else vector

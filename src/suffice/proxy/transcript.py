"""What a response has shown of itself so far: the model that served, its usage, and the text if usage never comes."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.features.tokens import estimate_tokens
from suffice.ledger.usage import read_usage, with_hosted
from suffice.proxy.headers import printable
from suffice.types import ClientApi, Usage

MAX_KEPT_BYTES = 16 * 1024
"""How many bytes of delta events are kept to estimate usage from; what is beyond is extrapolated by its length."""

_GENERATED = re.compile(
    rb'"(?:content|text|thinking|partial_json|arguments|delta|reasoning_content|reasoning|refusal)":\s*"((?:[^"\\]|\\.)+)"'
)


# In a text of an answer these quotes are escaped, so that only the API's own fields match.
_CUT_OFF = re.compile(rb'"(?:finish_reason|stop_reason|reason)":\s*"(?:length|max_tokens|max_output_tokens)"')


_HOSTED_CALL = re.compile(rb'"type":\s*"(web_search|file_search|code_interpreter|image_generation)_call"')

_PAGE_LOOKED_AT = re.compile(rb'"type":\s*"(?:open_page|find_in_page)"')


class Verdict(enum.Enum):
    """What to do with one event of a stream."""

    FORWARD = "forward"
    DROP = "drop"
    """It is there only because suffice asked for it."""
    LAST = "last"
    """Forward it, but settle first: the client may be gone when it has read this."""


class Envelope(msgspec.Struct):
    """The part of a response, or of a stream's event, that says who served and what it took. The rest is skipped."""

    model: Any = None
    usage: Any = None
    service_tier: Any = None


_decode_envelope = msgspec.json.Decoder(Envelope).decode


class Transcript:
    """Collects the model, the usage and the generated text of one response.

    Args:
        api: Whose conventions the usage follows.
    """

    __slots__ = (
        "_api",
        "_complete",
        "_deltas",
        "_hosted",
        "kept_bytes",
        "model",
        "seen_bytes",
        "service_tier",
        "usage",
    )

    def __init__(self, api: ClientApi) -> None:
        self._api = api
        self._deltas: list[bytes] = []
        self.kept_bytes = 0
        self.seen_bytes = 0
        self._complete = False
        self._hosted: Mapping[str, int] = {}
        self.model: str | None = None
        self.service_tier: str | None = None
        self.usage: dict[str, Any] = {}

    def take(self, part: Envelope, *, complete: bool = True) -> None:
        """Notes what an envelope says; what it does not say stays as it was.

        Args:
            part: A response, or the part of an event that looks like one.
            complete: Whether usage in this part counts the whole call; Anthropic's first event counts the input only.
        """
        if isinstance(part.model, str) and part.model:
            self.model = printable(part.model)
        if isinstance(part.service_tier, str):
            self.service_tier = printable(part.service_tier)
        if isinstance(part.usage, dict):
            if self.usage:
                self.usage.update((name, count) for name, count in part.usage.items() if count is not None)
            else:
                self.usage = part.usage
            self._complete = complete

    def take_json(self, body: bytes) -> None:
        """Notes what a whole JSON response says; one that cannot be read says nothing."""
        if self._api == "responses":
            self.note_hosted(body)
        try:
            self.take(_decode_envelope(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return

    def note_hosted(self, response: bytes) -> None:
        """Counts the calls of tools that a provider runs and bills by the piece: a Responses' usage tells none of them.

        Args:
            response: All of it, as JSON. In a text the quotes would be escaped.
        """
        if response.find(b'_call"') >= 0:
            self._hosted = _hosted_in(response)

    def keep(self, delta: bytes) -> None:
        """Keeps a delta event in case the stream ends without usage; it is read only then.

        Who passes on many adds to `seen_bytes` alone once `kept_bytes` is `MAX_KEPT_BYTES` or more.
        """
        size = len(delta)
        self.seen_bytes += size
        if self.kept_bytes < MAX_KEPT_BYTES:
            self.kept_bytes += size
            self._deltas.append(delta)

    def settled_usage(self, input_tokens_estimated: int | None, *, streamed: bool) -> Usage | None:
        """Returns the reported usage; failing that, for a stream, an estimate marked as one; else `None`.

        Args:
            input_tokens_estimated: The engine's estimate of the prompt; `None` if it could not read it.
            streamed: Whether text was collected on the way, so that there is something to estimate from.
        """
        reported = read_usage(self._api, self.usage, service_tier=self.service_tier) if self.usage else None
        if reported is not None and self._hosted:
            reported = with_hosted(reported, self._hosted)
        if self._complete and reported is not None:
            return reported
        if not streamed:
            return None
        if reported is not None:
            return msgspec.structs.replace(
                reported, output_tokens=self._estimated_output(), source="estimated"
            )
        if input_tokens_estimated is None:
            return None
        return Usage(
            input_tokens=input_tokens_estimated,
            output_tokens=self._estimated_output(),
            service_tier=self.service_tier,
            source="estimated",
        )

    def _estimated_output(self) -> int:
        pieces = b"".join(match[1] for delta in self._deltas for match in _GENERATED.finditer(delta))
        if not pieces:
            return 0
        try:
            text = msgspec.json.decode(b'"' + pieces + b'"', type=str)
        except (msgspec.DecodeError, UnicodeDecodeError):
            text = pieces.decode("utf-8", "replace")
        return round(estimate_tokens(text) * self.seen_bytes / self.kept_bytes)


def _hosted_in(response: bytes) -> Mapping[str, int]:
    calls = Counter(tool.decode() for tool in _HOSTED_CALL.findall(response))
    # To open a page that was found, or to look into it, is such a call too, and is not billed.
    searches = calls.pop("web_search", 0) - len(_PAGE_LOOKED_AT.findall(response))
    if searches > 0:
        # The earlier tool has prices of its own, by model.
        calls["web_search_preview" if b'"web_search_preview' in response else "web_search"] = searches
    return calls


def cut_off(end: bytes) -> bool:
    """Tells whether the end of an answer's bytes says that its length was limited.

    >>> cut_off(b'data: {"choices":[{"delta":{},"finish_reason":"length"}]}')
    True
    """
    return _CUT_OFF.search(end) is not None

"""What a response has shown of itself so far: the model that served, its usage, and the text if usage never comes."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from suffice.features.tokens import estimate_tokens
from suffice.ledger.usage import CompletionsUsage, ResponsesUsage, Told, read_usage, usage_of, with_hosted
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


class _Completion(Envelope):
    usage: CompletionsUsage | None = None


class _Response(Envelope):
    usage: ResponsesUsage | None = None


_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_completion = msgspec.json.Decoder(_Completion).decode
# How a whole answer is read, where its usage has one of OpenAI's forms.
_DECODE: Mapping[ClientApi, Callable[[bytes], Envelope]] = {
    "chat_completions": _decode_completion,
    "embeddings": _decode_completion,
    "responses": msgspec.json.Decoder(_Response).decode,
}


# What can be noted as usage; anything else says nothing.
_USAGE = (dict, CompletionsUsage, ResponsesUsage)


class Transcript:
    """Collects the model, the usage and the generated text of one response.

    Args:
        api: Whose conventions the usage follows.
    """

    # What a transcript begins with, once for all of them.
    kept_bytes = 0
    seen_bytes = 0
    model: str | None = None
    service_tier: str | None = None
    _complete = False
    _hosted: Mapping[str, int] = {}
    _usage: dict[str, Any] | Told | None = None

    def __init__(self, api: ClientApi) -> None:
        self._api = api
        self.kept: list[bytes] = []

    def take(self, part: Envelope, *, complete: bool = True) -> None:
        """Notes what an envelope says; what it does not say stays as it was.

        Args:
            part: A response, or the part of an event that looks like one.
            complete: Whether usage in this part counts the whole call; Anthropic's first event counts the input only.
        """
        model, tier, usage = part.model, part.service_tier, part.usage
        if isinstance(model, str) and model:
            self.model = printable(model)
        if isinstance(tier, str):
            self.service_tier = printable(tier)
        if isinstance(usage, dict) and isinstance(self._usage, dict):
            self._usage.update((name, count) for name, count in usage.items() if count is not None)
            self._complete = complete
        elif isinstance(usage, _USAGE):
            self._usage, self._complete = usage, complete

    def take_json(self, body: bytes) -> None:
        """Notes what a whole JSON response says; one that cannot be read says nothing."""
        if self._api == "responses":
            self.note_hosted(body)
        try:
            try:
                part = _DECODE.get(self._api, _decode_envelope)(body)
            except msgspec.ValidationError:
                part = _decode_envelope(body)
            self.take(part)
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
        """Keeps a delta event in case the stream ends without usage; it is read only then."""
        size = len(delta)
        self.seen_bytes += size
        if self.kept_bytes < MAX_KEPT_BYTES:
            self.kept_bytes += size
            self.kept.append(delta)

    def settled_usage(self, input_tokens_estimated: int | None, *, streamed: bool) -> Usage | None:
        """Returns the reported usage; failing that, for a stream, an estimate marked as one; else `None`.

        Args:
            input_tokens_estimated: The engine's estimate of the prompt; `None` if it could not read it.
            streamed: Whether text was collected on the way, so that there is something to estimate from.
        """
        usage, tier, reported = self._usage, self.service_tier, None
        if isinstance(usage, dict):
            reported = read_usage(self._api, usage, service_tier=tier)
        elif usage is not None:
            reported = usage_of(usage, service_tier=tier)
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
            service_tier=tier,
            source="estimated",
        )

    def _estimated_output(self) -> int:
        pieces = b"".join(match[1] for delta in self.kept for match in _GENERATED.finditer(delta))
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

"""LEARN: sends one call of a trial to a provider, in the request's own client API, and says what came of it.

What can go wrong, and what it means:

1. Refused for now (408, 409, 429, 5xx): tried again, after what `retry-after` says. If it stays so: a rate limit pauses
   the trial, an error of the provider leaves the unit without a verdict.
2. Broken off, or silent for too long: the provider may have worked and may bill. Each such attempt counts with the
   most that it can have cost.
3. Out of quota, a key that is not accepted, a provider that cannot be reached: no other call would fare better. The
   trial pauses; the call cost nothing and is sent again when the trial goes on.
4. Refused for good (any other 4xx): this model does not serve this request. No verdict.
5. An answer that is no JSON or comes from another model than was asked for: paid for, no verdict.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import stamina
from aiolimiter import AsyncLimiter

from suffice.config import Provider
from suffice.errors import UpstreamError
from suffice.ledger.pricing import PriceOf
from suffice.ledger.usage import read_usage
from suffice.types import ClientApi, Usage, WireFormat
from suffice.upstream.client import UpstreamPool
from suffice.upstream.connection import Headers

PATHS: Mapping[ClientApi, str] = {
    "chat_completions": "chat/completions",
    "responses": "responses",
    "messages": "messages",
}
"""Client APIs that a trial can ask in, and their paths."""
WIRE_OF: Mapping[ClientApi, WireFormat] = {
    "chat_completions": "openai",
    "responses": "openai",
    "messages": "anthropic",
}
_NOT_SENT = frozenset({"stream", "stream_options"})
_TRY_AGAIN = frozenset({408, 409, 425, 429})
_NO_MONEY = re.compile(
    r"insufficient_quota|billing|credit balance|insufficient (?:funds|balance|credits?)", re.IGNORECASE
)
_LONGEST_WAIT_S = 300.0
_FIRST_WAIT_S = 0.5
_WAIT_S = 60.0
_MOST_DETAIL = 200


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A model at a provider."""

    provider: str
    model: str
    """As that provider knows it."""

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"

    @staticmethod
    def parse(text: str) -> Target:
        """Reads `provider/model`; only the first slash parts them.

        >>> Target.parse("together/meta-llama/Llama-3").model
        'meta-llama/Llama-3'
        """
        provider, _, model = text.partition("/")
        return Target(provider=provider, model=model)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of 2xx."""

    body: bytes
    document: Mapping[str, Any] | None
    """The body decoded; `None` if it is no JSON object."""
    served_model: str | None
    usage: Usage | None
    cost_nanos: int | None
    """`None` is unknown."""


class CallFailedError(UpstreamError):
    """A call without an answer.

    Args:
        message: What happened.
        code: Stable name: the reason of no verdict, or why the trial pauses.
        pauses: No other call would fare better: the trial stops, and this call may be sent again.
        billed: The last attempt may have been paid for.
        retry_after_s: What the provider says, where it may be tried again.
        again: Whether it may.
    """

    def __init__(  # noqa: PLR0913 -- what a caller has to know
        self,
        message: str,
        *,
        code: str,
        pauses: bool = False,
        billed: bool = False,
        again: bool = False,
        retry_after_s: float | None = None,
        http_status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, billed=billed)
        self.pauses = pauses
        self.again = again
        self.retry_after_s = retry_after_s
        self.http_status = http_status


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How hard one provider is pressed."""

    concurrency: int = 8
    requests_per_minute: int | None = None
    attempts: int = 5


class _Gate:
    """Lets calls to one provider through at its rate."""

    def __init__(self, limits: Limits) -> None:
        self._concurrency = limits.concurrency
        self._lanes: dict[str, asyncio.Semaphore] = {}
        per_minute = limits.requests_per_minute
        # A minute's worth at once would be refused: the rate is kept within each second, or from call to call.
        self._limiter = (
            None if per_minute is None else AsyncLimiter(max(1.0, per_minute / 60), max(1.0, 60 / per_minute))
        )

    def lane(self, name: str) -> asyncio.Semaphore:
        return self._lanes.setdefault(name, asyncio.Semaphore(self._concurrency))

    async def wait(self) -> None:
        if self._limiter is not None:
            await self._limiter.acquire()


class Caller:
    """Sends calls to the configured providers.

    Args:
        pool: Of connections.
        providers: By name.
        keys: The key to send, by provider; one that is not here is sent none.
        price_of: Prices an answer.
        limits: For each provider.
        now_ns: Unix time.
    """

    def __init__(  # noqa: PLR0913 -- what the composition root puts together
        self,
        pool: UpstreamPool,
        providers: Mapping[str, Provider],
        keys: Mapping[str, str],
        *,
        price_of: PriceOf,
        limits: Limits,
        now_ns: Callable[[], int],
    ) -> None:
        self._pool = pool
        self._providers = providers
        self._keys = keys
        self._price_of = price_of
        self._limits = limits
        self._now_ns = now_ns
        self._gates: dict[str, _Gate] = {}

    async def ask(  # noqa: PLR0913 -- one call and how it is to be sent
        self,
        target: Target,
        api: ClientApi,
        body: Mapping[str, Any],
        *,
        idempotency_key: str,
        before: Callable[[], None] = lambda: None,
        again: Callable[[CallFailedError], bool] = lambda _: True,
        lane: str = "",
    ) -> Reply:
        """Sends a call, and sends it again where that can help.

        Args:
            target: Who answers.
            api: In whose shape the body is.
            body: As `prepared` makes it.
            idempotency_key: The same for the same call, so that a provider which knows it bills once.
            before: Called when it is about to be sent, after all waiting for its turn; what it raises is passed on.
            again: Asked before another attempt: False lets it be the last.
            lane: Calls of one lane wait for each other only: graders, whose time is short, have their own.

        Raises:
            CallFailedError: There is no answer.
        """
        provider = self._providers[target.provider]
        version = "/v1/" if provider.wire == "anthropic" else "/"
        url = provider.base_url.rstrip("/") + version + PATHS[api]
        headers = [*self._headers(provider, api), (b"idempotency-key", idempotency_key.encode())]
        encoded = msgspec.json.encode(body)
        gate = self._gates.setdefault(provider.name, _Gate(self._limits))
        async for attempt in self._attempts(again):
            with attempt:
                async with gate.lane(lane):
                    await gate.wait()
                    if attempt.num == 1:
                        before()
                    raw = await self._send(provider, url, headers, encoded)
        return self._read(target, api, raw)

    def _attempts(self, again: Callable[[CallFailedError], bool]) -> AsyncIterator[stamina.Attempt]:
        left = self._limits.attempts

        def wait(error: Exception) -> bool | float:
            nonlocal left
            left -= 1
            # Whoever is asked for another attempt may count this one as lost: not where there will be none.
            if not isinstance(error, CallFailedError) or not error.again or not left or not again(error):
                return False
            return True if error.retry_after_s is None else error.retry_after_s

        return stamina.retry_context(
            on=wait,
            attempts=self._limits.attempts,
            timeout=None,
            wait_initial=_FIRST_WAIT_S,
            wait_max=_WAIT_S,
        )

    def _headers(self, provider: Provider, api: ClientApi) -> Headers:
        headers: Headers = [
            (b"content-type", b"application/json"),
            (b"accept-encoding", b"identity"),
            (b"user-agent", b"suffice"),
        ]
        key = self._keys.get(provider.name)
        # On an API of OpenAI's that it serves as well, a provider takes its key as OpenAI does.
        native = provider.wire == "anthropic" and WIRE_OF[api] == "anthropic"
        if native:
            headers.append((b"anthropic-version", b"2023-06-01"))
        if key is not None:
            sent = key.encode("utf-8", "surrogateescape")
            headers.append((b"x-api-key", sent) if native else (b"authorization", b"Bearer " + sent))
        return headers

    async def _send(self, provider: Provider, url: str, headers: Headers, body: bytes) -> bytes:
        try:
            with await self._pool.open("POST", url, headers, body) as call:
                raw = await call.whole()
                status, answered = call.status, _texts(call.headers)
        except UpstreamError as error:
            raise CallFailedError(
                f"{provider.name}: {error.message}",
                code="broken_off" if error.billed else "unreachable",
                pauses=not error.billed,
                billed=error.billed,
                again=True,
            ) from error
        if 200 <= status < 300:
            return raw
        raise failure_of(provider.name, status, answered, raw, now_s=self._now_ns() // 1_000_000_000)

    def _read(self, target: Target, api: ClientApi, raw: bytes) -> Reply:
        try:
            document = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            document = None
        if not isinstance(document, dict):
            return Reply(body=raw, document=None, served_model=None, usage=None, cost_nanos=None)
        served = document.get("model")
        tier = document.get("service_tier")
        usage = read_usage(api, document.get("usage"), service_tier=tier if isinstance(tier, str) else None)
        named = served if isinstance(served, str) else None
        return Reply(
            body=raw,
            document=document,
            served_model=named,
            usage=usage,
            cost_nanos=None if usage is None else self._cost(target, named, usage),
        )

    def _cost(self, target: Target, served: str | None, usage: Usage) -> int | None:
        for model in dict.fromkeys(name for name in (served, target.model) if name):
            cost = self._price_of(usage, provider=target.provider, model=model, at_ns=self._now_ns())
            if cost.unknown_because != "no_price":
                return cost.nanos
        return None


def prepared(request: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Returns a logged request as it is asked again: of this model, in one piece, everything else untouched.

    >>> prepared({"model": "a", "stream": True, "seed": 1}, "b")
    {'model': 'b', 'seed': 1}
    """
    return {key: value for key, value in request.items() if key not in _NOT_SENT} | {"model": model}


def failure_of(
    provider: str, status: int, headers: Mapping[str, str], body: bytes, *, now_s: int
) -> CallFailedError:
    """Returns what an answer other than 2xx means.

    Args:
        provider: Its name.
        status: HTTP status.
        headers: Of the answer, names in lower case.
        body: Of the answer.
        now_s: Unix time, for a `retry-after` that is a date.
    """
    said = _said(body)
    message = f"{provider} answered {status}: {said}" if said else f"{provider} answered {status}"
    if status == 402 or (status in {400, 403, 429} and _NO_MONEY.search(said)):
        return CallFailedError(
            f"{message}. Its quota or credit is used up: top it up, then `suffice bakeoff resume`",
            code="out_of_quota",
            pauses=True,
            http_status=status,
        )
    if status in {401, 403}:
        return CallFailedError(
            f"{message}. Its key is not accepted", code="bad_key", pauses=True, http_status=status
        )
    if status in _TRY_AGAIN or status >= 500:
        return CallFailedError(
            message,
            code="rate_limited" if status == 429 else "provider_error",
            pauses=status == 429,
            again=headers.get("x-should-retry") != "false",
            retry_after_s=retry_after_s(headers, now_s=now_s),
            http_status=status,
        )
    return CallFailedError(message, code="rejected", http_status=status)


def retry_after_s(headers: Mapping[str, str], *, now_s: int) -> float | None:
    """Returns how long a provider asks to wait, at most 300 seconds; `None` if it does not say.

    >>> retry_after_s({"retry-after": "2", "retry-after-ms": "1500"}, now_s=0)
    1.5
    """
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d+)?", said):
            return min(float(said) * unit_s, _LONGEST_WAIT_S)
    try:
        wait = parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now_s
    except ValueError:
        return None
    return min(max(wait, 0.0), _LONGEST_WAIT_S)


def same_model(asked: str, served: str | None, name_of: Callable[[str], str]) -> bool:
    """Tells whether an answer comes from the model that was asked for: by the catalog's name, or a version of it.

    An answer that names no model is taken at its word.

    >>> same_model("gpt-4o", "gpt-4o-mini", str), same_model("openai/gpt-4o", "gpt-4o-2024-08-06", str)
    (False, True)
    """
    if not served:
        return True
    # What is asked for as the latest answers with its date.
    named = (_LATEST.sub("", name_of(name.rpartition("/")[2].lower())) for name in (asked, served))
    first, second = map(name_of, named)
    shorter, longer = sorted((first, second), key=len)
    return longer.startswith(shorter) and bool(_VERSION.fullmatch(longer[len(shorter) :]))


_LATEST = re.compile(r"[-@:](?:latest|exp|stable)$")
_VERSION = re.compile(r"(?:[-@:](?:latest|exp|stable|v?\d[\d.-]*))*")


def _said(body: bytes) -> str:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = None
    inner = document.get("error", document) if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        text = body[:_MOST_DETAIL].decode("utf-8", "replace")
    else:
        text = " ".join(str(inner[key]) for key in ("code", "message") if inner.get(key))
    return " ".join(text.split())[:_MOST_DETAIL]


def _texts(headers: Headers) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in headers}

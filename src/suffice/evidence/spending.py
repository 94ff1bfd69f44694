"""LEARN: keeps a trial below its spend cap: the most that a call can cost is set aside before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.ledger.pricing import PriceOf
from suffice.types import Usage

OUTPUT_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
"""Fields that limit an answer, in whichever API."""
_TOKENS_A_PART = 20_000
"""More than a provider counts for one image, page or second of sound. House heuristic."""
_OVERHEAD_TOKENS = 1_000
_MEDIA = frozenset({"image_url", "input_image", "image", "input_audio", "input_file", "file", "document"})


class Budget:
    """What may be spent, what is spent, and what calls under way may still cost. Nano-dollars.

    Args:
        cap_nanos: Spending never exceeds it.
        spent_nanos: What was spent before.
    """

    def __init__(self, *, cap_nanos: int, spent_nanos: int) -> None:
        self.cap_nanos = cap_nanos
        self.spent_nanos = spent_nanos
        self.held_nanos = 0
        self._changed = asyncio.Event()

    async def hold(self, nanos: int) -> bool:
        """Sets aside what a call may cost, as soon as calls under way have left room for it.

        Returns:
            False if it does not fit even then: the cap is reached.
        """
        while not self.fits(nanos):
            if self.held_nanos == 0:
                return False
            self._changed.clear()
            await self._changed.wait()
        self.held_nanos += nanos
        return True

    def fits(self, nanos: int) -> bool:
        """Tells whether so much can be set aside now."""
        return self.spent_nanos + self.held_nanos + nanos <= self.cap_nanos

    def lose(self, nanos: int) -> bool:
        """Counts what is held for an attempt as spent, and holds as much for the next; False if that does not fit."""
        fits = self.fits(nanos)
        if fits:
            self.spent_nanos += nanos
        return fits

    def settle(self, held_nanos: int, cost_nanos: int) -> None:
        """Takes what a call did cost in place of what was set aside for it."""
        self.held_nanos -= held_nanos
        self.spent_nanos += cost_nanos
        self._changed.set()


def most_nanos(  # noqa: PLR0913 -- a call and what prices it
    body: Mapping[str, Any],
    *,
    price_of: PriceOf,
    provider: str,
    model: str,
    most_output_tokens: int,
    at_ns: int,
) -> int | None:
    """Returns the most that a call can cost; `None` where there is no price for it.

    Text is never more tokens than bytes. The answer is as long as the request allows, else as the model can.

    Args:
        body: As it will be sent.
        price_of: Prices usage.
        provider: Its name.
        model: As that provider knows it.
        most_output_tokens: The model's own limit.
        at_ns: Unix time: prices have dates.
    """
    tier = body.get("service_tier")
    encoded = msgspec.json.encode(body)
    sent = len(encoded) + _TOKENS_A_PART * _media(body) + _OVERHEAD_TOKENS
    plain = Usage(
        input_tokens=sent,
        output_tokens=output_limit(body, most_output_tokens),
        service_tier=tier if isinstance(tier, str) else None,
        source="estimated",
    )
    kinds = [plain]
    if b'"cache_control"' in encoded:
        # To write to a cache costs more than ordinary input, and more if it is to stay for an hour.
        kinds.append(msgspec.structs.replace(plain, cache_write_tokens=sent))
        kinds.append(msgspec.structs.replace(plain, cache_write_tokens=sent, cache_write_1h_tokens=sent))
    costs = [price_of(usage, provider=provider, model=model, at_ns=at_ns).nanos for usage in kinds]
    return None if costs[0] is None else max(cost for cost in costs if cost is not None)


def output_limit(body: Mapping[str, Any], most_output_tokens: int) -> int:
    """Returns how many tokens all answers to a request can have together.

    >>> output_limit({"max_tokens": 5, "n": 2}, 4096), output_limit({}, 4096)
    (10, 4096)
    """
    said = [body[name] for name in OUTPUT_LIMITS if _positive(body.get(name))]
    choices = body["n"] if _positive(body.get("n")) else 1
    return int(choices * min([*said, most_output_tokens]))


def _positive(value: object) -> bool:
    return type(value) is int and value > 0


def _media(value: object) -> int:
    """Returns how many parts of a body are not text."""
    if isinstance(value, Mapping):
        own = int(value.get("type") in _MEDIA) if isinstance(value.get("type"), str) else 0
        return own + sum(map(_media, value.values()))
    return sum(map(_media, value)) if isinstance(value, list) else 0

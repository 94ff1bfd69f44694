"""What a request is expected to cost with a model: tokens that are expected, times rates, rounded once. Pure.

Assumptions, the same for the baseline and for every candidate:

1. An answer is as long as the request says (`output_length`), else 300 tokens (house heuristic), and never longer
than the client's limit. What is known of a model's verbosity in a use case stretches that.
2. In a conversation that an assistant has taken part in, everything before the last user turn is served by the
provider's prompt cache if it is at least 1,024 tokens: the smallest prefix that the large providers cache.
That a switch of models would find a cold cache is not counted here.
3. Rates are those for the length of the prompt, cached part included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from suffice.features import Features
from suffice.layers.output_length import expected_tokens
from suffice.money import PICOS_PER_NANO, nanos_from_picos
from suffice.types import Candidate, Rates

Price = tuple[int, int, int]
"""Of a token that is sent, of one that is generated, and what one is cheaper by that the cache serves."""

USUAL_OUTPUT_TOKENS = 300
LEAST_CACHED_TOKENS = 1_024
_ANY = 1 << 62
"""As good as no limit, in tokens."""


class Tokens(msgspec.Struct, frozen=True, gc=False):
    """What one call is expected to use."""

    input: int
    """All that is sent."""
    cached: int
    """Subset of `input` that the prompt cache serves."""
    output: int
    """All that is generated, all choices together, at usual verbosity."""


class Verbosity(msgspec.Struct, frozen=True):
    """How much longer or shorter a model's answers are than usual."""

    factors: Mapping[tuple[str, str], float] = {}
    """By use-case bucket and model; the bucket "" is for all that have none of their own."""

    def of(self, bucket: str, model: str) -> float:
        """Returns the factor of a model in a bucket; 1 if nothing is known.

        >>> known = Verbosity({("", "small"): 1.5, ("faq", "small"): 0.5})
        >>> known.of("faq", "small"), known.of("code", "small"), known.of("faq", "big")
        (0.5, 1.5, 1.0)
        """
        if not self.factors:
            return 1.0
        found = self.factors.get((bucket, model))
        return self.factors.get(("", model), 1.0) if found is None else found


def tokens_of(features: Features) -> Tokens:
    """Returns what a call for this request is expected to use."""
    said, limit = expected_tokens(features), features.output_limit
    output = USUAL_OUTPUT_TOKENS if said is None else said[0]
    if limit is not None and limit < output:
        output = limit
    sent = features.input_tokens
    cached = sent - features.question_tokens if "assistant" in features.tokens_by_role else 0
    if cached < LEAST_CACHED_TOKENS:
        cached = 0
    return Tokens(sent, cached, output * features.choices)


def expected_cost(tokens: Tokens, candidate: Candidate, verbosity: float = 1.0) -> int | None:
    """Returns what a candidate's answer would cost, in nano-dollars; `None` if it has no price.

    Args:
        tokens: What the call is expected to use.
        candidate: Whose rates count.
        verbosity: How much longer than usual its answers are.
    """
    for rates in candidate.rates:
        if tokens.input > rates.above_tokens:
            break
    else:
        return None
    if verbosity != 1.0:
        tokens = replace(tokens, output=round(tokens.output * verbosity))
    (picos,) = charges(tokens, (_price(rates),))
    return nanos_from_picos(picos)


def charges(tokens: Tokens, prices: Iterable[Price]) -> list[int]:
    """Returns what a call costs at each price, exactly, in the unit of the prices."""
    sent, cached, output = tokens.input, tokens.cached, tokens.output
    found = []
    # A comprehension would close over three names, and take half as long again.
    for each, made, cheaper in prices:
        found.append(sent * each + output * made - cached * cheaper)
    return found


def whole_prices(candidates: Sequence[Candidate]) -> tuple[tuple[Price, ...], int]:
    """Returns prices in nano-dollars a token: where they hold there is nothing to round in what a call costs.

    Args:
        candidates: Whose rates count.

    Returns:
        One price each, and the longest prompt, in tokens, that all of them hold for; no prices and -1 where a model has
        none, or one that is no whole number.
    """
    rates = [one.rates[-1] for one in candidates if one.rates and one.rates[-1].above_tokens < 0]
    picos = [_price(one) for one in rates]
    if len(picos) < len(candidates) or any(rate % PICOS_PER_NANO for price in picos for rate in price):
        return (), -1
    longer = [one.rates[-2].above_tokens for one in candidates if len(one.rates) > 1]
    nanos = [
        (each // PICOS_PER_NANO, made // PICOS_PER_NANO, less // PICOS_PER_NANO) for each, made, less in picos
    ]
    return tuple(nanos), min(longer, default=_ANY)


def _price(rates: Rates) -> Price:
    return rates.input, rates.output, 0 if rates.cache_read is None else rates.input - rates.cache_read

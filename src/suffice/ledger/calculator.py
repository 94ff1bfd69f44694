"""What a volume of traffic costs with one model, and with a share of it moved to cheaper ones. Pure, exact.

*Modelled* by nature: the same requests at other prices. What routing really saves is measured against a holdout.
Tokens and shares are exact fractions; each line is rounded once, half to even, to nano-dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from suffice.errors import ConfigError
from suffice.ledger.entry import RateCard
from suffice.money import PICOS_PER_NANO

MONTHS = 12
FEE_PERCENT = 20
"""Of verified savings."""

Cards = Sequence[tuple[int, RateCard]]
"""Rates, longest prompts first, each with the prompt length in tokens above which it holds."""


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A month of traffic."""

    input_tokens: Fraction
    """All that is sent in a month, cached or not."""
    output_tokens: Fraction
    """All that is generated in a month, reasoning included."""
    cached: Fraction = Fraction(0)
    """Share of the input that the provider's prompt cache serves, in [0, 1]."""
    prompt_tokens: int = 0
    """Usual length of one prompt: some models charge more above a length."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the traffic that another model would serve."""

    model: str
    cards: Cards
    share: Fraction
    """In [0, 1]."""
    verbosity: Fraction = Fraction(1)
    """Output tokens of this model for one of the first model's."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What one model would serve of the month."""

    model: str
    share: Fraction
    nanos: int
    """A month."""


class Calculation(msgspec.Struct, frozen=True, kw_only=True):
    """What the month costs as it is, and as it would be."""

    before_nanos: int
    served: tuple[Served, ...]
    """The first is the model of today, with what stays on it."""

    @property
    def after_nanos(self) -> int:
        """What the month would cost."""
        return sum(line.nanos for line in self.served)

    @property
    def saved_nanos(self) -> int:
        """A month; below zero where it would cost more."""
        return self.before_nanos - self.after_nanos

    @property
    def saved_share(self) -> Fraction | None:
        """Of today's bill; `None` if that is zero."""
        return Fraction(self.saved_nanos, self.before_nanos) if self.before_nanos else None

    @property
    def fee_nanos(self) -> int:
        """20% of the savings if all of them were verified, rounded down; no savings, no fee."""
        return max(0, self.saved_nanos) * FEE_PERCENT // 100


def calculate(volume: Volume, model: str, cards: Cards, moves: Sequence[Move]) -> Calculation:
    """Returns what a month costs before and after some of its traffic moves.

    Args:
        volume: The month.
        model: What serves all of it today.
        cards: Its rates.
        moves: Shares for others; they add up to 1 at most.

    Raises:
        ConfigError: The shares are more than the whole, or a model has no rate for what the volume has.

    >>> volume = Volume(input_tokens=Fraction(60_000_000), output_tokens=Fraction(40_000_000))
    >>> flagship, mini = RateCard(input=2_500_000, output=15_000_000), RateCard(input=750_000, output=4_500_000)
    >>> all_of_it = Move(model="mini", cards=[(-1, mini)], share=Fraction(1))
    >>> found = calculate(volume, "flagship", [(-1, flagship)], [all_of_it])
    >>> found.before_nanos // 10**9, found.after_nanos // 10**9
    (750, 225)
    """
    moved = sum((move.share for move in moves), Fraction(0))
    if moved > 1:
        raise ConfigError(f"the shares add up to {float(moved):.4g} of the traffic: more than all of it")
    whole = Fraction(1)
    stays = _cost(volume, model, cards, whole - moved, whole)
    others = tuple(
        Served(
            model=move.model,
            share=move.share,
            nanos=_cost(volume, move.model, move.cards, move.share, move.verbosity),
        )
        for move in moves
    )
    return Calculation(
        before_nanos=_cost(volume, model, cards, whole, whole),
        served=(Served(model=model, share=whole - moved, nanos=stays), *others),
    )


def _cost(volume: Volume, model: str, cards: Cards, share: Fraction, verbosity: Fraction) -> int:
    card = next((card for above, card in cards if volume.prompt_tokens > above), None)
    if card is None:
        raise ConfigError(f"{model} has no price for prompts of {volume.prompt_tokens:,} tokens")
    cached = volume.input_tokens * volume.cached
    if cached and card.cache_read is None:
        raise ConfigError(f"{model} has no price for cached input: leave out --cached")
    picos = (
        (volume.input_tokens - cached) * card.input
        + cached * (card.cache_read or 0)
        + volume.output_tokens * verbosity * card.output
    ) * share
    return round(picos / PICOS_PER_NANO)

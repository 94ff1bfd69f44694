"""The ledger's one kind of fact: what a call cost, on what grounds, and what the other model would have cost."""

from __future__ import annotations

from typing import Literal

import msgspec

from suffice.types import Outcome

Grade = Literal["measured", "modelled", "unknown", "not_billed"]
"""How a dollar figure is known: reported usage x price; estimated usage x price; not at all; or the call cost nothing
because no provider worked for it (an error answer, a refusal of ours, a GET)."""


class RateCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, cache_hash=True):
    """What one model charges at one moment for one service tier and size of prompt. Picodollars per token or search."""

    input: int
    output: int
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    input_audio: int | None = None
    output_audio: int | None = None
    web_search: int | None = None
    version: str = ""
    """The price book, its version and its row."""


class Cost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Usage x dated price, or why that is unknown."""

    nanos: int | None
    """Nano-dollars; `None` exactly if `grade` is `unknown`."""
    grade: Grade
    price_version: str | None = None
    """The price book and its version, and the model row that matched; `None` if no price was used."""
    rates: RateCard | None = None
    """The rates themselves, so that whoever has the entry can multiply again; `None` if no price was used."""
    unknown_because: str | None = None
    """snake_case: no_usage, no_price, unmatched_tier, disputed_price, unpriced_unit."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One settled request in the ledger. Append-only: a correction is a new entry."""

    outcome: Outcome
    cost: Cost
    """Of the model that served."""
    shadow_cost: Cost | None = None
    """Of the decided model for the same tokens, where it was not asked: modelled by nature; `None` if the decision kept
    the baseline, or was served."""
    baseline_cost: Cost | None = None
    """Of the model that the client asked for, for the same tokens, where another was asked: modelled by nature."""

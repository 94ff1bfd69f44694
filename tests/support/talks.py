"""Conversations whose turns are served from a prompt cache, or not; and what is truly lost where they change model."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
from entries import outcome

from routed import MARCH_NS, MINUTE_NS
from suffice.ledger.entry import Cost, Entry, RateCard
from suffice.ledger.pricing import charge, entry_of
from suffice.policy.assignment import assign
from suffice.store.sqlite import SqliteStore
from suffice.types import Usage

CARDS = {
    "big": RateCard(input=2_500_000, output=10_000_000, cache_read=1_250_000),
    "small": RateCard(input=150_000, output=600_000, cache_read=75_000),
    "bare": RateCard(input=100_000, output=400_000),
    "writer": RateCard(
        input=1_000_000, output=5_000_000, cache_read=100_000, cache_write=1_250_000, cache_write_1h=2_000_000
    ),
}
"""Picodollars per token."""


def priced(usage: Usage, *, provider: str, model: str, at_ns: int) -> Cost:
    return charge(usage, CARDS[model])


def kept(number: int, session: str, prompt: int, cached: int = 0, **fields: Any) -> Entry:
    """One call of March; with `model` another than the baseline served."""
    model, written = fields.pop("model", ""), fields.pop("written", 0)
    usage = Usage(input_tokens=prompt, output_tokens=10, cache_read_tokens=cached, cache_write_tokens=written)
    given_: dict[str, Any] = {
        "id": f"{session}-{number:03d}",
        "received_ns": MARCH_NS + number * MINUTE_NS,
        "session": session,
        "bucket": "faq",
        "usage": usage,
        "sent_model": model,
        "served_model": model or "big",
        "decided_model": "small",
        **fields,
    }
    return entry_of(outcome(**given_), priced)


class Talk(msgspec.Struct):
    """Conversations on both arms, and what they truly cost and lost."""

    entries: list[Entry] = []
    truth: int = 0
    """What routed sessions saved on calls with an arm."""
    aside: int = 0
    """What calls without an arm cost more than they would have."""
    paid: int = 0


def talks(rng: random.Random, *, sessions: int = 3_000, vetoed: float = 0.0) -> Talk:
    """Sessions of six turns; each turn of the baseline finds 90% of the turn before in its cache, four times in five.

    A routed session begins on the baseline (as at the step of a ramp), changes at its third turn and has a cache of its
    own from then on. A share of later turns no candidate could serve.
    """
    talk = Talk()
    for number in range(sessions):
        session = f"talk-{number}"
        dice = assign(session, "faq", share=1.0, holdout=0.2)
        last, size, moved = 0, rng.randint(2_000, 6_000), False
        for turn in range(6):
            hit = rng.random() < 0.8
            usual = int(0.9 * last) if hit else 0
            plain = Usage(input_tokens=size, output_tokens=200, cache_read_tokens=usual)
            veto = turn > 2 and rng.random() < vetoed
            moves = dice.arm == "routed" and turn >= 2 and not veto
            cold = (moves and turn == 2) or (veto and moved)
            usage = msgspec.structs.replace(plain, cache_read_tokens=0) if cold else plain
            model = "small" if moves else ""
            one = kept(
                turn, session, 0, usage=usage, model=model, received_ns=MARCH_NS + number * 10 * MINUTE_NS + turn,
                **({} if veto else {"arm": dice.arm, "propensity": dice.propensity}),
            )  # fmt: skip
            talk.entries.append(one)
            would = charge(plain, CARDS["big"]).nanos or 0
            more = would - (one.cost.nanos or 0)
            if veto:
                talk.aside -= more
            elif dice.arm == "routed":
                talk.truth += more
                talk.paid += (one.cost.nanos or 0) - (charge(plain, CARDS[model or "big"]).nanos or 0)
            last, size, moved = size, size + rng.randint(300, 1_200), moved or moves
    return talk


def keep_talk(folder: Path) -> list[Entry]:
    """Keeps conversations in a ledger, some of whose turns no candidate could serve."""
    entries = talks(random.Random(5), sessions=300, vetoed=0.2).entries
    store = SqliteStore(folder / "ledger.db")
    store.append(entries, spool="s", moved_bytes=1)
    store.close()
    return entries

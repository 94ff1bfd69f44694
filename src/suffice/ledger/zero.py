"""Why an invoice has nothing to pay, in words, with the amounts that it comes of. Pure."""

from __future__ import annotations

from suffice.ledger.projection import FEE_PERCENT
from suffice.ledger.savings import Savings
from suffice.money import usd

WHY_ZERO = {
    "nothing_routed": "Nothing was routed in this period, so nothing was saved by routing.",
    "nothing_certified": "No call was routed under a certificate that held, so nothing is verified.",
    "no_holdout": (
        "No use case under a certificate had enough sessions both routed and in the holdout, so what it saved cannot "
        "be measured: it is modelled, and never billed."
    ),
    "overhead_unknown": "What routing itself cost is not known, so nothing can be verified net of it.",
    "not_above_zero": "The lower end of the measured savings is not above zero.",
    "overhead_larger": "What routing itself cost is more than the lower end of the measured savings.",
    "below_a_cent": (
        f"{FEE_PERCENT}% of the verified savings is less than a cent, and what is due is rounded down to one."
    ),
}
"""Why there is nothing to pay; the amounts come after it."""
KINDS = {
    "discarded": "answers that were thrown away (escalations, failed candidates)",
    "shadow": "shadow calls: the baseline's second answers",
    "trial": "calls of bake-offs",
    "grader": "graders' calls",
    "lost_cache": "prompt cache lost by routed calls (estimated)",
    "lost_cache_unrouted": "prompt cache lost by other calls of routed sessions (estimated)",
}
"""Kinds of overhead in words."""


def why_zero(savings: Savings, *, due_cents: int) -> str | None:
    """Returns a key of `WHY_ZERO`; `None` if there is something to pay.

    Args:
        savings: Of the period.
        due_cents: What is to be paid.
    """
    if due_cents:
        return None
    if not savings.overhead_bounded:
        return "overhead_unknown"
    found = savings.certified_difference
    if found is not None:
        if found.low_nanos <= 0:
            return "not_above_zero"
        return "below_a_cent" if found.low_nanos > savings.overhead_nanos else "overhead_larger"
    if not savings.modelled.calls:
        return "nothing_routed"
    certified = any(one.certified and one.tally.calls for one in savings.strata)
    return "no_holdout" if certified else "nothing_certified"


def because(savings: Savings, why: str | None, *, fee_nanos: int) -> str:
    """Returns in words, with amounts in US dollars, why there is nothing to pay; empty if there is something.

    Args:
        savings: Of the period.
        why: As `why_zero` says.
        fee_nanos: Not rounded to cents.
    """
    if why is None:
        return ""
    said, found = [WHY_ZERO[why]], savings.certified_difference
    if found is not None and why == "below_a_cent":
        said.append(f"It is {_usd(fee_nanos)}, and is not carried to another period.")
    elif found is not None and why != "overhead_unknown":
        said.append(
            f"Measured under a certificate: {_usd(found.nanos)}, and at the lower end of its 95% interval "
            f"{_usd(found.low_nanos)}, before overhead."
        )
    kinds = ", ".join(
        f"{KINDS.get(one.kind, one.kind)} {_usd(one.charged_nanos)}"
        for one in savings.overhead
        if one.charged_nanos
    )
    if kinds and why not in {"below_a_cent", "overhead_unknown"}:
        said.append(
            f"Overhead in this period: {_usd(savings.overhead_nanos)} ({kinds}). It is taken off this period's savings "
            "alone: what is more than these is neither charged nor carried to another period."
        )
    return " ".join(said)


def _usd(nanos: int) -> str:
    return usd(nanos, places=9)

"""An invoice: line items that add up to the nano-dollar, and all that is needed to check them again. Pure.

lines        what each use case under a certificate saved (measured, before overhead)
           - what chance may have added: from that sum down to the lower end of its 95% interval
           - overhead, each kind a line
verified   = their sum
fee        = 20% x max(0, verified), rounded down to a nano-dollar
due        = the fee, rounded down to a cent
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from suffice.errors import StoreError
from suffice.ledger.projection import FEE_PERCENT
from suffice.ledger.savings import Overhead, Savings, StratumSeen
from suffice.ledger.sessions import Period
from suffice.ledger.zero import because, why_zero
from suffice.money import usd

NANOS_PER_CENT = 10_000_000
_LAST_NS = 2**63 - 1
"""The last moment that the ledger can hold, in the year 2262."""
PREVIEW = "preview-"
"""What the number of a preview begins with, so that in each form it is seen to be no invoice."""
RULE = (
    f"fee = {FEE_PERCENT}% x max(0, verified), rounded down to a nano-dollar; due = fee, rounded down to a cent; "
    "verified = the lines' sum = the lower end of the 95% interval of measured savings under a valid certificate, "
    "minus all overhead"
)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    kind: Literal["saved", "chance", "overhead"]
    name: str
    """The use case, or the kind of overhead."""
    nanos: int
    """Negative where it is taken off."""
    text: str = ""
    """In words."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that counted."""

    bucket: str
    baseline: str
    candidate: str
    issued_ns: int
    until_ns: int
    """When it expired, or was voided."""
    policy: str
    """The published policy that it was first in."""


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """A record: once issued it never changes."""

    suffice_invoice: int = 1
    """Version of the format."""
    number: str
    since_ns: int
    """Of the period, Unix time, included."""
    until_ns: int
    """Not reached."""
    issued_ns: int
    head: str
    """Of the ledger's chain at issue: number and hash."""
    items: tuple[Item, ...]
    verified_nanos: int | None
    """`None`: nothing could be verified."""
    fee_nanos: int
    due_cents: int
    why_zero: str | None
    """A key of `suffice.ledger.zero.WHY_ZERO`; `None` if there is something to pay."""
    because: str = ""
    """The same in words, with the amounts that it comes of."""
    rule: str = RULE
    modelled_nanos: int
    """For information, never billed: same tokens at two prices."""
    prices: tuple[str, ...]
    """Versions of the price book that costs rest on."""
    certificates: tuple[Counted, ...]
    strata: tuple[StratumSeen, ...]
    """What was measured: sessions and sums of both arms."""
    digest: str = ""
    """SHA-256 of this invoice with an empty digest, as Python's `json` writes it without spaces; in hexadecimal."""

    @property
    def heading(self) -> str:
        """What a document of it is headed with: a preview never passes for an invoice."""
        return "Preview of an invoice" if self.number.startswith(PREVIEW) else "Invoice"

    @property
    def status(self) -> str:
        """What stands before its time."""
        return "not issued, as of" if self.number.startswith(PREVIEW) else "issued"

    @property
    def period(self) -> str:
        """In words: a month, or from when to when."""
        since, until = (datetime.fromtimestamp(ns / 1e9, UTC) for ns in (self.since_ns, self.until_ns))
        if month_of(f"{since:%Y-%m}") == Period(since_ns=self.since_ns, until_ns=self.until_ns):
            return f"{since:%B %Y} (UTC)"
        return f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"

    def sealed(self) -> Invoice:
        """Returns it with its digest."""
        return msgspec.structs.replace(self, digest=_digest(msgspec.to_builtins(self)))

    def encode(self) -> bytes:
        """Returns JSON with a line break at its end."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"

    @staticmethod
    def decode(data: bytes, *, name: str) -> Invoice:
        """Returns the invoice of some JSON.

        Raises:
            StoreError: It is none, or was changed since it was issued.
        """
        try:
            found = msgspec.json.decode(data, type=Invoice)
            # Of the fields as they stand: an invoice of an earlier version has fewer, and one that was added shows.
            digest = _digest(msgspec.json.decode(data))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StoreError(f"{name} is no invoice: {error}", code="bad_invoice") from error
        if found.digest != digest:
            raise StoreError(
                f"{name} was changed after it was issued: its digest does not fit", code="forged_invoice"
            )
        return found


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice rests on beside the savings."""

    number: str
    since_ns: int
    until_ns: int
    issued_ns: int
    head: str
    prices: Sequence[str]
    certificates: Sequence[Counted]


def invoice_of(savings: Savings, grounds: Grounds) -> Invoice:
    """Returns the sealed invoice of a period."""
    items = _items(savings)
    verified = savings.verified_nanos
    fee = max(0, verified or 0) * FEE_PERCENT // 100
    due = fee // NANOS_PER_CENT
    why = why_zero(savings, due_cents=due)
    return Invoice(
        number=grounds.number,
        since_ns=grounds.since_ns,
        until_ns=grounds.until_ns,
        issued_ns=grounds.issued_ns,
        head=grounds.head,
        items=items,
        verified_nanos=verified,
        fee_nanos=fee,
        due_cents=due,
        why_zero=why,
        because=because(savings, why, fee_nanos=fee),
        modelled_nanos=savings.modelled.modelled_nanos,
        prices=tuple(grounds.prices),
        certificates=tuple(grounds.certificates),
        strata=savings.strata,
    ).sealed()


def month_of(text: str) -> Period | None:
    """Returns the period of a month such as 2026-11, in UTC; `None` if it is none, or no ledger can hold it.

    >>> month_of("2026-02").until_ns - month_of("2026-02").since_ns == 28 * 86_400 * 10**9
    True
    """
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    except ValueError:
        return None
    since_ns, until_ns = (int(moment.timestamp()) * 1_000_000_000 for moment in (first, after))
    held = since_ns >= 0 and until_ns <= _LAST_NS
    return Period(since_ns=since_ns, until_ns=until_ns) if held else None


def _items(savings: Savings) -> tuple[Item, ...]:
    saved: dict[str, int] = {}
    sessions: dict[str, list[int]] = {}
    for one in savings.strata:
        if one.certified and one.measured_nanos is not None:
            saved[one.bucket] = saved.get(one.bucket, 0) + one.measured_nanos
            counts = sessions.setdefault(one.bucket, [0, 0])
            counts[0] += one.routed.sessions
            counts[1] += one.holdout.sessions
    items = [
        Item(
            kind="saved",
            name=name,
            nanos=nanos,
            text="measured: {:,} sessions routed, {:,} in the holdout".format(*sessions[name]),
        )
        for name, nanos in saved.items()
    ]
    found = savings.certified_difference
    if found is not None:
        items.append(
            Item(
                kind="chance",
                name="chance",
                nanos=found.low_nanos - sum(saved.values()),
                text="down to the lower end of the 95% interval",
            )
        )
    items += [
        Item(kind="overhead", name=one.kind, nanos=-one.charged_nanos, text=_said(one))
        for one in savings.overhead
        if one.nanos or one.unknown
    ]
    return tuple(items)


def _said(one: Overhead) -> str:
    if one.contained:
        unknown = f", not known of {one.unknown:,} calls" if one.unknown else ""
        return f"{usd(one.nanos, places=9)}{unknown}; it is in what these calls cost, and not taken off again"
    return f"{one.unknown:,} calls of unknown cost charged as the dearest" if one.unknown else ""


def _digest(fields: Mapping[str, Any]) -> str:
    # As Python's own `json` writes it, which anybody has who checks it: others write small numbers in other ways.
    text = json.dumps({**fields, "digest": ""}, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()

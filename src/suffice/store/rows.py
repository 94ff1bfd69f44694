"""An entry as a row of the ledger: its own JSON, and the copies beside it that SQL filters and adds up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from suffice.ledger.entry import Cost, Entry, RateCard
from suffice.ledger.leg import FIELDS, Leg
from suffice.ledger.lost_cache import Turn
from suffice.types import Usage

LEG_COLUMNS = ", ".join(f"entries.{name}" for name in FIELDS)
"""What savings need of a call."""


class AnswerRow(NamedTuple):
    """What drift needs to know of an answer; each field is named as the column."""

    id: str
    session: str
    requested_model: str
    sent_model: str
    served_model: str | None
    output_tokens: int | None
    arm: str
    bucket: str


ANSWER_COLUMNS = ", ".join(AnswerRow._fields)
TURN_COLUMNS = "id, received_ns, bucket, session, arm, requested_model, sent_model, entry"


class _Used(msgspec.Struct):
    usage: Usage | None = None


class _Priced(msgspec.Struct):
    rates: RateCard | None = None


class _Parts(msgspec.Struct):
    """What a turn needs of an entry beside the columns; the rest is not decoded."""

    outcome: _Used
    cost: _Priced
    baseline_cost: _Priced = msgspec.field(default_factory=_Priced)


_parts = msgspec.json.Decoder(_Parts).decode

encode = msgspec.json.Encoder().encode
"""Makes the JSON that the chain's hashes cover."""


class Settled(msgspec.Struct, frozen=True, gc=False):
    """An entry on its way into the ledger, and what is there of it in bytes."""

    entry: Entry
    outcome: bytes = b""
    """Its outcome's JSON as the worker wrote it, which is then not made again; empty if it is not at hand."""
    decision: bytes = b""
    """The whole decision's JSON; empty if it is not to be kept."""


class _Joined(msgspec.Struct, omit_defaults=True, gc=False):
    """An entry whose outcome is encoded already: the same fields in the same order."""

    outcome: msgspec.Raw
    cost: Cost
    shadow_cost: Cost | None = None
    baseline_cost: Cost | None = None


def row_of(entry: Entry, said: bytes = b"", block: int | None = None) -> tuple[Any, ...]:
    """Returns the values of all columns, in the order of `COLUMNS`.

    Args:
        entry: The entry.
        said: Its outcome's JSON, where that is at hand.
        block: Of its decision; `None` if that is not kept.
    """
    # One tuple, made at once: of parts it would be made twice, for each entry.
    outcome, usage, cost = entry.outcome, entry.outcome.usage, entry.cost
    shadow, baseline = entry.shadow_cost, entry.baseline_cost
    return (
        outcome.id,
        outcome.received_ns,
        outcome.provider,
        outcome.api,
        outcome.feature,
        outcome.session,
        outcome.stream,
        outcome.requested_model,
        outcome.served_model,
        outcome.decided_model,
        outcome.reason,
        outcome.task,
        outcome.status,
        outcome.ending,
        outcome.fault,
        usage.source if usage else None,
        usage.input_tokens if usage else None,
        usage.cache_read_tokens if usage else None,
        usage.output_tokens if usage else None,
        cost.grade,
        cost.nanos,
        cost.unknown_because,
        shadow.nanos if shadow else None,
        shadow.grade if shadow else None,
        outcome.duration_us,
        outcome.decide_us,
        encode(_Joined(msgspec.Raw(said), cost, shadow, baseline) if said else entry),
        outcome.evidence,
        outcome.leg,
        outcome.parent,
        outcome.mode,
        outcome.arm,
        outcome.propensity,
        outcome.bucket,
        outcome.sent_model,
        outcome.expected_nanos,
        baseline.nanos if baseline else None,
        baseline.grade if baseline else None,
        block,
    )


def leg_of_row(row: Iterable[Any]) -> Leg:
    """Returns the call of the values of `LEG_COLUMNS`."""
    return Leg(**dict(zip(FIELDS, row, strict=True)))


def turn_of_row(row: tuple[Any, ...]) -> Turn:
    """Returns the turn of the values of `TURN_COLUMNS`; an entry that cannot be read leaves usage and rates unknown."""
    id_, received_ns, bucket, session, arm, requested, sent, entry = row
    try:
        parts = _parts(entry)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        parts = _Parts(outcome=_Used(), cost=_Priced())
    return Turn(
        id=id_,
        received_ns=received_ns,
        bucket=bucket,
        session=session,
        arm=arm,
        requested_model=requested,
        routed=sent not in {"", requested},
        usage=parts.outcome.usage,
        rates=parts.cost.rates,
        baseline_rates=parts.baseline_cost.rates,
    )

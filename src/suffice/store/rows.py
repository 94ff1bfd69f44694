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


def row_of(entry: Entry) -> tuple[Any, ...]:
    """Returns the values of all columns, in the order of `COLUMNS`."""
    outcome, usage, shadow = entry.outcome, entry.outcome.usage, entry.shadow_cost
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
        *_money(entry.cost),
        shadow.nanos if shadow else None,
        shadow.grade if shadow else None,
        outcome.duration_us,
        outcome.decide_us,
        encode(entry),
        outcome.evidence,
        *_routing(entry),
    )


def _routing(entry: Entry) -> tuple[Any, ...]:
    outcome, baseline = entry.outcome, entry.baseline_cost
    return (
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


def _money(cost: Cost) -> tuple[str, int | None, str | None]:
    return cost.grade, cost.nanos, cost.unknown_because

"""What savings need to know of a call: copies of an entry's fields, which the store keeps in columns. Pure."""

from __future__ import annotations

import msgspec

from suffice.ledger.entry import Entry


class Leg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One call that routing touched; each field is named as the store's column. See `suffice.types.Outcome`."""

    id: str
    received_ns: int
    feature: str
    session: str
    requested_model: str
    served_model: str | None
    sent_model: str
    decided_model: str | None
    leg: str
    parent: str
    arm: str
    propensity: float | None
    bucket: str
    expected_nanos: int | None
    grade: str
    cost_nanos: int | None
    baseline_nanos: int | None
    """Modelled: what the baseline would have cost for the same tokens, where another model was asked."""

    @property
    def unit(self) -> str:
        """What the dice were cast for: the session; a request that has none is its own."""
        return self.session or self.id

    @property
    def routed(self) -> bool:
        """Another model was asked than the client named."""
        return self.sent_model not in {"", self.requested_model}

    @property
    def candidate(self) -> str:
        """The model that stands in, or would have: on either arm the one that was chosen before the dice fell."""
        return self.sent_model if self.routed else self.decided_model or self.requested_model


FIELDS = Leg.__struct_fields__
"""The columns, in the order of the fields."""


def leg_of(entry: Entry) -> Leg:
    """Returns what an entry itself says."""
    outcome, baseline = entry.outcome, entry.baseline_cost
    return Leg(
        id=outcome.id,
        received_ns=outcome.received_ns,
        feature=outcome.feature,
        session=outcome.session,
        requested_model=outcome.requested_model,
        served_model=outcome.served_model,
        sent_model=outcome.sent_model,
        decided_model=outcome.decided_model,
        leg=outcome.leg,
        parent=outcome.parent,
        arm=outcome.arm,
        propensity=outcome.propensity,
        bucket=outcome.bucket,
        expected_nanos=outcome.expected_nanos,
        grade=entry.cost.grade,
        cost_nanos=entry.cost.nanos,
        baseline_nanos=baseline.nanos if baseline else None,
    )

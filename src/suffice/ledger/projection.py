"""What routing would have saved on the traffic that was watched: a fold over sums of ledger entries. Pure.

The figure is *modelled*: the same tokens at the decided model's price, corrected with how much longer or shorter that
model's answers are. A trial has seen that, or it is taken from what was learned, or nothing is known: then the
baseline's length is taken, and the band shows what a 30% shorter or longer answer would make of it. Cache hits and
retries are not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from suffice.ledger.lengths import Length, LengthOf, longer, reach_of, unknown_length
from suffice.money import nanos_from_picos

GROUP_BY = (
    "provider",
    "api",
    "feature",
    "requested_model",
    "served_model",
    "decided_model",
    "reason",
    "ending",
    "status",
    "grade",
    "unknown_because",
    "shadow_grade",
    "evidence",
    "leg",
    "sent_model",
    "bucket",
)
"""The columns that entries are summed by before they come here."""

MONTH_DAYS = 30
FEE_PERCENT = 20
"""Of verified savings. In observation nothing is verified, so nothing is due."""

OutputRate = Callable[[str, str], int | None]
"""Picodollars per output token of a provider's model; `None` if it has no price."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over entries that are alike in every column of `GROUP_BY`."""

    provider: str
    api: str
    feature: str
    requested_model: str
    served_model: str | None
    decided_model: str | None
    reason: str
    ending: str
    status: int | None
    grade: str
    unknown_because: str | None
    shadow_grade: str | None
    evidence: str | None
    leg: str = "served"
    sent_model: str = ""
    bucket: str = ""
    requests: int
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    cost_nanos: int
    shadow_nanos: int


class Line(msgspec.Struct, kw_only=True):
    """One row of a table of the report. Costs leave out what is unknown, which is counted beside them."""

    name: str
    requests: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    output_tokens: int = 0
    cost_nanos: int = 0
    unknown_costs: int = 0
    would_route: int = 0
    """Requests that a cheaper model would have served."""
    routed_cost_nanos: int = 0
    """What these cost as they were served."""
    routed_shadow_nanos: int = 0
    """What they would have cost: modelled."""
    output_picos: dict[Length, int] = {}
    """What their answers would have cost at the baseline's length, by how long they are taken to be."""

    @property
    def savings_nanos(self) -> int:
        """Modelled savings for the same tokens."""
        return self.routed_cost_nanos - self.routed_shadow_nanos

    @property
    def projected_nanos(self) -> int:
        """Modelled savings with answers as long as the decided models' are."""
        return self.savings_nanos - nanos_from_picos(longer(self.output_picos))

    @property
    def modelled_cost_nanos(self) -> int:
        """What the requests that would route would have cost, with such answers."""
        return self.routed_cost_nanos - self.projected_nanos

    @property
    def band_nanos(self) -> tuple[int, int]:
        """How low and how high that may be, as far as lengths go."""
        reach = nanos_from_picos(reach_of(self.output_picos))
        return self.projected_nanos - reach, self.projected_nanos + reach


class Kept(msgspec.Struct, kw_only=True):
    """A reason that kept requests on the baseline."""

    reason: str
    requests: int = 0
    cost_nanos: int = 0


class Projection(msgspec.Struct, kw_only=True):
    """Everything that the report says about money."""

    total: Line
    by_feature: list[Line]
    by_model: list[Line]
    by_decided: list[Line]
    kept: list[Kept]
    measured_nanos: int = 0
    """Of calls whose usage the provider reported."""
    estimated_nanos: int = 0
    """Of calls whose usage was estimated: modelled."""
    unknown: dict[str, int] = {}
    """Cause to number of calls whose cost is unknown."""
    evidence: dict[str, int] = {}
    """What is known of the chosen models, to number of calls that would route."""
    routed: int = 0
    """Calls that another model has answered: spend, and no part of the projection."""
    passed_through: int = 0
    not_billed: int = 0
    upstream_errors: int = 0
    clients_left: int = 0
    broken_off: int = 0


def project(
    groups: Iterable[Group], output_rate: OutputRate, length_of: LengthOf = unknown_length
) -> Projection:
    """Folds sums of entries into a projection.

    Args:
        groups: Sums by `GROUP_BY`; splitting a group changes nothing.
        output_rate: Prices an output token of the decided model.
        length_of: Tells how long that model's answers are.

    Returns:
        Tables ordered by cost, dearest first.
    """
    projection = Projection(
        total=Line(name="total"), by_feature=[], by_model=[], by_decided=[], kept=[], unknown={}, evidence={}
    )
    features: dict[str, Line] = {}
    models: dict[str, Line] = {}
    decided: dict[str, Line] = {}
    kept: dict[str, Kept] = {}
    for group in groups:
        _count(projection, group)
        if group.grade == "not_billed" or group.api == "passthrough":
            continue
        model = group.served_model or group.requested_model or "unknown"
        lines = [projection.total, _line(features, group.feature), _line(models, model)]
        if _would_route(group):
            lines.append(_line(decided, group.decided_model or ""))
            basis = group.evidence or "prior"
            projection.evidence[basis] = projection.evidence.get(basis, 0) + group.requests
        elif _baseline_served(group):
            reason = kept.setdefault(group.reason, Kept(reason=group.reason))
            reason.requests += group.requests
            reason.cost_nanos += group.cost_nanos
        for line in lines:
            _add(line, group, output_rate, length_of)
    projection.by_feature = _dearest_first(features)
    projection.by_model = _dearest_first(models)
    projection.by_decided = _dearest_first(decided)
    projection.kept = sorted(kept.values(), key=lambda one: (-one.cost_nanos, -one.requests, one.reason))
    return projection


def groups_of(rows: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Returns the store's sums as groups."""
    return [msgspec.convert(row, Group) for row in rows]


def for_a_month(nanos: int, *, observed_ns: int) -> int:
    """Scales what was observed to 30 days, rounded down to a nano-dollar.

    Args:
        nanos: Of the observed time.
        observed_ns: How long that was; more than 0.

    >>> for_a_month(7_000, observed_ns=7 * 86_400_000_000_000)
    30000
    """
    return nanos * MONTH_DAYS * 86_400_000_000_000 // observed_ns


def _would_route(group: Group) -> bool:
    """The choice was another model, and was not served: what was is no projection any more."""
    return (
        _baseline_served(group)
        and group.decided_model is not None
        and group.decided_model != group.requested_model
    )


def _baseline_served(group: Group) -> bool:
    return group.leg == "served" and group.sent_model in {"", group.requested_model}


def _count(projection: Projection, group: Group) -> None:
    if group.leg == "served" and not _baseline_served(group):
        projection.routed += group.requests
    failed = group.ending == "complete" and group.status is not None and group.status >= 400
    projection.upstream_errors += group.requests if failed or group.ending == "upstream_unreachable" else 0
    projection.clients_left += group.requests if group.ending == "client_left" else 0
    projection.broken_off += group.requests if group.ending == "upstream_broke" else 0
    if group.api == "passthrough":
        projection.passed_through += group.requests
    elif group.grade == "not_billed":
        projection.not_billed += group.requests
    elif group.grade == "unknown":
        cause = group.unknown_because or "unknown"
        projection.unknown[cause] = projection.unknown.get(cause, 0) + group.requests
    elif group.grade == "measured":
        projection.measured_nanos += group.cost_nanos
    else:
        projection.estimated_nanos += group.cost_nanos


def _add(line: Line, group: Group, output_rate: OutputRate, length_of: LengthOf) -> None:
    line.requests += group.requests
    line.input_tokens += group.input_tokens
    line.cache_read_tokens += group.cache_read_tokens
    line.output_tokens += group.output_tokens
    line.cost_nanos += group.cost_nanos
    line.unknown_costs += group.requests if group.grade == "unknown" else 0
    if not _would_route(group):
        return
    line.would_route += group.requests
    # A saving needs both its sides: without a price for one of them there is none to claim.
    if group.grade == "unknown" or group.shadow_grade != "modelled":
        return
    line.routed_cost_nanos += group.cost_nanos
    line.routed_shadow_nanos += group.shadow_nanos
    decided = group.decided_model or ""
    length = length_of(group.bucket, group.requested_model, decided)
    picos = group.output_tokens * (output_rate(group.provider, decided) or 0)
    line.output_picos[length] = line.output_picos.get(length, 0) + picos


def _line(lines: dict[str, Line], name: str) -> Line:
    return lines.setdefault(name, Line(name=name))


def _dearest_first(lines: Mapping[str, Line]) -> list[Line]:
    return sorted(lines.values(), key=lambda line: (-line.cost_nanos, -line.requests, line.name))

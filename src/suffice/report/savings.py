"""What routing saved, in words and as JSON: three figures that are never mixed."""

from __future__ import annotations

from typing import Any

import msgspec

from suffice.ledger.forecast import Forecast
from suffice.ledger.invoice import Counted
from suffice.ledger.projection import FEE_PERCENT
from suffice.ledger.savings import WHY, Line, Overhead, Range, Savings, StratumSeen
from suffice.ledger.sessions import Period
from suffice.money import usd
from suffice.report.summary import at, dollars, length_words

LOST_CACHE = (
    "A session that changes its model has its earlier turns read anew at the full price. How much of them the baseline "
    "would have had in its cache is told by the holdout's sessions. What routed calls paid for it is in their cost "
    "already: measured and verified are net of it, and it is not subtracted again. Calls that no candidate could serve "
    "are on neither arm: what they paid for it is subtracted."
)
MEANING = {
    "verified": (
        "The lower end of the measured savings, over use cases whose certificate held, minus all overhead. "
        f"This is what a fee is taken of: {FEE_PERCENT}% of it, nothing where it is not above zero."
    ),
    "measured": (
        "What sessions that were routed cost less than they would have: told by the random holdout, minus all "
        "overhead, with a 95% interval."
    ),
    "modelled": (
        "The same tokens at the baseline's price instead. It cannot see that models differ in length, cache hits and "
        "retries, and is never billed."
    ),
}


class SavingsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown."""

    savings: Savings
    period: Period
    head: str
    """Of the ledger's chain."""
    now_ns: int
    forecast: Forecast | None
    certificates: tuple[Counted, ...]

    @property
    def span(self) -> str:
        """The period in words."""
        since, until = self.period.since_ns, self.period.until_ns
        begin = "the beginning" if since is None else at(since)
        return f"{begin} to {'now' if until is None else at(until)}"

    @property
    def verified(self) -> str:
        """The amount, or that there is none."""
        nanos = self.savings.verified_nanos
        return "none" if nanos is None else dollars(nanos)

    @property
    def measured(self) -> str:
        """The amount, or that there is none."""
        found = self.savings.measured
        return "none" if found is None else dollars(found.nanos)

    @property
    def modelled(self) -> str:
        """The amount, and what is left of it without the cache that the baseline would have had."""
        found = self.savings
        raw, less = found.modelled.modelled_nanos, found.modelled_less_cache_nanos
        if raw == less:
            return dollars(raw)
        return f"{dollars(raw)}, or {dollars(less)} less the prompt cache that the baseline would have had"

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known to read the figures."""
        return tuple(_notes(self.savings))


def charged(one: Overhead) -> str:
    """Says how much of a kind of overhead is subtracted."""
    if one.contained:
        return "in measured already"
    return "unknown" if one.allowance_nanos is None else dollars(one.charged_nanos)


def interval(found: Range | None) -> str:
    """Returns the ends of an interval in words."""
    if found is None:
        return "no use case has enough sessions on both arms"
    return f"95% interval: {dollars(found.low_nanos)} to {dollars(found.high_nanos)}"


def state(one: StratumSeen) -> str:
    """Says what a stratum counts as."""
    if one.why is not None:
        return WHY[one.why]
    return "measured" if one.certified else "measured; no certificate held, so never billed"


def routed_share(one: StratumSeen) -> str:
    """Says with what probability sessions were routed."""
    return "no dice" if one.propensity is None else f"{100 * one.propensity:.4g}%"


def unknown_shares(one: StratumSeen) -> str:
    """Says which share of each arm's sessions was kept out because a cost is unknown; empty if none was."""
    parts = []
    for name, arm in (("routed", one.routed), ("holdout", one.holdout)):
        if arm.unknown_sessions:
            share = 100 * arm.unknown_sessions / (arm.sessions + arm.unknown_sessions)
            parts.append(f"{arm.unknown_sessions:,} of {name} ({share:.1f}%)")
    return ", ".join(parts)


def forecast_words(one: Forecast) -> str:
    """Says in a few sentences how the forecast did."""
    projected = (
        f"Observation projected that {one.projected:.1%} of the cost of routable requests would be saved "
        f"({one.projected_low:.1%} to {one.projected_high:.1%}; {one.same_length:.1%} with answers of the baseline's "
        "length)"
    )
    rests = f" {words}" if (words := length_words(one.lengths)) else ""
    if one.measured is None or one.measured_low is None or one.measured_high is None or one.error is None:
        return f"{projected}; nothing is measured yet to hold against it.{rests}"
    outcome = f"{one.measured:.1%} was measured ({one.measured_low:.1%} to {one.measured_high:.1%})"
    verdict = "the forecast held" if one.held else "the forecast was off"
    return (
        f"{projected}; {outcome}, before overhead: {verdict}, its middle {abs(100 * one.error):.1f} points "
        f"{'above' if one.error > 0 else 'below'} the outcome's.{rests}"
    )


def as_json(report: SavingsReport) -> bytes:
    """Returns the report as JSON: money as whole nano-dollars (`*_nanos`) and as text (`*_usd`)."""
    found = report.savings
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "period": {"since": at(report.period.since_ns), "until": at(report.period.until_ns)},
                "head": report.head,
                "verified": _money("savings", found.verified_nanos),
                "measured": _range(found.measured),
                "measured_before_overhead": _range(found.difference),
                "modelled": {
                    **_money("savings", found.modelled.modelled_nanos),
                    **_money("lost_cache", found.modelled.modelled_nanos - found.modelled_less_cache_nanos),
                    **_money("savings_less_lost_cache", found.modelled_less_cache_nanos),
                    **_money("cost", found.modelled.cost_nanos),
                    "routed_calls": found.modelled.calls,
                    "unknown_costs": found.modelled.unknown,
                },
                "modelled_only": _money("savings", found.unmeasured.modelled_nanos),
                "overhead": {
                    **_money("total", found.overhead_nanos),
                    "by_kind": [
                        {
                            "kind": one.kind,
                            **_money("cost", one.nanos),
                            "unknown_costs": one.unknown,
                            **_money("allowance", one.allowance_nanos),
                            "in_measured_already": one.contained,
                            **_money("charged", one.charged_nanos),
                        }
                        for one in found.overhead
                    ],
                },
                "lost_cache": found.lost_cache,
                "forecast": _forecast(report.forecast),
                "certificates": report.certificates,
                "strata": [_stratum(one) for one in found.strata],
                **{f"by_{name}": [_line(line) for line in lines] for name, lines in found.by.items()},
                "notes": report.notes,
            }
        ),
        indent=2,
    )


def _notes(found: Savings) -> list[str]:
    notes = []
    if found.difference is None:
        notes.append("Nothing is measured in this period, so nothing is verified and no fee is due.")
    elif found.certified_difference is None:
        notes.append(
            "No certificate held where sessions are measured, so nothing is verified and no fee is due."
        )
    if not found.overhead_bounded:
        notes.append("What routing itself cost is not known, so nothing is verified.")
    if found.unmeasured.calls:
        notes.append(
            f"{found.unmeasured.calls:,} routed calls are in use cases without enough sessions on both arms: what they "
            f"saved, {dollars(found.unmeasured.modelled_nanos)}, is modelled and never billed."
        )
    if found.modelled.unknown:
        notes.append(
            f"{found.modelled.unknown:,} routed calls lack one of both costs: they are in no modelled sum."
        )
    unsaid = sum(one.unknown for one in found.lost_cache)
    if unsaid:
        notes.append(
            f"Of {unsaid:,} later calls of routed sessions it is not known what the baseline would have had in its "
            "prompt cache: a usage or a price is missing, or the holdout has too few such calls. The modelled figure "
            "is not corrected for them."
        )
    mixed = sum(one.mixed_sessions for one in found.strata)
    if mixed:
        notes.append(
            f"{mixed:,} sessions were on both arms, because the dice were changed: they are kept out."
        )
    notes.extend(
        f"In {one.bucket}, sessions with a call of unknown cost are kept out of both arms: {shares}."
        for one in found.strata
        if (shares := unknown_shares(one))
    )
    return notes


def _forecast(one: Forecast | None) -> dict[str, Any] | None:
    return None if one is None else {**msgspec.to_builtins(one), "error": one.error, "held": one.held}


def _money(name: str, nanos: int | None) -> dict[str, Any]:
    return {f"{name}_nanos": nanos, f"{name}_usd": None if nanos is None else usd(nanos, places=9)}


def _range(found: Range | None) -> dict[str, Any] | None:
    if found is None:
        return None
    ends = {"low": found.low_nanos, "high": found.high_nanos, "savings": found.nanos}
    return {key: value for name, nanos in ends.items() for key, value in _money(name, nanos).items()}


def _stratum(one: StratumSeen) -> dict[str, Any]:
    return {**msgspec.to_builtins(one), "state": state(one)}


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "routed_calls": line.tally.calls,
        **_money("cost", line.tally.cost_nanos),
        **_money("modelled", line.tally.modelled_nanos),
        **_money("measured", line.measured_nanos),
        "unknown_costs": line.tally.unknown,
    }

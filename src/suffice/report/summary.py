"""What the report says beside its tables: period, basis, grades and assumptions in words; and all of it as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from suffice.ledger.lengths import VERBOSITY_PERCENT, Rested, rested
from suffice.ledger.projection import FEE_PERCENT, Kept, Line, Projection, for_a_month
from suffice.money import NANOS_PER_USD, usd
from suffice.policy.reasons import TEXTS
from suffice.store.ledger_reader import Span
from suffice.types import Evidence

DAY_NS = 86_400_000_000_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_RESTS_ON = {
    "prior": "on defaults for each kind of task (prior)",
    "calibrated": "on estimates fitted on outcomes (calibrated)",
    "certified": "on certificates (certified)",
}
_MODELLED = (
    "Graded modelled: the decided model's price for the same prompts. What its prompt cache would hold and how often "
    "it would be retried has not been seen."
)
_LENGTHS = {
    "trial": "seen in bake-offs ({units:,} requests that both models answered) for {cases}",
    "outcomes": "learned from outcomes for {cases}",
    "unknown": "not known, so that the baseline's is taken, for {cases}",
}
_UNPROVED = f"Nothing was routed: nothing is verified and the fee is $0.00. Later: {FEE_PERCENT}% of verified savings."


def length_words(found: Sequence[Rested]) -> str:
    """Says what a projection's lengths of answers rest on; empty if there are none."""
    parts = []
    for one in found:
        cases = (
            f"{one.use_cases:,} use case{'s' * (one.use_cases != 1)} ({one.share:.0%} of the answers' cost)"
        )
        parts.append(_LENGTHS[one.basis].format(units=one.units, cases=cases) + _ratios(one))
    return f"How long the cheaper models' answers are is {'; '.join(parts)}." if parts else ""


def _ratios(one: Rested) -> str:
    if one.basis == "unknown":
        return ""
    low, high = f"{one.shortest:.2f}", f"{one.longest:.2f}"
    return f": {low} times the baseline's" if low == high else f": {low} to {high} times the baseline's"


def band_words(found: Sequence[Rested]) -> str:
    """Says what a projection's band is."""
    bases = {one.basis for one in found}
    swing = f"{VERBOSITY_PERCENT}% longer or shorter"
    if "trial" not in bases:
        return f"The band shows answers {swing} than that; it is a sensitivity, not a statistical interval."
    if bases == {"trial"}:
        return "The band is the 95% interval of that; nothing else that may come otherwise is in it."
    return (
        f"The band is the 95% interval of what bake-offs have seen, and answers {swing} than taken elsewhere; nothing "
        "else that may come otherwise is in it."
    )


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown."""

    projection: Projection
    span: Span
    hours: list[tuple[int, int]]
    """Unix hour and number of requests."""
    now_ns: int
    days: int
    """How many days the observation is meant to last."""
    observed_days: float | None = None
    """What the traffic stands for, if the operator says so."""
    serving_evidence: Evidence = "certified"
    """What a candidate would have to have before it serves."""
    part: bool = False
    """Whether only a part of the ledger's time was asked for."""

    @property
    def nothing(self) -> str:
        """Says why there is nothing to show, where no request is in it."""
        if self.part:
            return "No request is in that time: leave --since and --until out for all that the ledger holds."
        return (
            "The ledger is empty: nothing has been through the proxy yet. "
            "Point a client at it (OPENAI_BASE_URL=http://127.0.0.1:8080/v1) and ask again."
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the savings rest on."""
        found = rested(self.projection.total.output_picos)
        lengths = (length_words(found), band_words(found)) if found else ()
        return _MODELLED, self._rests_on(), *lengths, self._fee()

    def _rests_on(self) -> str:
        found = self.projection.evidence
        parts = [f"{found[basis]:,} {words}" for basis, words in _RESTS_ON.items() if found.get(basis)]
        routed = f"Of the requests that would route, {', '.join(parts)}. " if parts else ""
        claim = (
            ""
            if set(found) <= {"certified"} and parts
            else "Nothing is claimed about quality before a bake-off. "
        )
        return (
            f"{routed}{claim}These are shadow decisions, which served nothing: serving asks for "
            f'evidence = "{self.serving_evidence}" ([policy]).'
        )

    def _fee(self) -> str:
        routed = self.projection.routed
        if not routed:
            return _UNPROVED
        return (
            f"{routed:,} requests were routed already: they are spend here and no part of the projection; "
            "`suffice savings` says what they saved."
        )

    @property
    def day(self) -> int:
        """Day of the observation, counted from 1."""
        first = self.span.first_ns if self.span.first_ns is not None else self.now_ns
        return max(0, self.now_ns - first) // DAY_NS + 1

    @property
    def observed_ns(self) -> int | None:
        """How long the traffic stands for; `None` if that is less than a day and nobody says otherwise."""
        if self.observed_days is not None:
            return round(self.observed_days * DAY_NS)
        covered = (self.span.last_ns or 0) - (self.span.first_ns or 0)
        return covered if covered >= DAY_NS else None

    @property
    def basis(self) -> str:
        """What a month's figures are scaled from, in words."""
        if self.observed_days is not None:
            return f"this traffic taken as {self.observed_days:g} days, as you said, scaled to 30"
        if self.observed_ns is not None:
            return f"{self.observed_ns / DAY_NS:.1f} days of traffic scaled to 30"
        return "less than a day of traffic: too little for a month's figure"

    def month(self, nanos: int) -> str | None:
        """Returns an amount scaled to a month; `None` if there is too little to scale."""
        observed = self.observed_ns
        return None if observed is None else dollars(for_a_month(nanos, observed_ns=observed))


def dollars(nanos: int) -> str:
    """Returns an amount for a table: cents from ten dollars on, hundredths of a cent below.

    >>> dollars(12_345_678_900), dollars(1_234_567_890)
    ('$12.35', '$1.2346')
    """
    return usd(nanos, places=2 if abs(nanos) >= 10 * NANOS_PER_USD else 4)


def share(part: int, whole: int) -> str:
    """Returns a share in percent; a dash if there is no whole.

    >>> share(1, 8), share(1, 0)
    ('12.5%', '-')
    """
    return f"{100 * part / whole:.1f}%" if whole else "-"


def as_set(share: float) -> str:
    """Returns a share that somebody has set, in percent: a small one is not rounded away, nor what is left of one.

    >>> as_set(0.05), as_set(0.004), as_set(1 - 0.001)
    ('5%', '0.4%', '99.9%')
    """
    return f"{100 * share:.6g}%"


def shown(text: str) -> str:
    r"""Returns a client's text with control and direction characters made visible, for a table.

    >>> shown("a\x1b[31mb")
    'a\ufffd[31mb'
    """
    return _CONTROL.sub("\ufffd", text)


def at(unix_ns: int | None) -> str:
    """Returns a moment in UTC, to the minute; a dash if there is none."""
    return "-" if unix_ns is None else f"{datetime.fromtimestamp(unix_ns / 1e9, UTC):%Y-%m-%d %H:%M} UTC"


def why(kept: Kept) -> str:
    """Returns a reason in words."""
    return TEXTS.get(kept.reason, kept.reason.replace("_", " "))


def as_json(report: Report) -> bytes:
    """Returns the report as JSON: money as whole nano-dollars (`*_nanos`) and as text (`*_usd`)."""
    projection = report.projection
    shown = {
        "observation": _observation(report),
        "spend": _spend(projection),
        "projection": _projection(report),
        "total": _line(projection.total),
        "by_feature": [_line(line) for line in projection.by_feature],
        "by_model": [_line(line) for line in projection.by_model],
        "by_decided_model": [_line(line) for line in projection.by_decided],
        "kept_on_baseline": [
            {
                "reason": kept.reason,
                "text": why(kept),
                "requests": kept.requests,
                **_money("cost", kept.cost_nanos),
            }
            for kept in projection.kept
        ],
    }
    return msgspec.json.format(msgspec.json.encode(shown), indent=2)


def _observation(report: Report) -> dict[str, Any]:
    span = report.span
    return {
        "day": report.day,
        "days": report.days,
        "first_request": at(span.first_ns),
        "last_request": at(span.last_ns),
        "requests": span.entries,
        "sessions": span.sessions,
        "decide_us_p50": span.decide_us_p50,
        "decide_us_p99": span.decide_us_p99,
    }


def _spend(projection: Projection) -> dict[str, Any]:
    return {
        **_money("measured", projection.measured_nanos),
        **_money("modelled", projection.estimated_nanos),
        "unknown_costs": projection.unknown,
        "not_billed_requests": projection.not_billed,
        "passed_through_requests": projection.passed_through,
        "upstream_errors": projection.upstream_errors,
        "clients_left": projection.clients_left,
        "broken_off": projection.broken_off,
    }


def _projection(report: Report) -> dict[str, Any]:
    projection = report.projection
    return {
        "grade": "modelled",
        "evidence": projection.evidence,
        "serving_evidence": report.serving_evidence,
        "assumptions": report.assumptions,
        "lengths": rested(projection.total.output_picos),
        **_projected(projection.total),
        "month": {
            "basis": report.basis,
            "cost_usd": report.month(projection.total.cost_nanos),
            "savings_usd": report.month(projection.total.projected_nanos),
        },
        "fee_now_usd": usd(0),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "requests": line.requests,
        "input_tokens": line.input_tokens,
        "cache_read_tokens": line.cache_read_tokens,
        "output_tokens": line.output_tokens,
        **_money("cost", line.cost_nanos),
        "unknown_costs": line.unknown_costs,
        "would_route_requests": line.would_route,
        **_money("would_route_cost", line.routed_cost_nanos),
        **_money("would_route_shadow_cost", line.routed_shadow_nanos),
        **_projected(line),
    }


def _projected(line: Line) -> dict[str, Any]:
    low, high = line.band_nanos
    return {
        **_money("savings", line.projected_nanos),
        **_money("savings_low", low),
        **_money("savings_high", high),
        **_money("savings_at_same_length", line.savings_nanos),
    }


def _money(name: str, nanos: int) -> dict[str, Any]:
    return {f"{name}_nanos": nanos, f"{name}_usd": usd(nanos, places=9)}

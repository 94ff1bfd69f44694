"""What a reconciliation says: totals, causes in words, whether it explains what it should; and all of it as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from suffice.evidence.reconciling import Reconciliation
from suffice.ledger.attribution import Part
from suffice.ledger.days import Day
from suffice.ledger.kinds import KINDS, OUTPUT
from suffice.ledger.reconcile import CAUSES, TOLERANCE_PER_MILLE, UNEXPLAINED, Row
from suffice.money import usd

WORDS = {
    "trials": ("Trials", "Calls of bake-offs, which were paid for and are kept beside the ledger."),
    "unseen_traffic": (
        "Unseen traffic",
        "Calls that the provider counts and that never passed the proxy: another key or program.",
    ),
    "missing_from_export": (
        "Missing from the export",
        "Calls of the ledger that the export does not have: another project, key or account, or days not yet closed.",
    ),
    "unknown_usage": (
        "Unknown usage",
        "Calls of the ledger whose answer told no tokens. The ledger keeps them as unknown, never as zero.",
    ),
    "estimated_usage": (
        "Estimated usage",
        "Calls whose tokens the ledger estimated, since the stream broke off before it told them.",
    ),
    "day_boundary": (
        "Day boundary",
        "Calls that began on one day and ended on the next: the provider counts them where they ended.",
    ),
    "cache_handling": (
        "Cache handling",
        "The same input, divided otherwise between cached, written to the cache and ordinary.",
    ),
    "service_tier": (
        "Service tier",
        "Tokens at the rates of another tier than the ledger has, or than the causes above are valued at.",
    ),
    "price_date": ("Price date", "The same tokens at the rates of another date."),
    "unknown_price": ("Unknown price", "Calls that the ledger has no price for, and the provider has."),
    "other_charges": ("Other charges", "What is charged for beside tokens: searches, storage, tools."),
    "rounding": ("Rounding", "Within what the places that the export writes allow."),
    UNEXPLAINED: ("Unexplained", "No cause above accounts for it. It is shown as it is."),
}
"""A cause's name and what it means."""


class Total(msgspec.Struct, kw_only=True):
    """Both sides of several rows."""

    name: str = ""
    rows: int = 0
    requests_stated: int | None = 0
    requests_booked: int = 0
    tokens_stated: int | None = 0
    tokens_booked: int = 0
    nanos_stated: int | None = 0
    nanos_booked: int = 0
    causes: dict[str, Part] = {}

    @property
    def requests(self) -> int | None:
        """The export's less the ledger's."""
        return None if self.requests_stated is None else self.requests_stated - self.requests_booked

    @property
    def tokens(self) -> int | None:
        """The export's less the ledger's."""
        return None if self.tokens_stated is None else self.tokens_stated - self.tokens_booked

    @property
    def nanos(self) -> int | None:
        """The export's less the ledger's."""
        return None if self.nanos_stated is None else self.nanos_stated - self.nanos_booked

    @property
    def parts(self) -> list[Part]:
        """Causes in their order."""
        return [self.causes[cause] for cause in CAUSES if cause in self.causes]

    def add(self, row: Row) -> None:
        """Adds a row; a side that one row does not have is not known of the sum."""
        self.rows += 1
        self.requests_stated = _plus(self.requests_stated, row.requests_stated)
        self.requests_booked += row.requests_booked
        self.tokens_stated = _plus(
            self.tokens_stated, None if row.tokens_stated is None else sum(row.tokens_stated)
        )
        self.tokens_booked += sum(row.tokens_booked)
        self.nanos_stated = _plus(self.nanos_stated, row.nanos_stated)
        self.nanos_booked += row.nanos_booked
        for part in row.causes:
            there = self.causes.get(part.cause)
            self.causes[part.cause] = part if there is None else there.plus(part)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown."""

    result: Reconciliation
    now_ns: int

    @property
    def total(self) -> Total:
        """All rows."""
        return _total("", self.result.rows)

    @property
    def by_model(self) -> list[Total]:
        """Rows by model, the largest difference first."""
        return self._by(lambda row: row.model)

    @property
    def by_day(self) -> list[Total]:
        """Rows by day, in order."""
        found = self._by(lambda row: day_name(self.result.days[row.day]))
        return sorted(found, key=lambda total: total.name)

    @property
    def differing(self) -> list[Row]:
        """Rows whose sides differ in more than rounding, in order."""
        return [row for row in self.result.rows if any(part.cause != "rounding" for part in row.causes)]

    @property
    def unexplained_tokens(self) -> int:
        """Tokens that no cause accounts for, whichever side has them."""
        return sum(sum(map(abs, part.tokens)) for part in self._unexplained())

    @property
    def unexplained_nanos(self) -> int:
        """Nano-dollars that no cause accounts for, whichever side has them."""
        return sum(abs(part.nanos) for part in self._unexplained())

    @property
    def tokens_explained(self) -> float | None:
        """Share of the export's tokens, in [0, 1]; `None` if it has none."""
        return (
            _explained(self.unexplained_tokens, self.total.tokens_stated) if self.result.has_tokens else None
        )

    @property
    def dollars_explained(self) -> float | None:
        """Share of the export's dollars, in [0, 1]; `None` if it has none."""
        return (
            _explained(self.unexplained_nanos, self.total.nanos_stated) if self.result.has_amounts else None
        )

    @property
    def on_target(self) -> bool:
        """All tokens are explained, and dollars but for a thousandth."""
        within = self.unexplained_nanos * 1000 <= (self.total.nanos_stated or 0) * TOLERANCE_PER_MILLE
        return not self.unexplained_tokens and (not self.result.has_amounts or within)

    @property
    def verdict(self) -> str:
        """In one sentence."""
        parts = []
        if self.tokens_explained is not None:
            parts.append(f"{percent(self.tokens_explained)} of tokens")
        if self.dollars_explained is not None:
            parts.append(f"{percent(self.dollars_explained)} of dollars")
        explained = f"Explained: {' and '.join(parts)}."
        if self.on_target:
            return explained
        left = []
        if self.unexplained_tokens:
            left.append(f"{self.unexplained_tokens:,} tokens")
        if self.result.has_amounts and self.unexplained_nanos:
            left.append(usd(self.unexplained_nanos, places=4))
        return f"{explained} Not explained: {' and '.join(left)}."

    @property
    def remarks(self) -> list[str]:
        """What must be known beside the figures."""
        result, export = self.result, self.result.export
        found = [*result.notes]
        if not result.has_amounts:
            found.append(
                "Dollars of causes are what their tokens are worth at the ledger's prices (modelled)."
            )
        elif not result.has_tokens:
            found.append(
                "Without tokens, causes of dollars are only what prices can show: give the usage export too."
            )
        if export.flaw_count:
            listed = "; ".join(f"{flaw.file}: {flaw.where}: {flaw.reason}" for flaw in export.flaws)
            more = " ..." if export.flaw_count > len(export.flaws) else ""
            found.append(
                f"Lines of the export that cannot be read, left out: {export.flaw_count:,} ({listed}{more})."
            )
        if export.repeated:
            listed = "; ".join(export.repeated[:5]) + (" ..." if len(export.repeated) > 5 else "")
            found.append(
                f"Lines that are there twice, word for word, counted once: {len(export.repeated):,} ({listed})."
            )
        if result.not_billed:
            found.append(
                f"Calls of the ledger that cost nothing (refused, failed), left out: {result.not_billed:,}."
            )
        if result.outside:
            found.append(f"Calls of the ledger outside of the days compared: {result.outside:,}.")
        return found

    def _unexplained(self) -> Iterable[Part]:
        return (part for row in self.result.rows for part in row.causes if part.cause == UNEXPLAINED)

    def _by(self, name_of: Callable[[Row], str]) -> list[Total]:
        names: dict[str, list[Row]] = {}
        for row in self.result.rows:
            names.setdefault(name_of(row), []).append(row)
        totals = [_total(name, rows) for name, rows in names.items()]
        return sorted(totals, key=lambda one: (-abs(one.nanos or 0), -abs(one.tokens or 0), one.name))


def cause_name(cause: str) -> str:
    """Returns a cause in words."""
    return WORDS[cause][0]


def cause_meaning(cause: str) -> str:
    """Returns what a cause means."""
    return WORDS[cause][1]


def percent(share: float) -> str:
    """Returns a share in percent, never rounded up to a whole.

    >>> percent(1.0), percent(0.99996)
    ('100%', '99.99%')
    """
    return "100%" if share >= 1 else f"{int(share * 10_000) / 100:.2f}%"


def signed(number: int | None) -> str:
    """Returns a difference in whole numbers; a dash if there is none to tell.

    >>> signed(1200), signed(-3), signed(None)
    ('+1,200', '-3', '-')
    """
    return "-" if number is None else f"{number:+,}" if number else "0"


def tokens_of(part: Part) -> str:
    """Returns a cause's tokens; of those that only moved between kinds, how many did.

    >>> tokens_of(Part(cause="cache_handling", tokens=(-30, 30, 0, 0, 0)))
    '0 (30 moved)'
    """
    moved = (sum(map(abs, part.tokens)) - abs(sum(part.tokens))) // 2
    return f"{signed(sum(part.tokens))} ({moved:,} moved)" if moved else signed(sum(part.tokens))


def money(nanos: int | None, *, plus: bool = False) -> str:
    """Returns an amount with four places; a dash if it is not known.

    >>> money(1_500_000_000, plus=True), money(None)
    ('+$1.5000', '-')
    """
    if nanos is None:
        return "-"
    shown = usd(nanos, places=4)
    return f"+{shown}" if plus and nanos > 0 else shown


def day_name(day: Day) -> str:
    """Returns a day as a date, with the hour in UTC that it begins at if that is not midnight."""
    start = datetime.fromtimestamp(day.start_ns // 1_000_000_000, UTC)
    return (
        f"{start:%Y-%m-%d}"
        if not (start.hour or start.minute)
        else f"{start:%Y-%m-%d} from {start:%H:%M} UTC"
    )


def as_json(report: Report) -> bytes:
    """Returns the report as JSON: money as whole nano-dollars (`*_nanos`) and as text (`*_usd`)."""
    result, total = report.result, report.total
    days = result.days
    data = {
        "provider": result.provider,
        "files": [{"file": file, "format": name} for file, name in result.export.files],
        "from": _iso(days[0].start_ns),
        "to": _iso(days[-1].end_ns),
        "days": len(days),
        "on_target": report.on_target,
        "verdict": report.verdict,
        "tokens_explained": report.tokens_explained,
        "dollars_explained": report.dollars_explained,
        "unexplained_tokens": report.unexplained_tokens,
        **_money("unexplained", report.unexplained_nanos),
        "total": _side(total),
        "causes": [_part(part) for part in total.parts],
        "by_model": [{"model": one.name, **_side(one)} for one in report.by_model],
        "rows": [_row(row, days) for row in result.rows],
        "remarks": report.remarks,
        "unreadable_lines": result.export.flaw_count,
        "repeated_lines": len(result.export.repeated),
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2)


def _row(row: Row, days: list[Day]) -> dict[str, Any]:
    total = _total("", [row])
    return {
        "from": _iso(days[row.day].start_ns),
        "to": _iso(days[row.day].end_ns),
        "model": row.model,
        **_side(total),
        "tokens_by_kind": None if row.tokens is None else dict(zip(KINDS, row.tokens, strict=True)),
        "causes": [_part(part) for part in row.causes],
    }


def _side(total: Total) -> dict[str, Any]:
    return {
        "export": {
            "requests": total.requests_stated,
            "tokens": total.tokens_stated,
            **_money("cost", total.nanos_stated),
        },
        "ledger": {
            "requests": total.requests_booked,
            "tokens": total.tokens_booked,
            **_money("cost", total.nanos_booked),
        },
        "difference": {"tokens": total.tokens, **_money("cost", total.nanos)},
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "cause": part.cause,
        "text": cause_name(part.cause),
        "requests": part.requests,
        "input_tokens": sum(part.tokens[:OUTPUT]),
        "output_tokens": part.tokens[OUTPUT],
        "tokens_by_kind": dict(zip(KINDS, part.tokens, strict=True)),
        **_money("cost", part.nanos),
        "note": part.note,
    }


def _money(name: str, nanos: int | None) -> dict[str, Any]:
    return {f"{name}_nanos": nanos, f"{name}_usd": None if nanos is None else usd(nanos, places=9)}


def _total(name: str, rows: Iterable[Row]) -> Total:
    total = Total(name=name, causes={})
    for row in rows:
        total.add(row)
    return total


def _iso(unix_ns: int) -> str:
    return datetime.fromtimestamp(unix_ns // 1_000_000_000, UTC).isoformat()


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _explained(left: int, whole: int | None) -> float:
    return 1.0 if not left else max(0.0, 1 - left / whole) if whole else 0.0

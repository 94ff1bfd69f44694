"""What is said of the switch: each use case, what it is set to, and what would stand in its way; for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from suffice.policy.policy import Policy
from suffice.policy.published import moment_of
from suffice.policy.switch import Mode, Setting, Switch
from suffice.report.figures import Figures, Line

OTHERS = "*"
"""Stands for all use cases without a setting of their own."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One use case as it is at a moment."""

    bucket: str
    mode: Mode
    share: float | None
    """Of all sessions, those that are routed, the holdout taken off; `None` where nothing is routed."""
    ramp: tuple[float, ...]
    step: int | None
    """From 1; `None` where nothing is routed."""
    since_ns: int
    certified: tuple[str, ...] = ()
    """Models with a certificate that holds."""
    reason: str = ""


def rows_of(switch: Switch, policy: Policy, now_ns: int) -> list[Row]:
    """Returns the use cases that have a setting or a certificate of their own, and one row for all others."""
    held: dict[str, dict[str, int]] = {}
    for one in policy.certificates:
        if one.valid(now_ns):
            held.setdefault(one.bucket, {})[one.candidate] = one.issued_ns
    names = sorted(switch.buckets.keys() | held.keys())
    rows = [_row(name, switch.of(name), switch, held.get(name, {}), now_ns) for name in names]
    return [*rows, _row(OTHERS, switch.default, switch, {}, now_ns)]


def _row(name: str, setting: Setting, switch: Switch, held: dict[str, int], now_ns: int) -> Row:
    routed = setting.mode == "route"
    certified_ns = max(held.values(), default=0)
    share = setting.share(now_ns, certified_ns=certified_ns)
    return Row(
        bucket=name,
        mode=setting.mode,
        share=share * (1 - switch.holdout) if routed else None,
        ramp=setting.ramp if routed else (),
        step=setting.ramp.index(share) + 1 if routed else None,
        since_ns=max(setting.since_ns, certified_ns) if routed else setting.since_ns,
        certified=tuple(sorted(held)),
        reason=setting.reason,
    )


def table(rows: Iterable[Row]) -> Figures:
    """Returns the rows for a terminal."""
    return Figures(
        ("use case", "mode", "routed", "since"), [_line(row) for row in rows], words=("mode", "since")
    )


def _line(row: Row) -> Line:
    return Line(
        name="all others" if row.bucket == OTHERS else row.bucket,
        cells=(
            row.mode,
            "-" if row.share is None else f"{row.share:.1%}",
            f"{moment_of(row.since_ns):%Y-%m-%d %H:%M}" if row.since_ns else "-",
        ),
        notes=tuple(_notes(row)),
        style={"route": "green", "off": "yellow"}.get(row.mode, ""),
    )


def _notes(row: Row) -> Iterator[str]:
    if row.step is not None:
        steps = ", ".join(f"{step:.3g}%" for step in (100 * share for share in row.ramp))
        yield f"step {row.step} of the ramp {steps}"
    if row.certified:
        yield f"certified: {', '.join(row.certified)}"
    if row.reason:
        yield row.reason

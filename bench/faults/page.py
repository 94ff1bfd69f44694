"""The section of docs/safety.md about faults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from faults.asking import AT_ONCE
from faults.measured import Measured

BEGIN, END = "<!-- faults: made by `make bench-faults ARGS=--write` -->", "<!-- end of faults -->"
_HEAD = """
## Faults under load

The real proxy, a replay upstream as the provider, and the official OpenAI SDK with its own two retries as the client:
directly (the control) and through suffice, at the same time, {at_once} requests at once each. A fault is a function of
the request and of which try of the SDK it is, so both sides meet the same ones, and *lost* counts the requests that
ended well directly and not through suffice. Where faults come by the clock, the two shares are compared instead: within
their 95% interval (Newcombe). *calls* are those that reach the provider for each request: retries are not multiplied.
In the ledger every answer that a client got, errors of the provider included, must be found exactly once, and the
chain must verify.
"""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of the run as a whole."""

    took_s: float
    scale: float
    processor: str
    others: str


def text(found: Sequence[Measured], run: Run) -> str:
    """Returns the section as Markdown."""
    lines = [_HEAD.format(at_once=AT_ONCE).strip(), ""]
    for mode, title in (("observe", "Observation mode"), ("route", "Route mode: a cheaper model serves")):
        rows = [one for one in found if one.mode == mode]
        if rows:
            lines += [f"### {title}", "", *_table(rows), ""]
    lines += [
        f"Took {run.took_s:.0f} s at scale {run.scale:g} on: {run.processor}; other programs used {run.others}.",
        "",
    ]
    return "\n".join(lines)


def write(found: Sequence[Measured], run: Run, path: Path) -> None:
    """Replaces the section in the page, which may have others."""
    page = path.read_text("utf-8") if path.exists() else "# Safety\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before.rstrip()}\n\n{BEGIN}\n\n{text(found, run)}\n{END}\n{after.lstrip()}", "utf-8")


def _table(rows: Sequence[Measured]) -> list[str]:
    lines = [
        "| fault | direct | suffice | lost | calls direct / suffice | p95 ms direct / suffice | ledger | chain |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in rows:
        calls, slow = one.calls_per_request(), one.slowest_ms()
        lost = str(one.lost) if one.lost is not None else ("no lower" if one.no_worse else "lower")
        books = one.books
        ledger = (
            f"{books.entries:,} entries"
            if not (books.missing or books.doubled)
            else (f"{books.missing} missing, {books.doubled} doubled")
        )
        lines.append(
            f"| **{one.scenario.name}**: {one.scenario.told}{_routed(one)}{_caught(one)} "
            f"| {_share(one.direct.share)} of {one.direct.asked:,} | {_share(one.proxied.share)} of "
            f"{one.proxied.asked:,} | {lost} | {calls[0]:.2f} / {calls[1]:.2f} "
            f"| {slow[0]:,.0f} / {slow[1]:,.0f} | {ledger} | {'verifies' if books.sound else 'BROKEN'} |"
        )
    return lines


def _routed(one: Measured) -> str:
    if one.mode != "route":
        return ""
    signals, legs = one.books.signals, one.books.legs
    cheaper = sum(count for model, count in one.proxied.models.items() if "nano" in model)
    return (
        f" ({cheaper} answers by the cheaper model, {signals['fallback']} fallbacks, {signals['escalated']} "
        f"escalations, {legs['discarded']} discarded calls)"
    )


def _caught(one: Measured) -> str:
    if one.scenario.workers > 1:
        return f" ({one.books.killed} kills)"
    return f" ({one.books.caught} faults of suffice caught)" if one.scenario.data == "small disk" else ""


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"

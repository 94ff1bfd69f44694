"""An invoice as a PDF of A4 pages.

Drawn by matplotlib, which the plots need anyway: another library would be one more to keep, for text in two columns.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterator
from typing import Any

import msgspec
from matplotlib import rc_context
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from suffice.ledger.invoice import Invoice
from suffice.money import usd
from suffice.report.invoice_page import TERMS, lines_of, price_books, sentence
from suffice.report.savings import routed_share, state
from suffice.report.summary import at, dollars, shown

_WIDE, _HIGH = 8.27, 11.69
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.09, 0.91, 0.93, 0.07
_LINE = 0.0195
_MOST_CHARS = 82
_STYLE: dict[Any, Any] = {
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.size": 9.5,
    # Names come from clients: a dollar sign in one is no formula.
    "text.parse_math": False,
}


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    text: str = ""
    amount: str = ""
    size: float = 9.5
    bold: bool = False
    soft: bool = False


def pdf_of(invoice: Invoice) -> bytes:
    """Returns the PDF; the same bytes for the same invoice."""
    out = io.BytesIO()
    rows = list(_rows(invoice))
    per_page = int((_TOP - _BOTTOM) / _LINE)
    pages = [rows[start : start + per_page] for start in range(0, len(rows), per_page)]
    information = {
        "Title": f"{invoice.heading} {invoice.number}",
        "CreationDate": None,
        "Producer": None,
        "Creator": None,
    }
    with rc_context(_STYLE), warnings.catch_warnings():
        # A letter that the font has not is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph")
        with PdfPages(out, metadata=information) as pdf:
            for number, page in enumerate(pages, 1):
                pdf.savefig(_drawn(page, f"{invoice.number}, page {number} of {len(pages)}"))
    return out.getvalue()


def _drawn(rows: list[_Row], foot: str) -> Figure:
    figure = Figure(figsize=(_WIDE, _HIGH))
    for number, row in enumerate(rows):
        height = _TOP - number * _LINE
        style: dict[str, Any] = {
            "fontsize": row.size,
            "fontweight": "bold" if row.bold else "normal",
            "color": "#5c6675" if row.soft else "#1c2430",
        }
        figure.text(_LEFT, height, row.text, **style)
        if row.amount:
            figure.text(_RIGHT, height, row.amount, ha="right", **style)
    figure.text(_LEFT, 0.035, foot, fontsize=8, color="#5c6675")
    return figure


def _rows(invoice: Invoice) -> Iterator[_Row]:
    yield _Row(text=invoice.heading, size=18, bold=True)
    yield _Row()
    yield _Row(text=invoice.number)
    yield _Row(text=f"{invoice.period}, {invoice.status} {at(invoice.issued_ns)}", soft=True)
    yield _Row()
    yield from _wrapped(sentence(invoice), bold=True)
    yield _Row()
    yield _Row(text="Line", amount="US dollars", soft=True)
    lines = lines_of(invoice)
    for number, (name, amount) in enumerate(lines):
        yield from _wrapped(name, amount=amount, bold=number >= len(lines) - 3, chars=74)
    yield _Row()
    yield from _wrapped(f"{TERMS} Rule: {invoice.rule}.", soft=True)
    yield _Row()
    yield _Row(text="What was measured", bold=True, size=11)
    for one in invoice.strata:
        saved = "not measured" if one.measured_nanos is None else dollars(one.measured_nanos)
        text = (
            f"{one.bucket or '(none)'}: {one.routed.sessions:,} sessions routed at {routed_share(one)}, "
            f"{dollars(one.routed.cost_nanos)}; {one.holdout.sessions:,} in the holdout, "
            f"{dollars(one.holdout.cost_nanos)}" + (f"; {state(one)}" if one.why or not one.certified else "")
        )
        yield from _wrapped(text, amount=saved, chars=74)
    yield _Row()
    yield _Row(text="What it rests on", bold=True, size=11)
    yield from _wrapped(f"Ledger head {invoice.head}")
    yield from _wrapped(f"Prices: {', '.join(price_books(invoice)) or 'none used'}")
    for held in invoice.certificates:
        pair = f"{held.candidate} in the place of {held.baseline}"
        span = f"{at(held.issued_ns)} to {at(held.until_ns)}"
        yield from _wrapped(f"Certificate in {held.bucket}: {pair}, {span} (policy {held.policy})")
    if not invoice.certificates:
        yield _Row(text="No certificate held in this period.")
    yield _Row(
        text=f"Modelled savings, for information, never billed: {usd(invoice.modelled_nanos, places=9)}"
    )
    yield from _wrapped(f"Digest {invoice.digest}")


def _wrapped(
    text: str, *, amount: str = "", bold: bool = False, soft: bool = False, chars: int = _MOST_CHARS
) -> Iterator[_Row]:
    parts = textwrap.wrap(shown(text), chars - 6 * bold) or [""]
    for number, part in enumerate(parts):
        yield _Row(text=part, amount="" if number else amount, bold=bold, soft=soft)

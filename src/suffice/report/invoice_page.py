"""An invoice in words and as one HTML page that prints well: everything inline, nothing to fetch, nothing to run."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from suffice.ledger.invoice import Invoice, Item
from suffice.ledger.projection import FEE_PERCENT
from suffice.ledger.zero import KINDS, WHY_ZERO
from suffice.money import usd
from suffice.report import savings
from suffice.report.summary import at, dollars, shown


def render(invoice: Invoice) -> str:
    """Returns the page. Names of use cases come from clients: they are escaped."""
    environment = Environment(
        loader=PackageLoader("suffice.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(at=at, dollars=dollars, shown=shown, words=savings)
    return environment.get_template("invoice.html.j2").render(
        invoice=invoice,
        lines=lines_of(invoice),
        due=due(invoice),
        sentence=sentence(invoice),
        prices=price_books(invoice),
        modelled=usd(invoice.modelled_nanos, places=9),
        terms=TERMS,
    )


TERMS = "Amounts are in US dollars. Taxes are not in them."
"""What holds for every amount."""


def lines_of(invoice: Invoice) -> list[tuple[str, str]]:
    """Returns the lines and sums, each with its amount to the nano-dollar."""
    lines = [(name_of(item), usd(item.nanos, places=9)) for item in invoice.items]
    verified = (
        ("Verified savings: nothing can be verified", "none")
        if invoice.verified_nanos is None
        else ("Verified savings: the sum of these lines", usd(invoice.verified_nanos, places=9))
    )
    return [
        *lines,
        verified,
        (f"Fee: {FEE_PERCENT}% of verified savings above zero", usd(invoice.fee_nanos, places=9)),
        ("Due", due(invoice)),
    ]


def name_of(item: Item) -> str:
    """Returns what a line is for."""
    if item.kind == "saved":
        return f"Saved in {item.name or '(none)'} ({item.text})"
    if item.kind == "chance":
        return f"Less what chance may have added ({item.text})"
    if item.name == "lost_cache":
        return f"For information: {KINDS[item.name]}, {item.text}"
    return f"Less overhead: {KINDS.get(item.name, item.name)}" + (f" ({item.text})" if item.text else "")


def due(invoice: Invoice) -> str:
    """Returns the amount to pay.

    Amounts are in US dollars.
    """
    return f"${invoice.due_cents // 100:,}.{invoice.due_cents % 100:02d}"


def sentence(invoice: Invoice) -> str:
    """Says in words what is due and why."""
    if invoice.why_zero is not None:
        return f"Nothing is due. {invoice.because or WHY_ZERO[invoice.why_zero]}"
    return f"Due: {due(invoice)} (US dollars)."


def price_books(invoice: Invoice) -> list[str]:
    """Returns the price books, without the rows of single models."""
    return list(dict.fromkeys(version.partition(":")[0] for version in invoice.prices))

"""What routing saved, as one HTML page: everything inline, nothing to fetch, nothing to run."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from suffice.ledger.zero import KINDS
from suffice.report import plots, savings
from suffice.report.savings import SavingsReport
from suffice.report.summary import at, dollars, shown


def render(report: SavingsReport) -> str:
    """Returns the page. Names of use cases, features and models come from clients: they are escaped."""
    environment = Environment(
        loader=PackageLoader("suffice.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(at=at, dollars=dollars, shown=shown, words=savings, kinds=KINDS)
    found = report.savings
    drawn = plots.savings_by_use_case(found.by["bucket"]) if found.by.get("bucket") else ""
    return environment.get_template("savings.html.j2").render(
        report=report,
        found=found,
        # matplotlib escapes the text that it puts into SVG.
        plot=Markup(drawn),  # noqa: S704 -- our own drawing
    )

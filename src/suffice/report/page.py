"""The report as one HTML page: everything inline, nothing to fetch, nothing to run."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from suffice.report import plots
from suffice.report.summary import Report, at, dollars, share, shown, why
from suffice.report.terminal import next_step


def render(report: Report) -> str:
    """Returns the page. Names of features and models come from clients: they are escaped."""
    environment = Environment(
        loader=PackageLoader("suffice.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(at=at, dollars=dollars, share=share, shown=shown, why=why)
    drawn = _plots(report) if report.span.entries else {}
    return environment.get_template("report.html.j2").render(
        report=report,
        projection=report.projection,
        total=report.projection.total,
        assumptions=report.assumptions,
        next_step=next_step(report),
        # matplotlib escapes the text that it puts into SVG.
        plots={name: Markup(svg) for name, svg in drawn.items()},  # noqa: S704 -- our own drawing
    )


def _plots(report: Report) -> dict[str, str]:
    drawn = {"requests": plots.requests_over_time(report.hours)}
    if report.projection.by_feature:
        drawn["spend"] = plots.spend_by_feature(report.projection.by_feature)
        drawn["routed"] = plots.routed_share(report.projection.by_feature)
    if report.projection.kept:
        drawn["kept"] = plots.kept_reasons(report.projection.kept)
    return drawn

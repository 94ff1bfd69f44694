"""A reconciliation as one HTML page: everything inline, nothing to fetch, nothing to run."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from suffice.report.reconciliation import (
    Report,
    cause_meaning,
    cause_name,
    day_name,
    money,
    percent,
    signed,
    tokens_of,
)
from suffice.report.summary import at, shown

MOST_ROWS = 500
"""Of days and models that differ; the rest is in the JSON."""


def render(report: Report) -> str:
    """Returns the page. Names of models, files and charges come from exports: they are escaped."""
    environment = Environment(
        loader=PackageLoader("suffice.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(
        at=at,
        cause_meaning=cause_meaning,
        cause_name=cause_name,
        day_name=day_name,
        money=money,
        percent=percent,
        shown=shown,
        signed=signed,
        tokens_of=tokens_of,
    )
    return environment.get_template("reconciliation.html.j2").render(
        report=report,
        result=report.result,
        total=report.total,
        days=report.result.days,
        rows=report.differing[:MOST_ROWS],
        more=max(0, len(report.differing) - MOST_ROWS),
    )

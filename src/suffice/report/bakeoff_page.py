"""A bake-off's report as one HTML page: everything inline, nothing to fetch, nothing to run."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from suffice.evidence.result import TrialResult
from suffice.report import bakeoff, plots
from suffice.report.bakeoff import BakeoffReport
from suffice.report.summary import at, dollars, share
from suffice.report.summary import shown as shown_line
from suffice.stats.binomial import failure_bound

MOST_CHARS = 1_500
"""Of an answer on the page; the rest is in the JSON."""
_SCREEN = 20
# Control characters but for the two that lay out a text, and what turns its direction round.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ORDER = {"EQUIVALENT": 0, "INCONCLUSIVE": 1, "WORSE": 2}
SYMBOLS = {"EQUIVALENT": "✓", "INCONCLUSIVE": "?", "WORSE": "✗"}


def render(report: BakeoffReport) -> str:
    """Returns the page. Names, prompts and answers come from clients and models: they are escaped."""
    environment = Environment(
        loader=PackageLoader("suffice.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(
        at=at,
        dollars=dollars,
        share=share,
        shown=shown_line,
        text=shown_text,
        symbol=SYMBOLS.__getitem__,
        words=bakeoff,
        signed=_signed,
    )
    rows = sorted(
        report.rows, key=lambda row: (row.result.bucket, _ORDER[row.result.verdict], row.result.candidate)
    )
    overview = [
        (f"{row.result.bucket} × {row.result.candidate}", *_interval(row.result))  # noqa: RUF001 -- a cross, as in print
        for row in rows
        if row.result.n
    ]
    return environment.get_template("bakeoff.html.j2").render(
        report=report,
        rows=rows,
        # matplotlib escapes the text that it puts into SVG.
        overview=Markup(plots.differences(overview, delta=report.delta)) if overview else "",  # noqa: S704 -- our own drawing
        path=_path,
        screen=_SCREEN,
        screen_bound=failure_bound(_SCREEN, _SCREEN, 0.05),
    )


def shown_text(text: str, most: int = MOST_CHARS) -> str:
    r"""Returns a model's or client's text for the page: its lines kept, other control characters visible.

    Of a longer text the middle is left out: the end is where the result stands.

    >>> shown_text("a\x1b[31m\nb")
    'a\ufffd[31m\nb'
    """
    text = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))
    if len(text) <= most:
        return text
    first, last = 2 * most // 3, most // 3
    return f"{text[:first]}\n[… {len(text) - first - last:,} characters …]\n{text[-last:]}"


def _path(result: TrialResult) -> Markup:
    if not result.history:
        return Markup("")
    name = f"{result.bucket} and {result.candidate}"
    drawn = plots.trial_path(result.history, delta=result.delta, name=name)
    return Markup(drawn)  # noqa: S704 -- our own drawing


def _interval(result: TrialResult) -> tuple[float, float, float]:
    return (result.mean or 0.0, result.lower, result.upper)


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"

"""The section of docs/savings.md on the forecast: every figure comes from the study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from routed_week.page import table

Row = dict[str, Any]
BEGIN = "<!-- forecast: begin; made by `make bench-forecast ARGS=--write`, do not edit up to its end -->"
END = "<!-- forecast: end -->"

HEAD = """\
### Does it make the forecast better?

    make bench-forecast DATA=path/to/shared/data/traffic ARGS=--write

The recorded week of {requests:,} requests is cut in two at random, {repeats:,} times. One half is watched, and a trial
asks some of its requests of each use case of both models; the projection is the product's own. The other half is
routed: what that truly saves, as a share of the baseline's cost, is known from the recorded answers. *Error* is the
mean distance between the two, in points of that share. *Closer* is how often the corrected forecast is nearer; *held*,
how often its band has what the watched half itself would have saved (nominal 95%); *width*, the band's, and in
brackets that of answers 30% longer or shorter.

The whole week:

"""
VERDICT = """
The correction makes the error smaller in {better} of {all} rows over the whole week and in {single} of {all} by use
case. {worst} The band knows what a trial's units leave open, and nothing of traffic that changes.
"""
COLUMNS = (
    "models",
    "asked, by use case",
    "truly saved",
    "error at the same length",
    "corrected",
    "closer",
    "held",
    "width",
)


def section(found: Sequence[Row], *, requests: int, repeats: int) -> str:
    """Returns the text between the markers."""
    better = sum(row["whole_projected"] < row["whole_same_length"] for row in found)
    single = sum(row["single_projected"] < row["single_same_length"] for row in found)
    return (
        HEAD.format(requests=requests, repeats=repeats)
        + _errors(found, "whole")
        + "\nSingle use cases:\n\n"
        + _errors(found, "single")
        + VERDICT.format(better=better, single=single, all=len(found), worst=_worst(found))
    )


def _errors(found: Sequence[Row], what: str) -> str:
    rows = [
        (
            f"{row['pair'][1]} to {row['pair'][2]}",
            f"{row['units']}",
            f"{row['truth']:.1%}",
            f"{100 * row[f'{what}_same_length']:.2f}",
            f"**{100 * row[f'{what}_projected']:.2f}**",
            f"{row[f'{what}_better']:.0%}",
            f"{row[f'{what}_held']:.0%}",
            f"{100 * row[f'{what}_band']:.2f} ({100 * row[f'{what}_swing']:.2f})",
        )
        for row in found
    ]
    return table(COLUMNS, rows)


def _worst(found: Sequence[Row]) -> str:
    def gain(row: Row) -> float:
        return float(row["whole_same_length"] - row["whole_projected"])

    most, least = max(found, key=gain), min(found, key=gain)
    words = (
        f"It gains most for {most['pair'][2]}, whose answers differ most in length "
        f"({100 * most['whole_same_length']:.2f} to {100 * most['whole_projected']:.2f} points, whole week)"
    )
    if gain(least) >= 0:
        return f"{words}."
    return (
        f"{words}, and is worse than nothing for {least['pair'][2]} with {least['units']} requests asked "
        f"({100 * least['whole_same_length']:.2f} to {100 * least['whole_projected']:.2f}): over all use cases that "
        "model happens to write as much as the baseline, so that there is nothing to correct and a small trial's own "
        "error is all that it adds."
    )

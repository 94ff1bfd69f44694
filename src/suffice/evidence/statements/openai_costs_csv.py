"""The CSV that OpenAI's usage dashboard exports of costs: a row a day, and a line item where it is grouped by them.

Its columns are start_time, end_time, the same in ISO form, amount_value, amount_currency, line_item, project_id and
the organization; a day without costs is a row of times and nothing else. Where it comes from is described at
https://help.openai.com/en/articles/8554956-understanding-your-api-usage; the columns were compared with a published
export of October 2025.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._lines import of_rows
from suffice.evidence.statements.openai_costs import line_of
from suffice.evidence.statements.openai_usage import bounds
from suffice.ledger.statement import Flaw, Line

TITLE = "OpenAI usage dashboard, CSV of costs"
SOURCE = "https://help.openai.com/en/articles/8554956-understanding-your-api-usage"
PROVIDER = "openai"
WANTED = ("start_time", "end_time", "amount_value", "amount_currency")


def recognises(document: Document) -> bool:
    """Tells whether a table has this export's columns."""
    return "start_time" in document.columns and bool(
        {"amount_value", "amount_currency"} & set(document.columns)
    )


def read(document: Document) -> Iterator[Line | Flaw]:
    """Yields a line for each row; of a row of times alone an empty one."""
    return of_rows(document, bounds, _line)


def _line(row: Mapping[str, Any]) -> Line:
    if not str(row.get("amount_value", "")).strip() and not str(row.get("line_item", "")).strip():
        return Line(where="")
    return line_of(row)

"""The CSV that OpenAI's usage dashboard exports (Usage, Export, activity): a row a bucket, model, project and key.

Its columns are the usage API's fields beside start_time, end_time and the same in ISO form; days are in UTC; a day
without usage is a row of two times and nothing else. Where it comes from is described at
https://help.openai.com/en/articles/8554956-understanding-your-api-usage; the columns were compared with a published
export of October 2025.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._lines import of_rows
from suffice.evidence.statements.openai_usage import bounds, line_of
from suffice.ledger.statement import Flaw, Line

TITLE = "OpenAI usage dashboard, CSV of activity"
SOURCE = "https://help.openai.com/en/articles/8554956-understanding-your-api-usage"
PROVIDER = "openai"
WANTED = ("start_time", "end_time", "model", "input_tokens", "output_tokens")
_MARKS = frozenset({"start_time", "start_time_iso", "num_model_requests", "input_cached_tokens"})


def recognises(document: Document) -> bool:
    """Tells whether a table has this export's columns."""
    return len(_MARKS & set(document.columns)) >= 2 and "amount_value" not in document.columns


def read(document: Document) -> Iterator[Line | Flaw]:
    """Yields a line for each row; of a row of times alone an empty one."""
    return of_rows(document, bounds, _line)


def _line(row: Mapping[str, Any]) -> Line:
    if not any(str(row.get(name, "")).strip() for name in WANTED[2:]):
        return Line(where="")
    return line_of(row)

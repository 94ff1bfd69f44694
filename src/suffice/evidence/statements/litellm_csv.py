"""A CSV like LiteLLM's daily spend: date, model, prompt_tokens, completion_tokens, spend, and what else there is.

Columns are those of its table LiteLLM_DailyUserSpend and of its siblings for teams, tags and end users, in
`schema.prisma` of https://github.com/BerriAI/litellm, described at https://docs.litellm.ai/docs/proxy/cost_tracking.
Days are in UTC, `prompt_tokens` holds what the cache served and what was written to it, `spend` is in dollars. Where
the columns of the cache or of the calls are not there, they are not known. Other tools' tables with these columns are
read as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._fields import FlawError, amount, count, day_or_moment, needed, text
from suffice.evidence.statements._lines import of_rows
from suffice.ledger.statement import Flaw, Line

TITLE = "LiteLLM-style CSV (date, model, prompt_tokens, completion_tokens, spend)"
SOURCE = "https://docs.litellm.ai/docs/proxy/cost_tracking"
PROVIDER = None
WANTED = ("date", "model", "prompt_tokens", "completion_tokens", "spend")
_ENOUGH = 3


def recognises(document: Document) -> bool:
    """Tells whether a table has most of the columns."""
    return len(set(WANTED) & set(document.columns)) >= _ENOUGH and "start_time" not in document.columns


def read(document: Document) -> Iterator[Line | Flaw]:
    """Yields a line for each row."""
    return of_rows(document, None, _line)


def _line(row: Mapping[str, str]) -> Line:
    day, moment = day_or_moment(row.get("date", "").strip())
    total = needed(row, "prompt_tokens")
    read_, written = count(row, "cache_read_input_tokens"), count(row, "cache_creation_input_tokens")
    if (read_ or 0) + (written or 0) > total:
        raise FlawError(f"more was cached than sent: prompt_tokens {total}, cache_read_input_tokens {read_}")
    cost = amount(row, "spend")
    model = text(row, "model")
    if not model:
        raise FlawError("model is missing")
    names = ("user_id", "team_id", "tag", "end_user_id", "api_key", "custom_llm_provider", "model_group")
    return Line(
        where="",
        start_ns=moment,
        day=day,
        # LiteLLM writes the provider before the model's name.
        model=model.split("/", 1)[-1],
        requests=count(row, "successful_requests", "api_requests"),
        input_tokens=total,
        cache_read_tokens=read_,
        cache_write_tokens=written,
        output_tokens=needed(row, "completion_tokens"),
        nanos=None if cost is None else cost[0],
        half_unit_nanos=0 if cost is None else cost[1],
        currency=text(row, "currency").lower() or "usd",
        apart=tuple(text(row, name) for name in names),
    )

"""The ledger's questions as SQL with its values. Only our own names are in the text; what a caller says is a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suffice.store.rows import ANSWER_COLUMNS, LEG_COLUMNS, TURN_COLUMNS
from suffice.store.schema import COLUMNS, ROUTING_TOUCHED

Select = tuple[str, list[Any]]
"""A statement and its values."""

SUMS: Mapping[str, str] = {
    "requests": "COUNT(*)",
    "input_tokens": "COALESCE(SUM(input_tokens), 0)",
    "cache_read_tokens": "COALESCE(SUM(cache_read_tokens), 0)",
    "output_tokens": "COALESCE(SUM(output_tokens), 0)",
    "cost_nanos": "COALESCE(SUM(cost_nanos), 0)",
    "shadow_nanos": "COALESCE(SUM(shadow_nanos), 0)",
    "unknown_costs": "SUM(cost_nanos IS NULL)",
    "unknown_shadows": "SUM(shadow_grade = 'unknown')",
}
_GROUPS: Mapping[str, str] = {
    "day": "received_ns / 86400000000000",
    "hour": "received_ns / 3600000000000",
    "owner": "CASE WHEN leg = 'shadow' AND parent = '' THEN '' ELSE feature END",
}


def between(since_ns: int | None, until_ns: int | None) -> tuple[str, list[int]]:
    """Returns the condition of a time, empty if it is open at both ends, and its values."""
    bounds = [("received_ns >= ?", since_ns), ("received_ns < ?", until_ns)]
    set_ = [(clause, value) for clause, value in bounds if value is not None]
    where = "WHERE " + " AND ".join(clause for clause, _ in set_) if set_ else ""
    return where, [value for _, value in set_]


def legs(since_ns: int | None, until_ns: int | None, *, served: bool) -> Select:
    """Calls that routing touched: those that answered a client, or the others."""
    where, values = _and(since_ns, until_ns)
    # The index of these calls is used where the very condition that it was made with is asked for.
    select = (
        f"SELECT {LEG_COLUMNS} FROM entries {where} {ROUTING_TOUCHED} "  # noqa: S608 -- our own names
        f"AND leg {'=' if served else '<>'} 'served' ORDER BY received_ns, id"
    )
    return select, values


def turns(since_ns: int | None, until_ns: int | None) -> Select:
    """Billed calls that answered a client, of sessions that routing touched.

    A session's other calls too: what the baseline read before, and what it has to read anew.
    """
    where, values = _and(since_ns, until_ns)
    select = (
        f"SELECT {TURN_COLUMNS} FROM entries {where} leg = 'served' AND session <> '' AND grade <> 'not_billed' "  # noqa: S608 -- our own names
        f"AND session IN (SELECT session FROM entries {where} {ROUTING_TOUCHED}) ORDER BY received_ns, id"
    )
    return select, [*values, *values]


def price_versions(since_ns: int | None, until_ns: int | None) -> Select:
    """What calls that routing touched were priced with."""
    where, values = _and(since_ns, until_ns)
    select = (
        "SELECT DISTINCT json_extract(CAST(entry AS TEXT), '$.cost.price_version') "  # noqa: S608 -- our own names
        f"FROM entries {where} {ROUTING_TOUCHED}"
    )
    return select, values


def answers(feature: str, since_ns: int, limit: int) -> Select:
    """The newest good answers that clients of a feature got."""
    select = (
        f"SELECT {ANSWER_COLUMNS} FROM entries WHERE received_ns >= ? AND feature = ? AND leg = 'served' "  # noqa: S608 -- our own names
        "AND ending = 'complete' AND status = 200 ORDER BY received_ns DESC LIMIT ?"
    )
    return select, [since_ns, feature, limit]


def grouped(by: Sequence[str], since_ns: int | None, until_ns: int | None, *, after: int | None) -> Select:
    """Sums over entries that are alike.

    Raises:
        KeyError: There is no such column.
    """
    columns = [_GROUPS[name] if name in _GROUPS else _known(name) for name in by]
    where, values = between(since_ns, until_ns)
    selected = ", ".join([*columns, *SUMS.values()])
    grouping = f"GROUP BY {', '.join(columns)}" if columns else ""
    source = "entries"
    if after is not None:
        # By the chain first: what is new is little, whatever time it is of.
        source = "chain CROSS JOIN entries ON entries.id = chain.id"
        where, values = f"{where} {'AND' if where else 'WHERE'} chain.seq > ?", [*values, after]
    return f"SELECT {selected} FROM {source} {where} {grouping}", list(values)  # noqa: S608 -- only known columns


def _and(since_ns: int | None, until_ns: int | None) -> tuple[str, list[int]]:
    """The condition of a time, for another to follow."""
    where, values = between(since_ns, until_ns)
    return (f"{where} AND" if where else "WHERE"), values


def _known(name: str) -> str:
    if name not in COLUMNS or name == "entry":
        raise KeyError(name)
    return name

"""Generated months for tests: a ledger file, and the provider's exports of the same calls."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.evidence.exports import read_exports
from suffice.evidence.reconciling import Asked, Both, Reconciliation
from suffice.ledger.entry import Entry
from suffice.store.sqlite import SqliteStore
from suffice.testing.provider_exports import Month, Period, Shares, make_month

BOOK = PriceBook()
START_NS = 1_793_491_200_000_000_000
PERIOD = Period(start_ns=START_NS, days=7)
NOW_NS = START_NS + 30 * 86_400_000_000_000


def month(*, calls: int = 1_500, seed: int = 1, **shares: float) -> Month:
    """A week of calls whose two sides differ by these shares of calls."""
    return make_month(random.Random(seed), BOOK.cost, PERIOD, calls=calls, shares=Shares(**shares))


def ledger(folder: Path, entries: Sequence[Entry]) -> Path:
    """Writes a ledger."""
    path = folder / "ledger.db"
    store = SqliteStore(path)
    store.append(list(entries), spool="s", moved_bytes=1)
    store.close()
    return path


def written(folder: Path, **files: bytes) -> list[Path]:
    """Writes files; `usage_json=...` becomes usage.json."""
    paths = []
    for name, raw in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(raw)
        paths.append(path)
    return paths


def reconciled(ledger: Path, paths: Sequence[Path], **asked: object) -> Reconciliation:
    """Reconciles files with a ledger."""
    given = Asked(**{"provider": "openai", **asked})
    store = SqliteStore(ledger, read_only=True)
    try:
        export = read_exports(paths, provider=given.provider)
        return Both(store, Catalog.load(at_ns=NOW_NS), BOOK, given).reconcile(export)
    finally:
        store.close()


def sums(result: Reconciliation) -> dict[str, tuple[int, int, int]]:
    """Requests, tokens and nano-dollars by cause."""
    found: dict[str, tuple[int, int, int]] = {}
    for row in result.rows:
        for part in row.causes:
            requests, tokens, nanos = found.get(part.cause, (0, 0, 0))
            found[part.cause] = (requests + part.requests, tokens + sum(part.tokens), nanos + part.nanos)
    return found

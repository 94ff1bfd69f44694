"""reconcile.md: how an export is compared with the ledger, with an example made of generated traffic."""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.evidence.exports import read_exports
from suffice.evidence.reconciling import Asked, Both
from suffice.evidence.statements import FORMATS
from suffice.ledger.reconcile import CAUSES
from suffice.money import usd
from suffice.report.reconciliation import Report, cause_meaning, cause_name
from suffice.report.reconciliation_terminal import print_reconciliation
from suffice.store.sqlite import SqliteStore
from suffice.testing.provider_exports import (
    Month,
    Period,
    Shares,
    Truth,
    make_month,
    openai_costs,
    openai_usage,
)

PERIOD = Period(start_ns=1_793_491_200_000_000_000, days=14)
CALLS = 2_000
WIDTH = 88
_ALONE = {
    "unseen_traffic": Shares(unseen=0.02),
    "unknown_usage": Shares(unknown=0.02),
    "estimated_usage": Shares(estimated=0.02),
    "cache_handling": Shares(uncached=0.02),
    "service_tier": Shares(flex=0.02),
}
_TOGETHER = Shares(unseen=0.02, unknown=0.005, estimated=0.01, late=0.003, uncached=0.02, flex=0.03)

HEAD = """\
# The provider's export beside the ledger

The ledger says what calls cost; the provider says what it counted. `suffice reconcile` compares the two, day by day
and model by model, and divides every difference by cause:

    suffice reconcile --provider openai --export usage.json --export costs.json --html reconciliation.html

Causes add up to the difference exactly, in whole tokens and nano-dollars. What no cause accounts for is shown as
*unexplained*. The target is that every token is explained, and dollars but for a thousandth; the last line says whether
that is reached. The ledger is read and never changed: a correction would be a new entry.

## Which exports

{formats}
A format is found out by itself; `--format` says it. A provider's usage has tokens and its costs have dollars: give both
files, so that both are compared. Several pages of one answer go into one file, one after the other. Ask for days, by
model, and by service tier where the provider offers that. Unknown columns are ignored; a column that is needed is
named when it is missing; a line that cannot be read is kept aside with its number; a line that is there twice, word for
word, counts once.

Days are those of the export. OpenAI's and Anthropic's say when each begins. A table that only names its days is taken
to be in UTC; if another zone fits the ledger at least twice as well, that is an error which names the zone for
`--zone`. An hour's difference among much unseen traffic is too little to see. The day on which an export was made is
not over: leave it out with `--until`.

## Causes

{causes}
A cause is claimed only for what can be seen: calls are unseen where the export counts more of them than the ledger
has; estimates explain no more than was estimated; another price or tier is named only if it gives the amount that is
left, within a thousandth of the spend. Where calls are unseen and others have no usage on the same day and model,
their tokens are divided by numbers of calls. Behind unseen traffic of the same day and model, small errors of an
estimate or of the cache cannot be told apart from it.

## An example

{calls:,} generated calls of two weeks, where {shares}.
The provider's files and the ledger, side by side:

```text
{example}
```

What was made, and what was found. Each cause alone (2% of calls), then all of them in one month, where they share days
and models:

{found}
"""

FOOT = """\
Made with `suffice.testing.provider_exports`, which anybody's test can use.
"""


def page(table: Callable[[list[str], Iterable[Iterable[str]]], str]) -> str:
    """Returns reconcile.md."""
    made, report = _reconciled(_TOGETHER)
    formats = (
        [f"`{name}`", form.TITLE, form.PROVIDER or "any", form.SOURCE] for name, form in FORMATS.items()
    )
    example = io.StringIO()
    print_reconciliation(report, Console(file=example, width=WIDTH))
    text = HEAD.format(
        formats=table(["format", "what it is", "provider", "documented at"], formats),
        causes=table(["cause", "what it means"], _causes()),
        calls=CALLS,
        shares=(
            "2% never passed the proxy, 0.5% told no usage, 1% were estimated, 2% had their\n"
            "cached input booked as ordinary, 3% were served by the flex tier unseen, and a few ended after midnight"
        ),
        example="\n".join(line.rstrip() for line in example.getvalue().strip().splitlines()),
        found=table(
            ["", "cause", "tokens made", "found", "dollars made", "found"], _found(made.truth, report)
        ),
    )
    return f"{text}\n{FOOT}"


def _causes() -> Iterable[list[str]]:
    return ([cause_name(cause), cause_meaning(cause)] for cause in CAUSES)


def _found(truth: Mapping[str, Truth], report: Report) -> Iterable[list[str]]:
    for cause, shares in _ALONE.items():
        made, alone = _reconciled(shares)
        yield _line("alone", cause, made.truth[cause], alone)
    for cause in _ALONE:
        yield _line("together", cause, truth[cause], report)
    yield _line("together", "unexplained", Truth(), report)


def _line(name: str, cause: str, truth: Truth, report: Report) -> list[str]:
    part = report.total.causes.get(cause)
    tokens, nanos = (sum(part.tokens), part.nanos) if part else (0, 0)
    return [
        name,
        cause_name(cause).lower(),
        f"{truth.tokens:,}",
        f"{tokens:,}",
        usd(truth.nanos, places=4),
        usd(nanos, places=4),
    ]


def _reconciled(shares: Shares) -> tuple[Month, Report]:
    book = PriceBook()
    rng = random.Random(11)  # noqa: S311 -- seeded, so that the page is the same each time
    made = make_month(rng, book.cost, PERIOD, calls=CALLS, shares=shares)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        store = SqliteStore(path / "ledger.db")
        store.append(made.entries, spool="generated", moved_bytes=1)
        (path / "usage.json").write_bytes(openai_usage(made.billed, PERIOD))
        (path / "costs.json").write_bytes(openai_costs(made.billed, PERIOD))
        export = read_exports([path / "usage.json", path / "costs.json"], provider="openai")
        both = Both(store, Catalog.load(at_ns=PERIOD.start_ns), book, Asked(provider="openai"))
        report = Report(result=both.reconcile(export), now_ns=PERIOD.start_ns)
        store.close()
    return made, report

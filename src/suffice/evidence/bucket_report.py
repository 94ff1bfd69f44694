"""LEARN: the use cases of a log as a person sees them: how much traffic, what it costs, which model serves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappush, heapreplace
from zlib import crc32

import msgspec

from suffice.quality.outcomes import UNTAGGED
from suffice.store.traffic import CallHead

DAY_NS = 86_400 * 10**9
DAYS_PER_MONTH = 30.4375
KINDS = ("prompt", "tools", "task", "route")
"""What the names of untagged buckets begin with; a rest has none of these."""
OTHER_MODELS = "(other models)"
_MOST_MODELS = 64
_EXAMPLE_CHARS = 300


class BucketExample(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a bucket."""

    id: str
    text: str
    """What was asked, shortened, on one line; empty if the call has no text."""


class BucketRow(msgspec.Struct, frozen=True, kw_only=True):
    """One use case. Money is in nano-dollars."""

    name: str
    kind: str
    """`tag`, or where the calls have none: `prompt`, `tools`, `task`, `route` or `rest`."""
    calls: int
    share: float
    """Of all calls, in [0, 1]."""
    calls_per_month: float | None
    """At the rate of the whole log; `None` if its times span less than a day or are unknown."""
    cost_nanos: int | None
    """Of the calls whose cost is known; `None` if that is none of them."""
    unpriced: int
    """Calls whose cost is unknown: they are in no sum."""
    spend_share: float | None
    """Of the known cost of all calls, in [0, 1]; `None` if that is nothing."""
    input_tokens: int
    """Of the calls that have usage."""
    output_tokens: int
    model: str
    """The one that serves most of the calls now."""
    models: Mapping[str, int]
    """Model to calls, most first."""
    too_small: bool
    """Fewer calls than a proof needs."""
    examples: tuple[BucketExample, ...] = ()


class BucketReport(msgspec.Struct, frozen=True, kw_only=True):
    """All use cases of a log, the largest first."""

    scheme: str
    """Fingerprint of the scheme that untagged calls were assigned by."""
    calls: int
    untagged: int
    """Calls without a client's tag."""
    first_ns: int | None
    last_ns: int | None
    min_size: int
    rows: tuple[BucketRow, ...]
    calls_left_out: int = 0
    """Calls of tags beyond the number that is told apart here."""


class Tally:
    """Counts of one bucket, in little memory.

    Args:
        examples: How many calls to keep as examples: those whose ids have the smallest checksums, so that a rerun
            shows the same ones.
    """

    __slots__ = (
        "_examples", "_heap", "calls", "cost_nanos", "input_tokens", "models", "output_tokens", "tagged", "unpriced",
    )  # fmt: skip

    def __init__(self, examples: int) -> None:
        self._examples = examples
        self._heap: list[tuple[int, str]] = []
        self.calls = self.unpriced = self.cost_nanos = self.input_tokens = self.output_tokens = 0
        self.models: dict[str, int] = {}
        self.tagged = False

    def add(self, head: CallHead) -> None:
        """Counts a call."""
        self.calls += 1
        self.tagged = head.feature != UNTAGGED
        if head.cost_nanos is None:
            self.unpriced += 1
        else:
            self.cost_nanos += head.cost_nanos
        self.input_tokens += head.input_tokens or 0
        self.output_tokens += head.output_tokens or 0
        model = head.model if head.model in self.models or len(self.models) < _MOST_MODELS else OTHER_MODELS
        self.models[model] = self.models.get(model, 0) + 1
        if self._examples:
            self._keep(head.id)

    def example_ids(self) -> list[str]:
        """Returns the ids of the examples."""
        return [id_ for _, id_ in sorted(self._heap, reverse=True)]

    def _keep(self, id_: str) -> None:
        entry = (-crc32(id_.encode("utf-8", "surrogatepass")), id_)
        if len(self._heap) < self._examples:
            heappush(self._heap, entry)
        elif entry > self._heap[0]:
            heapreplace(self._heap, entry)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Of all calls."""

    calls: int
    cost_nanos: int
    months: float | None


def months_of(first_ns: int | None, last_ns: int | None) -> float | None:
    """Returns how many months a log spans; `None` if less than a day or unknown."""
    if first_ns is None or last_ns is None or last_ns - first_ns < DAY_NS:
        return None
    return (last_ns - first_ns) / DAY_NS / DAYS_PER_MONTH


def row_of(
    name: str, tally: Tally, totals: Totals, min_size: int, examples: Sequence[BucketExample]
) -> BucketRow:
    """Returns what is told of a bucket."""
    models = dict(sorted(tally.models.items(), key=lambda pair: (-pair[1], pair[0])))
    priced = tally.calls > tally.unpriced
    return BucketRow(
        name=name,
        kind=kind_of(name, tagged=tally.tagged),
        calls=tally.calls,
        share=tally.calls / totals.calls,
        calls_per_month=None if totals.months is None else tally.calls / totals.months,
        cost_nanos=tally.cost_nanos if priced else None,
        unpriced=tally.unpriced,
        spend_share=tally.cost_nanos / totals.cost_nanos if priced and totals.cost_nanos else None,
        input_tokens=tally.input_tokens,
        output_tokens=tally.output_tokens,
        model=next(iter(models)),
        models=models,
        too_small=tally.calls < min_size,
        examples=tuple(examples),
    )


def kind_of(name: str, *, tagged: bool) -> str:
    """Returns what a bucket is made of.

    >>> kind_of("support", tagged=True), kind_of("task:math-proof", tagged=False), kind_of("untagged", tagged=False)
    ('tag', 'task', 'rest')
    """
    if tagged:
        return "tag"
    start = name.partition(":")[0]
    return start if start in KINDS else "rest"


def shortened(text: str) -> str:
    """Returns a text on one line; of a long one the beginning and the middle, where programs put what varies."""
    line = " ".join(text[: 20 * _EXAMPLE_CHARS].split())
    if len(line) <= _EXAMPLE_CHARS:
        return line
    third, middle = _EXAMPLE_CHARS // 3, len(line) // 2
    return f"{line[:third]} \u2026 {line[max(third, middle - third) : middle + third]} \u2026"

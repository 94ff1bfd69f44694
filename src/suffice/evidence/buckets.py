"""LEARN: puts every call of the traffic store into a use case, and tells what each comes to.

Three passes, all in bounded memory whatever the log: over the heads, to draw a random sample of untagged calls; over
the sample's bodies, to find how they divide; over all, to assign them. Calls that a run before assigned by the same
scheme are not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappush, heapreplace
from zlib import crc32

import msgspec

from suffice.evidence.bucket_report import (
    BucketExample,
    BucketReport,
    Tally,
    Totals,
    months_of,
    row_of,
    shortened,
)
from suffice.features import Features, read
from suffice.quality.grouping import Row, fit_scheme
from suffice.quality.grouping import row_of as fit_row_of
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.scheme import BucketScheme
from suffice.store.traffic import CallHead, TrafficStore
from suffice.types import LoggedCall, Request

SAMPLE = 10_000
"""Untagged calls that the scheme is found in, at most."""
MOST_TAGS = 20_000
"""More tags than this are ids, not use cases: those beyond are counted together."""
_AT_ONCE = 512

Progress = Callable[[str, int, int], None]
"""Called with what is done now, how much of it, and of how much."""


class BucketOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How buckets are built."""

    min_size: int = 100
    """A bucket of fewer calls is marked as too small to prove anything in."""
    examples: int = 3
    previous: BucketScheme | None = None
    """The scheme of the run before."""
    fresh: bool = False
    """Divide anew, and only keep the names of what is much the same. Otherwise all buckets of the run before stay as
    they are."""
    sample: int = SAMPLE
    keep: Callable[[BucketScheme], None] = lambda _: None
    """Called with the scheme before a call is assigned by it, to keep it by its fingerprint."""


class _Seen(msgspec.Struct):
    """What the first pass has counted."""

    calls: int = 0
    untagged: int = 0
    cost_nanos: int = 0
    tags: set[str] = msgspec.field(default_factory=set)
    drawn: list[tuple[int, str]] = msgspec.field(default_factory=list)


def build_buckets(store: TrafficStore, *, options: BucketOptions, progress: Progress) -> BucketReport:
    """Assigns every call to its use case, in the store, and returns what each comes to.

    Args:
        store: Of logged calls; gets the assignment and a document for each bucket.
        options: See `BucketOptions`.
        progress: Called after each part of the work. Interrupted, it can be run again and goes on.

    Returns:
        The use cases; none if the store has no call.

    Raises:
        StoreError: The traffic cannot be read or written, or the scheme not kept.
    """
    seen = _first_look(store, options, progress)
    rows = list(_rows(store, [id_ for _, id_ in sorted(seen.drawn, reverse=True)], progress))
    progress("Finding use cases", 0, len(rows))
    scheme = fit_scheme(
        rows,
        previous=None if options.fresh else options.previous,
        named_like=options.previous,
        taken=seen.tags,
    )
    del rows
    options.keep(scheme)
    counts = _assign(store, scheme, seen, options, progress)
    report = _report(store, scheme, seen, counts, options)
    store.put_buckets({"scheme": scheme.fingerprint, **msgspec.to_builtins(row)} for row in report.rows)
    return report


def features_of(call: LoggedCall) -> Features:
    """Returns the features of a logged call, as the proxy would have read them from the live request."""
    return read(
        Request(
            api=call.api,
            provider=call.provider,
            model=call.model,
            body=call.request,
            feature=call.feature,
            session=call.session,
        )
    )


def _first_look(store: TrafficStore, options: BucketOptions, progress: Progress) -> _Seen:
    total, seen = store.span()[0], _Seen()
    for head in store.heads():
        seen.calls += 1
        seen.cost_nanos += head.cost_nanos or 0
        if head.feature == UNTAGGED:
            seen.untagged += 1
            _draw(seen.drawn, head.id, options.sample)
        elif len(seen.tags) < MOST_TAGS:
            seen.tags.add(head.feature)
        if seen.calls % _AT_ONCE == 0:
            progress("Looking at calls", seen.calls, total)
    return seen


def _draw(drawn: list[tuple[int, str]], id_: str, most: int) -> None:
    """Keeps the ids with the smallest checksums: a random sample, and much the same one of a log that has grown."""
    entry = (-crc32(id_.encode("utf-8", "surrogatepass")), id_)
    if len(drawn) < most:
        heappush(drawn, entry)
    elif entry > drawn[0]:
        heapreplace(drawn, entry)


def _rows(store: TrafficStore, ids: list[str], progress: Progress) -> Iterator[Row]:
    words: dict[str, str] = {}
    for at in range(0, len(ids), _AT_ONCE):
        for call in store.get(ids[at : at + _AT_ONCE]):
            row = fit_row_of(features_of(call))
            if row is not None:
                # Prompts share most of their words: each is kept once.
                yield _interned(row, words)
        progress("Reading a sample", min(at + _AT_ONCE, len(ids)), len(ids))


def _interned(row: Row, words: dict[str, str]) -> Row:
    def once(some: Iterable[str]) -> Iterator[str]:
        return (words.setdefault(word, word) for word in some)

    return msgspec.structs.replace(
        row,
        system=tuple(once(row.system)),
        head=tuple(once(row.head)),
        tail=tuple(once(row.tail)),
        words=frozenset(once(row.words)),
    )


class _Counts(msgspec.Struct):
    """What the last pass has counted."""

    tallies: dict[str, Tally] = msgspec.field(default_factory=dict)
    left_out: int = 0

    def add(self, head: CallHead, bucket: str, examples: int) -> None:
        tally = self.tallies.get(bucket)
        if tally is None and (len(self.tallies) < MOST_TAGS or head.feature == UNTAGGED):
            tally = self.tallies[bucket] = Tally(examples)
        if tally is None:
            self.left_out += 1
        else:
            tally.add(head)


def _assign(
    store: TrafficStore, scheme: BucketScheme, seen: _Seen, options: BucketOptions, progress: Progress
) -> _Counts:
    counts, done = _Counts(), 0
    settled = {document.get("scheme") for document in store.buckets()} == {scheme.fingerprint}
    if not settled:
        # Interrupted, the next run must not take calls of two schemes for those of one.
        store.put_buckets(())
    for part in _parts(store.heads()):
        buckets = _buckets_of(store, scheme, part, settled=settled)
        store.assign(
            (head.id, bucket) for head, bucket in zip(part, buckets, strict=True) if head.bucket != bucket
        )
        for head, bucket in zip(part, buckets, strict=True):
            counts.add(head, bucket, options.examples)
        done += len(part)
        progress("Assigning calls", done, seen.calls)
    return counts


def _parts(heads: Iterator[CallHead]) -> Iterator[list[CallHead]]:
    part: list[CallHead] = []
    for head in heads:
        part.append(head)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _buckets_of(
    store: TrafficStore, scheme: BucketScheme, heads: list[CallHead], *, settled: bool
) -> list[str]:
    found = {head.id: head.feature for head in heads if head.feature != UNTAGGED}
    if settled:
        found.update((head.id, head.bucket) for head in heads if head.bucket and head.feature == UNTAGGED)
    rest = [head.id for head in heads if head.id not in found]
    if rest:
        found.update((call.id, scheme.bucket_of(features_of(call))) for call in store.get(rest))
    return [found[head.id] for head in heads]


def _report(
    store: TrafficStore, scheme: BucketScheme, seen: _Seen, counts: _Counts, options: BucketOptions
) -> BucketReport:
    _, first_ns, last_ns = store.span()
    totals = Totals(calls=seen.calls, cost_nanos=seen.cost_nanos, months=months_of(first_ns, last_ns))
    ordered = sorted(counts.tallies.items(), key=lambda pair: (-pair[1].calls, pair[0]))
    return BucketReport(
        scheme=scheme.fingerprint,
        calls=seen.calls,
        untagged=seen.untagged,
        first_ns=first_ns,
        last_ns=last_ns,
        min_size=options.min_size,
        rows=tuple(
            row_of(name, tally, totals, options.min_size, _examples(store, tally)) for name, tally in ordered
        ),
        calls_left_out=counts.left_out,
    )


def _examples(store: TrafficStore, tally: Tally) -> list[BucketExample]:
    found = []
    for call in store.get(tally.example_ids()):
        features = features_of(call)
        found.append(BucketExample(id=call.id, text=shortened(features.question or features.instructions)))
    return found

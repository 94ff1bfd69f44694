"""Imports logs: opens files, finds out their format, reads calls, keeps aside what cannot be read.

Reading and writing overlap: a thread compresses and writes while the next lines are decoded. Nothing has to be undone
after an interruption: a call is in the store once however often its line is read, so the import is simply repeated.
"""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path

import msgspec

from suffice.errors import ConfigError
from suffice.evidence.captured import Captured, is_captures
from suffice.evidence.importers import IMPORTERS, Importer
from suffice.evidence.importers._entries import UNTAGGED, Entry, Options, Part, SkippedError, UnreadableError
from suffice.evidence.parts import Group, Parts
from suffice.evidence.records import Record, Source, files_in
from suffice.store.cipher import AesGcm
from suffice.store.traffic import Rejected, TrafficStore
from suffice.types import LoggedCall

_LOOKED_AT = 50
_AT_ONCE = 10_000
_UNDER_WAY = 2
_EXCERPT_BYTES = 2000
_TOLD_EVERY = 1000
_UNWRITABLE = (OverflowError, TypeError, ValueError, RecursionError)

_encode = msgspec.json.Encoder().encode

Told = Callable[[Path, int, int], None]
"""Hears how far it is: the file, bytes read of it, records read of it."""


class FileTally(msgspec.Struct, kw_only=True):
    """What became of the records of one file."""

    file: str
    format: str = ""
    """Empty if no importer recognises it."""
    records: int = 0
    calls: int = 0
    """Read, whether new or there before."""
    parts: int = 0
    """Of calls whose other parts are elsewhere."""
    rejected: int = 0
    skipped: dict[str, int] = {}


class Tally(msgspec.Struct, kw_only=True):
    """What an import did."""

    files: list[FileTally] = []
    added: int = 0
    """Calls that were new."""
    repeated: int = 0
    """Calls that were there before, or twice in the log."""
    joined: int = 0
    """Calls that were put together of parts."""
    rejected: int = 0
    skipped: dict[str, int] = {}
    unrecognised: list[str] = []
    """Files of a folder that no importer knows."""
    without_time: int = 0
    without_usage: int = 0
    without_cost: int = 0
    without_answer: int = 0
    with_expected: int = 0
    tagged: int = 0


class Import:
    """One import.

    Args:
        store: Where calls go, and what is rejected.
        complete: Adds provider, usage and cost to a call.
        options: What the operator says about the log.
        format_: The importer to use; `None` finds out for each file.
        cipher: Opens captures; `None` where there is no key.
        told: Hears how far it is.

    Raises:
        ConfigError: There is no such format.
    """

    def __init__(  # noqa: PLR0913 -- what an import is made of
        self,
        store: TrafficStore,
        complete: Callable[[LoggedCall], LoggedCall],
        *,
        options: Options | None = None,
        format_: str | None = None,
        cipher: AesGcm | None = None,
        told: Told = lambda _path, _bytes, _records: None,
    ) -> None:
        if format_ is not None and format_ not in IMPORTERS:
            raise ConfigError(
                f"there is no format {format_}; there are: {', '.join(IMPORTERS)}", code="unknown_format"
            )
        self._complete = complete
        self._options = options or Options()
        self._format = format_
        self._cipher = cipher
        self._told = told
        self._parts = Parts()
        self._writer = _Writer(store)
        self.tally = Tally(files=[], skipped={}, unrecognised=[])

    def run(self, paths: Iterable[Path]) -> Tally:
        """Imports files and folders.

        Args:
            paths: Files; of a folder all files in it.

        Returns:
            What became of every record. After an interruption, `tally` has what was done until then.

        Raises:
            ConfigError: A path is not there, or a file that was named is of no known format, or of several.
            StoreError: The store cannot be written.
        """
        named = list(paths)
        with _not_collecting(), closing(self._parts):
            try:
                files = files_in(named)
                captured = Captured(files, self._cipher)
                for path in files:
                    source = Source(path, sealed=captured.records if is_captures(path) else None)
                    self._file(source, path, must=path in named)
                for group in self._parts.groups():
                    self._joined(group)
            finally:
                self._writer.close(self.tally)
        return self.tally

    def _file(self, source: Source, path: Path, *, must: bool) -> None:
        try:
            records = source.records()
            first = list(islice(records, _LOOKED_AT))
            name = self._format or self._recognised(path, first, must=must)
            if name is None:
                return
            tally = FileTally(file=str(path.resolve()), format=name, skipped={})
            self.tally.files.append(tally)
            self._writer.forget(tally.file)
            for record in chain(first, records):
                tally.records += 1
                self._record(IMPORTERS[name], record, tally)
                if tally.records % _TOLD_EVERY == 0:
                    self._told(path, source.bytes_read, tally.records)
            self._told(path, source.bytes, tally.records)
        finally:
            source.close()

    def _recognised(self, path: Path, records: list[Record], *, must: bool) -> str | None:
        try:
            return recognise(path, [record.value for record in records if record.value is not None])
        except ConfigError:
            if must:
                raise
            self.tally.unrecognised.append(str(path))
            return None

    def _record(self, importer: Importer, record: Record, tally: FileTally) -> None:
        if record.value is None:
            self._reject(tally, record, 0, record.reason, record.raw)
            return
        try:
            entries = list(importer.expand(record.value))
        except UnreadableError as error:
            self._reject(tally, record, 0, error.reason, record.raw)
            return
        for item, entry in enumerate(entries):
            try:
                found = importer.read(entry, self._options)
                if isinstance(found, Part):
                    tally.parts += 1
                    self._parts.add(tally.format, found, file=tally.file, number=record.number)
                else:
                    tally.calls += 1
                    self._add(found, tally.file, record.number, item)
            except SkippedError as error:
                tally.skipped[error.reason] = tally.skipped.get(error.reason, 0) + 1
                self.tally.skipped[error.reason] = self.tally.skipped.get(error.reason, 0) + 1
            except UnreadableError as error:
                self._reject(
                    tally, record, item, error.reason, record.raw if len(entries) == 1 else None, entry
                )
            except _UNWRITABLE as error:
                self._reject(tally, record, item, f"unwritable: {error}", record.raw)

    def _joined(self, group: Group) -> None:
        importer = IMPORTERS[group.format]
        try:
            for entry in importer.join(group.parts):
                found = importer.read(entry, self._options)
                if isinstance(found, LoggedCall):
                    self.tally.joined += 1
                    self._add(found, group.file, group.number, 0)
        except SkippedError as error:
            self.tally.skipped[error.reason] = self.tally.skipped.get(error.reason, 0) + 1
        except UnreadableError as error:
            excerpt = _encode(group.parts[0].entry)[:_EXCERPT_BYTES]
            self._put_aside(group.file, group.number, 0, error.reason, excerpt)

    def _add(self, call: LoggedCall, file: str, number: int, item: int) -> None:
        whole = self._complete(call)
        tally = self.tally
        tally.without_time += whole.received_ns is None
        tally.without_usage += whole.usage is None
        tally.without_cost += whole.cost_nanos is None
        tally.without_answer += whole.response is None
        tally.with_expected += whole.expected is not None
        tally.tagged += whole.feature != UNTAGGED
        self._writer.add(whole, (file, number, item))

    def _reject(  # noqa: PLR0913, PLR0917 -- what is kept of a record
        self,
        tally: FileTally,
        record: Record,
        item: int,
        reason: str,
        raw: bytes | None,
        entry: Entry | None = None,
    ) -> None:
        tally.rejected += 1
        excerpt = raw if raw is not None else _encode(entry if entry is not None else record.value)
        self._put_aside(tally.file, record.number, item, reason, excerpt)

    def _put_aside(self, file: str, number: int, item: int, reason: str, excerpt: bytes) -> None:
        self.tally.rejected += 1
        self._writer.reject(
            Rejected(file=file, line=number, item=item, reason=reason, excerpt=excerpt[:_EXCERPT_BYTES])
        )


def recognise(path: Path, records: list[Entry]) -> str:
    """Returns the name of the format that most of these records look like.

    Args:
        path: For the message.
        records: The first of a file.

    Raises:
        ConfigError: None recognises any, or several recognise as many.
    """
    seen = Counter[str]()
    for record in records:
        seen.update(name for name, importer in IMPORTERS.items() if importer.recognises(record))
    formats = f"give --format with one of: {', '.join(IMPORTERS)}"
    if not seen:
        what = "has no readable record" if not records else "is in no format that is known"
        raise ConfigError(f"{path} {what}; {formats}", code="unknown_format")
    (name, most), *others = seen.most_common()
    tied = [other for other, count in others if count == most]
    if tied:
        raise ConfigError(f"{path} may be {' or '.join([name, *tied])}; {formats}", code="ambiguous_format")
    return name


class _Writer:
    """Writes batches in a thread, in the order that they came in."""

    def __init__(self, store: TrafficStore) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._under_way: deque[Future[None]] = deque()
        self._calls: list[LoggedCall] = []
        self._places: list[tuple[str, int, int]] = []
        self._rejected: list[Rejected] = []
        self._added = 0
        self._written = 0
        self._refused = 0

    def add(self, call: LoggedCall, place: tuple[str, int, int]) -> None:
        self._calls.append(call)
        self._places.append(place)
        if len(self._calls) >= _AT_ONCE:
            self._send()

    def reject(self, line: Rejected) -> None:
        self._rejected.append(line)
        if len(self._rejected) >= _AT_ONCE:
            self._send()

    def forget(self, file: str) -> None:
        """Drops what was kept aside of a file before: it is read again."""
        self._under_way.append(self._thread.submit(self._store.forget_rejected, file))

    def close(self, tally: Tally) -> None:
        """Writes what is left, and adds to the tally what became of the calls."""
        try:
            self._send()
            while self._under_way:
                self._under_way.popleft().result()
        finally:
            self._thread.shutdown(cancel_futures=True)
            tally.added = self._added
            tally.repeated = self._written - self._added
            tally.rejected += self._refused

    def _send(self) -> None:
        batch = self._calls, self._places, self._rejected
        self._calls, self._places, self._rejected = [], [], []
        while len(self._under_way) >= _UNDER_WAY:
            self._under_way.popleft().result()
        self._under_way.append(self._thread.submit(self._write, *batch))

    def _write(
        self, calls: list[LoggedCall], places: list[tuple[str, int, int]], rejected: list[Rejected]
    ) -> None:
        try:
            self._added += self._store.add(calls)
            self._written += len(calls)
        except _UNWRITABLE:
            # One of them cannot be encoded: the others must not go with it.
            rejected = [*rejected, *self._one_by_one(zip(calls, places, strict=True))]
        if rejected:
            self._store.reject(rejected)

    def _one_by_one(self, calls: Iterable[tuple[LoggedCall, tuple[str, int, int]]]) -> Iterator[Rejected]:
        for call, (file, number, item) in calls:
            try:
                self._added += self._store.add([call])
                self._written += 1
            except _UNWRITABLE as error:
                self._refused += 1
                yield Rejected(file=file, line=number, item=item, reason=f"unwritable: {error}")


def totals(tally: Tally) -> Mapping[str, int]:
    """Returns counts over all files: records, calls of lines, parts."""
    return {
        "records": sum(file.records for file in tally.files),
        "calls": sum(file.calls for file in tally.files) + tally.joined,
        "parts": sum(file.parts for file in tally.files),
    }


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Decoded lines make no cycles, and looking for some takes as long as all the rest."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()

"""The contract that every importer keeps, ours or yours: call it from a test."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from suffice.evidence.importers import Importer
from suffice.evidence.importers._entries import Entry, Options, Part, SkippedError, UnreadableError
from suffice.types import LoggedCall

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(: .+)?")
_ODD: tuple[Any, ...] = (
    None,
    7,
    -1,
    1e300,
    True,
    "",
    "text",
    "{broken",
    "[[[]]]",
    [],
    [None],
    [[]],
    {},
    {"": None},
    [7, "a"],
)
_DEEPEST = 2


def check_importer(importer: Importer, records: Iterable[Mapping[str, Any]], *, name: str) -> None:
    """Checks an importer on records of its format, and on each of them with one value odd or gone at a time.

    Args:
        importer: Its module.
        records: Whole records of the format, as they are decoded.
        name: The format's name.

    Raises:
        AssertionError: It does not recognise a record of its own, raised something else than it may, changed a record,
            is not deterministic, or read a call that is none.
    """
    if not importer.TITLE or not importer.SOURCE:
        raise AssertionError("an importer has a TITLE, and a SOURCE that documents its format")
    for record in records:
        if not importer.recognises(record):
            raise AssertionError(f"{name} does not recognise a record of its own: {record}")
        before = copy.deepcopy(record)
        if _read(importer, record, name) != _read(importer, record, name):
            raise AssertionError(f"{name} read the same record twice, and not alike")
        if record != before:
            raise AssertionError(f"{name} changed a record")
        for one in odd(record):
            _read(importer, one, name)


def odd(record: Mapping[str, Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yields a record with one value odd or gone at a time, also inside of what it holds."""
    for key, value in record.items():
        rest = {name: one for name, one in record.items() if name != key}
        yield rest
        yield from ({**record, key: other} for other in _ODD)
        if depth < _DEEPEST and isinstance(value, dict):
            yield from ({**record, key: one} for one in odd(value, depth + 1))
        if depth < _DEEPEST and isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ({**record, key: [one, *value[1:]]} for one in odd(value[0], depth + 1))


def _read(importer: Importer, record: Entry, name: str) -> list[object]:
    if importer.recognises(record) not in (True, False):
        raise AssertionError(f"{name}: `recognises` says yes or no")
    found: list[object] = []
    try:
        entries = list(importer.expand(record))
    except UnreadableError as error:
        return [_code(error.reason)]
    for entry in entries:
        found.append(_one(importer, entry, name))
        if isinstance(found[-1], Part):
            found += _joined(importer, found[-1], name)
    return found


def _one(importer: Importer, entry: Entry, name: str) -> object:
    try:
        call = importer.read(entry, Options())
    except (UnreadableError, SkippedError) as error:
        return _code(error.reason)
    if isinstance(call, Part):
        if not call.key or not call.kind:
            raise AssertionError(f"{name}: a part has a key and a kind")
        return call
    _check(call, name)
    return call


def _joined(importer: Importer, part: Part, name: str) -> list[object]:
    # A part alone: whatever has to be there is not.
    try:
        return [_one(importer, entry, name) for entry in importer.join([part])]
    except (UnreadableError, SkippedError) as error:
        return [_code(error.reason)]


def _check(call: LoggedCall, name: str) -> None:
    problems = {
        "no id": not call.id,
        "no model": not call.model,
        "a request for another model": call.request.get("model") != call.model,
        "another source": call.source != name,
        "a cost below zero": call.cost_nanos is not None and call.cost_nanos < 0,
        "a failed call": call.status is not None and call.status >= 400,
        "no feature": not call.feature,
    }
    wrong = [what for what, is_so in problems.items() if is_so]
    if wrong:
        raise AssertionError(f"{name} read a call with {', '.join(wrong)}: {call}")
    if msgspec.json.decode(msgspec.json.encode(call), type=LoggedCall) != call:
        raise AssertionError(f"{name} read a call that JSON does not keep: {call}")


def _code(reason: str) -> str:
    if not _CODE.fullmatch(reason):
        raise AssertionError(f"a reason is a snake_case code, or a code, a colon and detail; not {reason!r}")
    return reason

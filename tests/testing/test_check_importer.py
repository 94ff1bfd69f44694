from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from logs import RECORDS

from suffice.evidence.importers import IMPORTERS
from suffice.evidence.importers._entries import Entry, Options, Part
from suffice.testing.check_importer import check_importer, odd
from suffice.types import LoggedCall


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_importer_keeps_the_contract(name: str) -> None:
    check_importer(IMPORTERS[name], RECORDS[name](), name=name)


def test_every_importer_has_records_to_be_checked_on() -> None:
    assert {*RECORDS, "captures"} == IMPORTERS.keys()


def importer(**parts: Any) -> Any:
    def read(_entry: Entry, _options: Options) -> LoggedCall | Part:
        return LoggedCall(id="1", source="own", model="m", request={"model": "m"})

    def expand(record: Entry) -> Iterable[Entry]:
        return (record,)

    def join(parts: Sequence[Part]) -> Iterable[Entry]:
        return ()

    found = {
        "TITLE": "Ours",
        "SOURCE": "a page",
        "recognises": lambda _record: True,
        "expand": expand,
        "read": read,
    }
    return SimpleNamespace(**{**found, "join": join, **parts})


def test_a_sound_importer_passes() -> None:
    check_importer(importer(), [{"a": 1}], name="own")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"TITLE": ""}, "TITLE"),
        ({"recognises": lambda _record: False}, "does not recognise"),
        ({"read": lambda entry, _options: entry["a"]["b"]}, "subscriptable"),
        (
            {"read": lambda _entry, _options: LoggedCall(id="1", source="own", model="m", request={})},
            "another model",
        ),
        ({"read": lambda entry, _options: Part(key="", kind="a", entry=entry)}, "key"),
        ({"expand": lambda record: (record.update(b=1), [record])[1]}, "changed"),
    ],
)
def test_what_breaks_the_contract_is_said(parts: dict[str, Any], said: str) -> None:
    with pytest.raises((AssertionError, TypeError, KeyError), match=said):
        check_importer(importer(**parts), [{"a": 1}], name="own")


def test_odd_records_reach_inside() -> None:
    found = list(odd({"a": {"b": 1}, "c": [{"d": 2}]}))
    assert {"c": [{"d": 2}]} in found
    assert {"a": {}, "c": [{"d": 2}]} in found
    assert {"a": {"b": 1}, "c": [{"d": "text"}]} in found

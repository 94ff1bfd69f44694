from __future__ import annotations

from pathlib import Path

import pytest
from logs import RECORDS

from suffice.errors import ConfigError
from suffice.evidence.importers import IMPORTERS
from suffice.evidence.importing import recognise


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_record_is_recognised_by_its_own_importer_alone(name: str) -> None:
    for record in RECORDS[name]():
        assert [one for one, importer in IMPORTERS.items() if importer.recognises(record)] == [name]


@pytest.mark.parametrize("name", sorted(IMPORTERS))
def test_every_importer_names_the_page_of_its_format_and_says_it_in_its_docstring(name: str) -> None:
    importer = IMPORTERS[name]
    assert importer.SOURCE in (importer.__doc__ or "")


def test_logs_of_other_people_are_no_format() -> None:
    for records in ([{"level": "info", "message": "started"}], [{}], []):
        with pytest.raises(ConfigError, match="openai-batch") as caught:
            recognise(Path("a.jsonl"), records)
        assert caught.value.code == "unknown_format"


def test_records_of_two_formats_are_ambiguous() -> None:
    records = [RECORDS["openai"]()[0], RECORDS["anthropic"]()[0]]
    with pytest.raises(ConfigError, match=r"may be \w+ or \w+;") as caught:
        recognise(Path("a.jsonl"), records)
    assert caught.value.code == "ambiguous_format"
    assert recognise(Path("a.jsonl"), [*records, records[0]]) == "openai"

from __future__ import annotations

from pathlib import Path

import pytest
from logs import CHAT

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.errors import ConfigError, StoreError
from suffice.evidence.captured import Captured, is_captures
from suffice.evidence.completing import Completing
from suffice.evidence.importing import Import
from suffice.store.captures.record import CaptureHead, pack
from suffice.store.cipher import AesGcm
from suffice.store.traffic import TrafficStore
from suffice.types import LoggedCall

CIPHER = AesGcm([bytes(32)])


def captured(path: Path, priorities: list[int], *, keep: int = 2, name: str = "a") -> Path:
    data = b"sufficecaptures\x01"
    for priority in priorities:
        id_ = f"{name}-{priority:012d}"
        head = CaptureHead(
            id=id_, bucket="triage", reservoir="triage", priority=priority, keep=keep, received_ns=1
        )
        call = LoggedCall(id=id_, source="captures", model="gpt-5.4", request=CHAT, received_ns=1)
        data += pack(head, call, CIPHER)
    path.write_bytes(data)
    return path


def priorities(store: TrafficStore) -> list[int]:
    return sorted(int(call.id.rpartition("-")[2]) for call in store.calls())


def test_the_smallest_lots_of_a_days_files_are_its_sample(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    captured(folder / "2026-11-18-a-000000.captures", [5, 1, 9], name="a")
    captured(folder / "2026-11-18-b-000000.captures", [3, 8], name="b")
    captured(folder / "2026-11-19-a-000000.captures", [7], name="c")
    complete = Completing(Catalog.load(at_ns=1), PriceBook(), now_ns=1)
    store = TrafficStore(tmp_path / "traffic.db", cipher=CIPHER)
    tally = Import(store, complete, cipher=CIPHER).run([folder])
    assert priorities(store) == [1, 3, 7]
    assert {file.format for file in tally.files} == {"captures"}
    assert Import(store, complete, cipher=CIPHER).run([folder]).added == 0


def test_a_damaged_record_is_kept_aside(tmp_path: Path) -> None:
    path = captured(tmp_path / "2026-11-18-a-000000.captures", [1, 2])
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    found = list(Captured([path], CIPHER).records(path))
    assert [(record.value is None, record.reason.split(":")[0]) for record in found] == [
        (False, ""),
        (True, "damaged"),
    ]


def test_captures_need_their_key(tmp_path: Path) -> None:
    path = captured(tmp_path / "2026-11-18-a-000000.captures", [1])
    with pytest.raises(ConfigError, match="sealed"):
        list(Captured([path], None).records(path))
    with pytest.raises(StoreError):
        list(Captured([path], AesGcm([bytes(31) + b"x"])).records(path))


def test_only_captures_are_captures(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("{}")
    assert not is_captures(tmp_path / "log.jsonl")
    assert not is_captures(tmp_path / "nothing")
    assert is_captures(captured(tmp_path / "a", []))

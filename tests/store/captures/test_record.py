"""Records and files of them: whole, cut short at every byte, damaged, and read with the wrong key."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from captured import CIPHER, KEY, call, head, record, write

from suffice.errors import StoreError
from suffice.store.captures.record import (
    HEADER,
    Found,
    Unreadable,
    limits,
    pack,
    read_calls,
    read_heads,
    read_sample,
)
from suffice.store.cipher import AesGcm


def test_calls_come_back_as_they_were_and_heads_without_them(tmp_path: Path) -> None:
    path = write(tmp_path, [record(1), record(2)])
    assert list(read_calls(path, CIPHER)) == [(head(1), call(1)), (head(2), call(2))]
    found = [one for one in read_heads(path, CIPHER) if isinstance(one, Found)]
    assert [one.head for one in found] == [head(1), head(2)]
    assert path.read_bytes()[found[1].offset :][: found[1].size] == path.read_bytes()[found[1].offset :]


def test_a_file_that_ends_anywhere_gives_every_whole_record(tmp_path: Path) -> None:
    records = [record(1), record(2)]
    data = HEADER + b"".join(records)
    for end in range(len(data) + 1):
        path = tmp_path / "cut"
        path.write_bytes(data[:end])
        whole = (end >= len(HEADER) + len(records[0])) + (end == len(data))
        assert [one[1].id for one in read_calls(path, CIPHER)] == ["id-000001", "id-000002"][:whole]


def test_nothing_of_a_call_can_be_read_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, [record(1, bucket="secret-plans")])
    data = path.read_bytes()
    for word in (b"parcel", b"gpt-5.4", b"secret-plans", b"Answer", b"id-000001"):
        assert word not in data


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_damaged_record_is_said_and_the_next_one_read(tmp_path: Path, part: str) -> None:
    data = bytearray(HEADER + record(1) + record(2))
    data[len(HEADER) + 8 + 20 if part == "head" else len(HEADER) + len(record(1)) - 5] ^= 1
    path = tmp_path / "damaged"
    path.write_bytes(data)
    first, second = read_calls(path, CIPHER)
    assert isinstance(first, Unreadable)
    assert (first.number, first.reason.partition(":")[0]) == (1, "damaged")
    assert second == (head(2), call(2))


def test_a_body_does_not_open_beside_another_head(tmp_path: Path) -> None:
    one, two = record(1), record(2)
    path = write(tmp_path, [one, two])
    first, second = (found for found in read_heads(path, CIPHER) if isinstance(found, Found))
    head_bytes, body_at = len(first.sealed_head), 8 + len(second.sealed_head)
    swapped = one[:4] + two[4:8] + one[8 : 8 + head_bytes] + two[body_at:]
    path.write_bytes(HEADER + swapped)
    (found,) = read_calls(path, CIPHER)
    assert isinstance(found, Unreadable)


def test_a_key_that_is_missing_is_an_error_and_an_older_one_opens(tmp_path: Path) -> None:
    path = write(tmp_path, [record(1)])
    other = AesGcm([bytes(32)])
    with pytest.raises(StoreError) as caught:
        list(read_calls(path, other))
    assert caught.value.code == "unknown_key"
    assert len(list(read_calls(path, AesGcm([bytes(32), KEY])))) == 1


@pytest.mark.parametrize("data", [b"{}\n", b"PK\x03\x04 something else", HEADER[:-1] + b"\x02" + record(1)])
def test_a_file_of_something_else_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(data)
    (found,) = read_calls(path, CIPHER)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith("no_captures: ")


def test_a_file_that_is_gone_or_empty_has_no_calls(tmp_path: Path) -> None:
    assert list(read_calls(tmp_path / "gone", CIPHER)) == []
    (tmp_path / "empty").write_bytes(b"")
    assert list(read_calls(tmp_path / "empty", CIPHER)) == []


def test_a_record_of_an_impossible_length_ends_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(HEADER + b"\xff" * 8 + record(1))
    (found,) = read_calls(path, CIPHER)
    assert isinstance(found, Unreadable)


def test_the_sample_of_a_file_is_what_has_the_smallest_lots(tmp_path: Path) -> None:
    lots = [50, 10, 40, 20, 30]
    records = [record(number, priority=lot, keep=2) for number, lot in enumerate(lots)]
    records.append(record(9, priority=99, bucket="rare", keep=2))
    path = write(tmp_path, records)
    kept = [one[0].priority for one in read_sample(path, CIPHER) if not isinstance(one, Unreadable)]
    assert kept == [10, 20, 99]


def test_samples_of_several_workers_make_a_uniform_one() -> None:
    rng = random.Random(3)
    taken: Counter[int] = Counter()
    for _ in range(2000):
        lots = {number: rng.getrandbits(56) for number in range(20)}
        # Two workers see the calls at very different rates, and each keeps its own five.
        shares = [range(4), range(4, 20)]
        kept = [sorted(share, key=lots.__getitem__)[:5] for share in shares]
        heads = [head(number, priority=lots[number], keep=5) for share in kept for number in share]
        limit = limits(heads)
        taken.update(one.id for one in heads if one.priority <= limit["tickets"])
    assert sum(taken.values()) == 2000 * 5
    # Each is in a quarter of the samples: 500, with a standard deviation of 19.
    assert all(abs(count - 500) < 100 for count in taken.values())
    assert len(taken) == 20


def test_equal_calls_are_sealed_differently() -> None:
    assert pack(head(1), call(1), CIPHER) != pack(head(1), call(1), CIPHER)

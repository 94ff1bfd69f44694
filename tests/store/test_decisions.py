from __future__ import annotations

import msgspec
import pytest
import zstandard
from cases import cases

from suffice.errors import StoreError
from suffice.store.decisions import CURRENT, KNOWN, Packing, first_id

DECISIONS = [case.engine.decide(case.request) for case in cases()]


def test_a_decision_comes_back_as_it_was() -> None:
    packing = Packing()
    for decision in DECISIONS:
        assert packing.unpack(packing.pack(msgspec.json.encode(decision))) == decision


def test_the_dictionary_is_worth_its_place() -> None:
    packing, plain = Packing(), zstandard.ZstdCompressor(level=1)
    encoded = [msgspec.json.encode(decision) for decision in DECISIONS]
    assert 2 * sum(len(packing.pack(one)) for one in encoded) < sum(
        len(plain.compress(one)) for one in encoded
    )
    assert CURRENT in KNOWN


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"not compressed at all",
        zstandard.compress(b"{}"),
        Packing().pack(b"{}"),
        Packing().pack(b"not JSON"),
        Packing().pack(msgspec.json.encode(DECISIONS[0]))[:-4],
    ],
    ids=["empty", "garbage", "no dictionary", "no decision", "no JSON", "cut short"],
)
def test_what_cannot_be_read_is_said_in_words(packed: bytes) -> None:
    with pytest.raises(StoreError, match="cannot be read") as caught:
        Packing().unpack(packed)
    assert caught.value.code == "bad_decision"


def test_ids_sort_by_their_time() -> None:
    moments = [0, 1_000_000, 1_795_478_400_000_000_000, 1_795_478_400_001_000_000, 4_000_000_000_000_000_000]
    ids = [first_id(moment) for moment in moments]
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {11}

from __future__ import annotations

from importlib import resources

import msgspec
import pytest
import zstandard
from cases import cases

from suffice.errors import StoreError
from suffice.store.decisions import CURRENT, KNOWN, Packing, first_id

DECISIONS = [case.engine.decide(case.request) for case in cases()]


ENCODED = {f"id-{number}": msgspec.json.encode(decision) for number, decision in enumerate(DECISIONS)}


def alone(encoded: bytes) -> bytes:
    """A decision as it was kept by itself."""
    raw = resources.files("suffice.store").joinpath(CURRENT).read_bytes()
    return zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(raw), level=1).compress(encoded)


def test_each_decision_of_a_block_comes_back_as_it_was() -> None:
    packing = Packing()
    block = packing.pack(ENCODED)
    assert [packing.unpack(block, id_) for id_ in ENCODED] == DECISIONS
    assert packing.unpack(block, "id-") is None


def test_blocks_are_told_apart_however_many_were_read() -> None:
    packing = Packing()
    blocks = [packing.pack({"id": one}) for one in ENCODED.values()]
    for _ in range(2):
        assert [packing.unpack(block, "id") for block in blocks] == DECISIONS


def test_a_decision_that_was_kept_by_itself_comes_back_as_it_was() -> None:
    packing = Packing()
    assert [packing.unpack_one(alone(one)) for one in ENCODED.values()] == DECISIONS


@pytest.mark.parametrize("id_", ['"', "a\nb", "\t", "\u2028", "", "\U0001f600"])
def test_an_id_may_be_any_text(id_: str) -> None:
    packing = Packing()
    assert packing.unpack(packing.pack({"other": b"{}", id_: ENCODED["id-0"]}), id_) == DECISIONS[0]


def test_together_and_with_the_dictionary_they_take_a_fraction() -> None:
    packing, plain = Packing(), zstandard.ZstdCompressor(level=1)
    few = dict(list(ENCODED.items())[:4])
    assert 2 * len(packing.pack(few)) < len(plain.compress(b"\n".join(few.values())))
    assert 2 * len(packing.pack(ENCODED)) < sum(len(alone(one)) for one in ENCODED.values())
    assert CURRENT in KNOWN


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"not compressed at all",
        zstandard.compress(b"{}"),
        alone(b"{}"),
        alone(b"not JSON"),
        alone(b'["id"]\n{}'),
        alone(b'["id","more"]\n{}'),
        alone(b"\xff\n{}"),
        Packing().pack(ENCODED)[:-4],
        alone(ENCODED["id-0"])[:-4],
    ],
    ids=[
        *("empty", "garbage", "no dictionary", "no decision", "no JSON", "no decision in a block"),
        *("one is missing", "no text", "a block cut short", "cut short"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(packed: bytes) -> None:
    for read in (lambda: Packing().unpack(packed, "id"), lambda: Packing().unpack_one(packed)):
        with pytest.raises(StoreError, match="cannot be read") as caught:
            read()
        assert caught.value.code == "bad_decision"


def test_ids_sort_by_their_time() -> None:
    moments = [0, 1_000_000, 1_795_478_400_000_000_000, 1_795_478_400_001_000_000, 4_000_000_000_000_000_000]
    ids = [first_id(moment) for moment in moments]
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {11}

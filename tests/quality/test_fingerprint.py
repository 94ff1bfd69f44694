from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import PolicyError
from suffice.features.grams import hashes_of
from suffice.quality.fingerprint import FILE, decode, embed, load

DATA = resources.files("suffice.quality").joinpath(FILE).read_bytes()


def near(one: str, other: str) -> float:
    return float(embed(hashes_of(one)) @ embed(hashes_of(other)))


@pytest.mark.parametrize(
    ("text", "like", "unlike"),
    [
        ("refund my order", "return a purchase", "sort a list in python"),
        ("translate this letter into french", "what is the spanish for house", "compute the derivative"),
        ("is this review positive or negative", "sentiment of a customer opinion", "plan my trip to rome"),
        ("write a function that reverses a string", "implement a method in java", "treatment of asthma"),
    ],
)
def test_texts_about_like_things_are_nearer(text: str, like: str, unlike: str) -> None:
    assert near(text, like) > near(text, unlike)


@given(st.text(max_size=200))
def test_a_fingerprint_has_unit_length_or_is_nothing(text: str) -> None:
    vector = embed(hashes_of(text))
    assert vector.shape == (load().dimensions,)
    assert vector.dtype == np.float32
    length = float(np.linalg.norm(vector))
    assert length == pytest.approx(1, abs=1e-5) or not vector.any()


@given(st.binary(max_size=400))
def test_any_bytes_are_embedded(hashes: bytes) -> None:
    vector = embed(hashes)
    assert np.isfinite(vector).all()
    assert np.array_equal(vector, embed(hashes[: len(hashes) // 4 * 4]))


@pytest.mark.parametrize("text", ["", " \n\t ", "?!... {}[]()", "#" * 10_000, "_" * 50])
def test_no_word_no_fingerprint(text: str) -> None:
    assert not embed(hashes_of(text)).any()


def test_marks_repeats_and_order_change_nothing() -> None:
    plain = embed(hashes_of("cancel the order today"))
    for same in (
        "cancel the order, today!",
        "today cancel the order",
        "cancel cancel the the order today today",
    ):
        assert np.array_equal(plain, embed(hashes_of(same)))


def test_a_shared_name_brings_texts_nearer_than_another_name() -> None:
    assert near("zorbulax wimbrel", "zorbulax krintoo") > near("zorbulax wimbrel", "vexatron krintoo") + 0.2
    assert near("Москва столица", "столица Москва") == pytest.approx(1, abs=1e-5)


def test_an_unknown_word_weighs_less_than_a_known_one() -> None:
    assert near("refund zorbulax", "refund") > near("refund zorbulax", "zorbulax")


def test_the_table_is_small_and_sorted() -> None:
    table = load()
    assert len(DATA) <= 2_000_000
    assert (np.diff(table.keys.astype(np.int64)) > 0).all()
    assert np.isfinite(table.scale).all()
    assert table.scale.min() == 0
    assert int(table.version, 16) >= 0


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"suffice1",
        DATA[:1000],
        DATA[:-1],
        DATA + b"\0",
        b"x" + DATA[1:],
        DATA[:-1] + bytes([DATA[-1] ^ 1]),
        b"suffice1" + b"\xff" * 16 + DATA[24:],
        b"suffice1" + b"\0" * 16,
    ],
    ids=["empty", "head", "short", "cut", "long", "other", "flipped", "huge", "nothing"],
)
def test_a_damaged_table_says_so(damaged: bytes) -> None:
    with pytest.raises(PolicyError, match="table") as caught:
        decode(damaged)
    assert caught.value.code == "bad_fingerprint_table"

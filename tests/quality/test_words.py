from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.grams import hashes_of
from suffice.quality.words import MOST_WORDS, columns_of, numbers_of_words

SIZE = 1 << 14


def filled(text: str) -> dict[int, float]:
    columns, values = columns_of(hashes_of(text), SIZE)
    return dict(zip(columns.tolist(), values.tolist(), strict=True))


def test_words_and_pairs_of_neighbours_fill_columns() -> None:
    assert len(filled("red green blue")) == 5
    assert filled("red green").keys() - filled("red blue green").keys() != set()
    assert filled("red green") != filled("green red")


def test_pairs_with_one_word_between_are_read_if_asked_for() -> None:
    def between(text: str) -> set[int]:
        hashes = hashes_of(text)
        return set(columns_of(hashes, SIZE, between=True)[0].tolist()) - filled(text).keys()

    assert len(between("red green blue")) == 1
    assert between("red green blue") == between("red black blue") != between("blue green red")
    assert between("red green") == between("red") == between("") == set()


def test_words_alone_have_the_numbers_that_they_have_among_pairs() -> None:
    text = "red green blue"
    numbers = numbers_of_words(hashes_of(text), SIZE)
    assert numbers.tolist() == [next(iter(filled(word))) for word in text.split()]
    assert len(numbers_of_words(b"", SIZE)) == 0


def test_a_word_that_occurs_more_often_counts_by_its_logarithm() -> None:
    once = filled("red")
    often = filled("red " * 10)
    column = next(iter(once))
    assert abs(once[column]) == 1
    assert abs(often[column]) == np.float32(1 + np.log(10))


@given(st.text(max_size=60))
def test_any_text_gives_finite_values_in_columns_that_are_there(text: str) -> None:
    columns, values = columns_of(hashes_of(text), SIZE)
    assert len(columns) == len(values)
    assert ((columns >= 0) & (columns < SIZE)).all()
    assert np.isfinite(values).all()
    assert (abs(values) >= 1).all()


def test_fewer_columns_are_the_low_bits_of_more() -> None:
    hashes = hashes_of("the quick brown fox jumps over the lazy dog")
    many, values = columns_of(hashes, 1 << 20)
    few, same = columns_of(hashes, SIZE)
    assert ((many & (SIZE - 1)) == few).all()
    assert (values == same).all()


def test_of_a_long_text_both_ends_are_read_and_the_middle_is_not() -> None:
    middle = " ".join(f"w{number}" for number in range(5 * MOST_WORDS))
    assert len(filled(middle)) <= 2 * MOST_WORDS
    assert filled("first " + middle).keys() != filled(middle).keys()
    assert filled(middle + " last").keys() != filled(middle).keys()
    assert len(filled("")) == 0


def test_no_process_differs_from_another() -> None:
    code = (
        "from suffice.features.grams import hashes_of; from suffice.quality.words import columns_of;"
        "print(columns_of(hashes_of('the same words and marks, everywhere!'), 4096)[0].tolist())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1

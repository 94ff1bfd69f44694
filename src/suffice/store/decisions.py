"""How whole decisions are kept: the JSON of those that came together, compressed with a dictionary of usual words.

Decisions are alike: together each takes a fraction of the bytes and of the time that it takes by itself.

A dictionary is named inside of every frame that was made with it: one that has been released stays in the package
for as long as frames of it may be read, and a better one gets a new file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache
from importlib import resources

import msgspec
import zstandard

from suffice.errors import StoreError
from suffice.types import Decision

CURRENT = "decisions-1.zdict"
"""The dictionary that new frames are made with."""
KNOWN = (CURRENT,)

# Higher levels take several times as long for a few percent.
_LEVEL = 1
# Whoever asks for one decision often asks for its neighbours next. A block is some 150 KB.
_BLOCKS_AT_HAND = 8
_decode = msgspec.json.Decoder(Decision).decode
_encode = msgspec.json.Encoder().encode
_ids = msgspec.json.Decoder(list[str]).decode


def first_id(at_ns: int) -> str:
    """Returns what the ids of requests that arrived from this moment on are not below: its milliseconds.

    >>> first_id(1_795_478_400_000_000_000)
    '1a20ada2c00'
    """
    return f"{at_ns // 1_000_000:011x}"


class Packing:
    """Compresses decisions and reads them back. Use from one thread."""

    def __init__(self) -> None:
        self._lines = lru_cache(maxsize=_BLOCKS_AT_HAND)(self._read)

    def pack(self, decisions: Mapping[str, bytes]) -> bytes:
        """Returns a block: a line of ids, then a line for each decision, compressed.

        Args:
            decisions: Ids, and decisions as JSON without a line break.
        """
        return self._compressor.compress(b"\n".join([_encode(list(decisions)), *decisions.values()]))

    def unpack(self, block: bytes, id_: str) -> Decision | None:
        """Returns a decision of a block; `None` if it is not in it.

        Raises:
            StoreError: It is damaged, or was made with a dictionary that this version does not have.
        """
        with _readable():
            encoded = self._lines(block).get(id_)
            return None if encoded is None else _decode(encoded)

    def unpack_one(self, packed: bytes) -> Decision:
        """Returns a decision that was kept by itself, as before version 5 of the ledger.

        Raises:
            StoreError: As above.
        """
        with _readable():
            return _decode(self._decompressed(packed))

    def _read(self, block: bytes) -> dict[str, bytes]:
        ids, *decisions = self._decompressed(block).split(b"\n")
        return dict(zip(_ids(ids), decisions, strict=True))

    def _decompressed(self, packed: bytes) -> bytes:
        name = zstandard.get_frame_parameters(packed).dict_id
        return self._decompressor(name).decompress(packed)

    @cached_property
    def _dictionaries(self) -> dict[int, zstandard.ZstdCompressionDict]:
        folder = resources.files(__package__)
        found = [zstandard.ZstdCompressionDict(folder.joinpath(name).read_bytes()) for name in KNOWN]
        return {one.dict_id(): one for one in found}

    @cached_property
    def _compressor(self) -> zstandard.ZstdCompressor:
        dictionary = zstandard.ZstdCompressionDict(
            resources.files(__package__).joinpath(CURRENT).read_bytes()
        )
        dictionary.precompute_compress(level=_LEVEL)
        return zstandard.ZstdCompressor(dict_data=dictionary, level=_LEVEL)

    def _decompressor(self, dictionary: int) -> zstandard.ZstdDecompressor:
        return zstandard.ZstdDecompressor(dict_data=self._dictionaries[dictionary])


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (zstandard.ZstdError, msgspec.MsgspecError, KeyError, ValueError) as error:
        raise StoreError(
            f"the decision is on record, but cannot be read: {error}", code="bad_decision"
        ) from error

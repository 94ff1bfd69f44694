"""How a whole decision is kept: its JSON, compressed with a dictionary that knows the usual words of decisions.

A dictionary is named inside of every frame that was made with it: one that has been released stays in the package
for as long as frames of it may be read, and a better one gets a new file.
"""

from __future__ import annotations

from functools import cached_property
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
_decode = msgspec.json.Decoder(Decision).decode


def first_id(at_ns: int) -> str:
    """Returns what the ids of requests that arrived from this moment on are not below: its milliseconds.

    >>> first_id(1_795_478_400_000_000_000)
    '1a20ada2c00'
    """
    return f"{at_ns // 1_000_000:011x}"


class Packing:
    """Compresses decisions and reads them back. Use from one thread."""

    def pack(self, encoded: bytes) -> bytes:
        """Returns the compressed form of a decision's JSON."""
        return self._compressor.compress(encoded)

    def unpack(self, packed: bytes) -> Decision:
        """Returns the decision.

        Raises:
            StoreError: It is damaged, or was made with a dictionary that this version does not have.
        """
        try:
            name = zstandard.get_frame_parameters(packed).dict_id
            return _decode(self._decompressor(name).decompress(packed))
        except (zstandard.ZstdError, msgspec.MsgspecError, KeyError) as error:
            raise StoreError(
                f"the decision is on record, but cannot be read: {error}", code="bad_decision"
            ) from error

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

"""How bodies of logged calls are packed: compressed with a dictionary of the store's own, sealed where there is a key.

Calls of one application are much alike and too short to be compressed well one by one: a dictionary of the first
thousand halves them. It holds pieces of prompts, so it is sealed like them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import zstandard

from suffice.errors import StoreError

FEWEST_TO_LEARN = 1000
"""Calls that a dictionary is made of."""

_DICTIONARY_BYTES = 32 * 1024
_SAMPLES = 2000
_SAMPLE_BYTES = 8 * 1024
_LEVEL = 3
_LARGEST_BODY = 1024 * 1024 * 1024


class Cipher(Protocol):
    """Seals bodies at rest."""

    def seal(self, data: bytes) -> bytes:
        """Returns the data so that only a holder of the key can read it."""
        ...

    def open(self, data: bytes) -> bytes:
        """Returns what was sealed.

        Raises:
            StoreError: No known key opens it, or it was changed.
        """
        ...


class BodyPacking:
    """Packs and unpacks bodies.

    Args:
        cipher: Seals what is packed; `None` leaves it readable.
    """

    def __init__(self, cipher: Cipher | None) -> None:
        self.dictionary: int | None = None
        """The one that bodies are packed with."""
        self._cipher = cipher
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self._decompressors = {0: zstandard.ZstdDecompressor()}

    def learned(self, bodies: Sequence[bytes]) -> tuple[bool, bytes] | None:
        """Returns a dictionary of these bodies: whether it is sealed, and its bytes; `None` if they make none."""
        step = max(1, len(bodies) // _SAMPLES)
        samples: list[bytes | bytearray | memoryview] = [body[:_SAMPLE_BYTES] for body in bodies[::step]]
        try:
            data = zstandard.train_dictionary(_DICTIONARY_BYTES, samples).as_bytes()
        except zstandard.ZstdError:
            return None
        return (False, data) if self._cipher is None else (True, self._cipher.seal(data))

    def use(self, sealed: int, data: bytes) -> None:
        """Packs with this dictionary from now on."""
        self.dictionary = self._add(sealed, data)

    def pack(self, data: bytes) -> bytes:
        """Returns one body packed."""
        packed = self._compressor.compress(data)
        return packed if self._cipher is None else self._cipher.seal(packed)

    def pack_all(self, bodies: Sequence[bytes]) -> list[Any]:
        """Returns bodies packed, each as an object with a buffer."""
        if not bodies:
            return []
        # All in one call, which leaves the interpreter to other threads meanwhile.
        packed = self._compressor.multi_compress_to_buffer(list(bodies))
        pieces = [packed[place] for place in range(len(packed))]
        return pieces if self._cipher is None else [self._cipher.seal(piece.tobytes()) for piece in pieces]

    def unpack(self, sealed: int, body: bytes, dictionaries: Callable[[], list[tuple[int, bytes]]]) -> bytes:
        """Returns a body.

        Args:
            sealed: Whether it is.
            body: As it was packed.
            dictionaries: Those of the store, asked for only when one is needed.

        Raises:
            StoreError: It is sealed and there is no key for it, or it is damaged.
        """
        if sealed:
            body = self._opened(body)
        try:
            named = zstandard.get_frame_parameters(body).dict_id
            if named not in self._decompressors:
                for one_sealed, data in dictionaries():
                    self._add(one_sealed, data)
            decompressor = self._decompressors.get(named)
            if decompressor is None:
                raise StoreError("its dictionary is missing", code="damaged_traffic")
            return decompressor.decompress(body, max_output_size=_LARGEST_BODY)
        except zstandard.ZstdError as error:
            raise StoreError(f"it is damaged: {error}", code="damaged_traffic") from error

    def _add(self, sealed: int, data: bytes) -> int:
        dictionary = zstandard.ZstdCompressionDict(self._opened(data) if sealed else data)
        named = int(dictionary.dict_id())
        self._decompressors[named] = zstandard.ZstdDecompressor(dict_data=dictionary)
        dictionary.precompute_compress(level=_LEVEL)
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary)
        return named

    def _opened(self, data: bytes) -> bytes:
        if self._cipher is None:
            raise StoreError("it is sealed, give the key that it was written with", code="sealed_traffic")
        return self._cipher.open(data)

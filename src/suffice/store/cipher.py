"""Seals bodies at rest with AES-256-GCM, so that only a holder of the key can read them.

A sealed text is one version byte (1), four bytes that name the key (the head of a SHA-256 digest of it), a nonce of
twelve random bytes, then the ciphertext with its tag of sixteen bytes. Older keys may be given to open what they
sealed.

Source: NIST SP 800-38D; random nonces are good for 2**32 texts under one key (section 8.3).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suffice.config.secret import Secret, keys_of
from suffice.errors import ConfigError, StoreError

VERSION = b"\x01"
OVERHEAD_BYTES = 33
"""How much longer a sealed text is than what it holds."""

_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD_BYTES = len(VERSION) + _ID_BYTES + _NONCE_BYTES


class AesGcm:
    """Seals with the first key, opens with any. May be used from several threads.

    Args:
        keys: At least one, each of 32 bytes.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._openers = {_id_of(key): AESGCM(key) for key in reversed(keys)}
        self._prefix = VERSION + _id_of(keys[0])
        self._sealer = self._openers[_id_of(keys[0])]

    def seal(self, data: bytes, *, bound_to: bytes = b"") -> bytes:
        """Returns the data so that only a holder of the key can read it, and no change to it goes unnoticed.

        Args:
            data: What to hide.
            bound_to: Opens only together with this, which is not stored.
        """
        # Not an argument like other randomness: a nonce that comes twice gives the text away.
        nonce = os.urandom(_NONCE_BYTES)
        return self._prefix + nonce + self._sealer.encrypt(nonce, data, bound_to)

    def open(self, data: bytes, *, bound_to: bytes = b"") -> bytes:
        """Returns what was sealed.

        Raises:
            StoreError: `unknown_key`: no key that was given has sealed it. `damaged`: it was changed or cut short, or
                is nothing that was sealed here.
        """
        if len(data) < OVERHEAD_BYTES or data[:1] != VERSION:
            raise StoreError("this is nothing that was sealed here, or it was cut short", code="damaged")
        opener = self._openers.get(data[1 : 1 + _ID_BYTES])
        if opener is None:
            named = data[1 : 1 + _ID_BYTES].hex()
            raise StoreError(
                f"it was sealed with the key {named}, which is not among those given: add that key after a comma",
                code="unknown_key",
            )
        nonce = data[1 + _ID_BYTES : _HEAD_BYTES]
        try:
            return opener.decrypt(nonce, data[_HEAD_BYTES:], bound_to)
        except InvalidTag as error:
            raise StoreError("it was changed after it was sealed", code="damaged") from error


def cipher_of(secret: Secret) -> AesGcm:
    """Returns the cipher of a setting such as `captures.key`.

    Raises:
        ConfigError: The secret holds no keys.
    """
    try:
        return AesGcm(keys_of(secret))
    except ValueError as error:
        raise ConfigError(f"the encryption key {error}") from error


def _id_of(key: bytes) -> bytes:
    # Four bytes tell a handful of keys apart; of 32 random bytes they give nothing away that could be searched.
    return hashlib.sha256(b"suffice key" + key).digest()[:_ID_BYTES]

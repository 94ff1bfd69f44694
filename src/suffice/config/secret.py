"""A text that must not be seen: shown as dots wherever it is printed, logged or encoded by accident."""

from __future__ import annotations

import base64
import binascii
import hmac
import re

KEY_BYTES = 32
"""Of an encryption key: AES-256."""

_HEX = re.compile(r"[0-9A-Fa-f]{64}")


class Secret:
    """A key or token. Only `reveal` gives it away, so that every use can be found.

    >>> print(Secret("sk-123"))
    Secret(...)
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Returns the text itself: for the header that it is sent in, and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))


def keys_of(secret: Secret) -> tuple[bytes, ...]:
    """Returns the encryption keys that a secret holds, of 32 bytes each: the one to seal with, then older ones.

    >>> len(keys_of(Secret("00" * 32 + "," + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")))
    2

    Raises:
        ValueError: One of them is none; the text quotes nothing of it.
    """
    return tuple(_key_of(text) for text in secret.reveal().split(","))


def _key_of(text: str) -> bytes:
    text = text.strip()
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(
            "is no key of 32 bytes in hexadecimal digits or base64: make one with `openssl rand -hex 32`"
        )
    return key

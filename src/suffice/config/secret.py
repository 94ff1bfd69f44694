"""A text that must not be seen: shown as dots wherever it is printed, logged or encoded by accident."""

from __future__ import annotations

import hmac


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

"""What was read lately, bounded in number and in bytes: so that a conversation's next turn costs only its new text."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

SEED = hash(__name__) & 0xFFFF_FFFF_FFFF_FFFF
"""Of the digests that stand for what was read: of this process alone, as the hashes of its strings are. The digests are
fast and not cryptographic: without the seed nobody can try out beforehand which two things would have the same."""


class Counted(Generic[V]):
    """A map that forgets what was not used for long, for values that are alike in size.

    Two generations instead of a list of uses: an entry that is found in the old one moves to the young one, and a
    full young one becomes the old one. Each step is a single operation on a dict, so threads may share it without a
    lock; a race can lose an entry, never mix two.

    Args:
        entries: How many it holds at most.
    """

    __slots__ = ("_half_entries", "_old", "_young")

    def __init__(self, entries: int) -> None:
        self._half_entries = max(1, entries // 2)
        self._young: dict[Hashable, V] = {}
        self._old: dict[Hashable, V] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: Hashable) -> V | None:
        """Returns what was put under a key; `None` if it is forgotten."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: Hashable, value: V) -> None:
        """Keeps a value."""
        if len(self._young) >= self._half_entries:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def clear(self) -> None:
        """Forgets everything."""
        self._young, self._old = {}, {}


class Recent(Counted[V]):
    """One that is bounded in bytes too.

    Args:
        entries: How many it holds at most.
        size: How many bytes it holds at most.
        size_of: How many bytes a value takes.
    """

    __slots__ = ("_half_size", "_size_of", "_young_size")

    def __init__(self, entries: int, size: int, size_of: Callable[[V], int]) -> None:
        super().__init__(entries)
        self._half_size = max(1, size // 2)
        self._size_of = size_of
        self._young_size = 0

    def put(self, key: Hashable, value: V) -> None:
        """Keeps a value; one that is larger than half of what fits is not kept."""
        size = self._size_of(value)
        if len(self._young) >= self._half_entries or self._young_size + size > self._half_size:
            if size > self._half_size:
                return
            self._old, self._young, self._young_size = self._young, {}, 0
        self._young[key] = value
        self._young_size += size

    def clear(self) -> None:
        """Forgets everything."""
        super().clear()
        self._young_size = 0

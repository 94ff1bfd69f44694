"""What a worker remembers of conversations: which model served each last, and how far those of a use case get.

Bounded, and the worker's own: a conversation that another worker served a moment ago is not known here, and then goes
where the dice say, which all workers agree on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_SESSIONS = 20_000
MOST_BUCKETS = 2_000
MOST_TURNS = 64
"""Turns beyond this count as this one."""
_WINDOW = 4_096


class Conversations:
    """The models of recent sessions, and the turns that those of each use case get to.

    Args:
        cache_ns: How long a provider's cache remembers a conversation.
        most_sessions: How many are kept; the one that was seen least recently goes first.
    """

    def __init__(self, cache_ns: int, *, most_sessions: int = MOST_SESSIONS) -> None:
        self._cache_ns = cache_ns
        self._most = most_sessions
        self._models: dict[str, tuple[str, int]] = {}
        self._reached: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self._models)

    def served(self, session: str, model: str, at_ns: int) -> None:
        """Notes which model answered a turn of a session; one without a name is not remembered."""
        if not session:
            return
        self._models.pop(session, None)
        self._models[session] = (model, at_ns)
        if len(self._models) > self._most:
            del self._models[next(iter(self._models))]

    def model_of(self, session: str, at_ns: int) -> str | None:
        """Returns the model whose cache still holds a session; `None` if none is known to."""
        found = self._models.get(session)
        return None if found is None or at_ns - found[1] > self._cache_ns else found[0]

    def turn(self, bucket: str, turn: int) -> Sequence[int]:
        """Counts a turn of some conversation, and returns how many got to each turn of the use case, this one included.

        Args:
            bucket: The use case.
            turn: From 0.
        """
        reached = self._reached.get(bucket)
        if reached is None:
            if len(self._reached) >= MOST_BUCKETS:
                del self._reached[next(iter(self._reached))]
            reached = self._reached[bucket] = [0] * MOST_TURNS
        reached[min(turn, MOST_TURNS - 1)] += 1
        if reached[0] > _WINDOW:
            # Older conversations count less and less: a use case may change.
            reached[:] = [count // 2 for count in reached]
        return reached


def turn_of(body: Mapping[str, Any]) -> int:
    """Returns which turn of its conversation a request is, from 0: how often the assistant has spoken.

    >>> turn_of({"messages": [{"role": "user"}, {"role": "assistant"}, {"role": "user"}]})
    1
    """
    messages = body.get("messages", body.get("input"))
    if not isinstance(messages, list):
        return 0
    return sum(isinstance(one, dict) and one.get("role") == "assistant" for one in messages)

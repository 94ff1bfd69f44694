"""A conversation whose beginning was read before: what it showed is remembered, so that a next turn costs its new text.

What all messages but the last show together is kept under a digest of these messages, and of the instructions beside
them. A next turn has the same beginning, the message that was last, the answer to it, and what is new: so it is looked
for a few messages back from the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace
from xxhash import xxh3_128

from suffice.features.conversation import Conversation, closed, conversation_of, take
from suffice.features.excerpt import ends_of
from suffice.features.messages import MOST_TURNS, ROLES, Turn, turns_in, turns_of
from suffice.features.recent import SEED, Recent

FEWEST = 8
"""Shorter conversations are read message by message, which costs no more."""
ENTRIES, SIZE_BYTES = 2_048, 4_000_000
"""How many beginnings are remembered, and how many bytes they take together."""

_BACK = 5
"""How many beginnings are looked for: between two turns there may be calls of tools and their results."""
# All of a message goes into the digest: what is a text or small. Pictures and files would make that slow, and so would
# what nobody knows.
_PLAIN = frozenset(
    [
        "role", "content", "tool_calls", "tool_call_id", "name", "refusal", "type", "id", "call_id", "status",
        "arguments", "output",
    ]
)  # fmt: skip
_PLAIN_PARTS = frozenset(
    [
        "type", "text", "cache_control", "annotations", "id", "name", "input", "tool_use_id", "content", "is_error",
        "thinking", "signature", "data",
    ]
)  # fmt: skip
# Behind a message's text stands a byte that no text has in it, and one that says whose it is. Any other message is
# written down as a map of fewer than 16 keys: that begins with a byte with which no character does.
_SAID = {role: bytes((0xFF, number)) for number, role in enumerate(ROLES)}
_encode = msgspec.msgpack.Encoder().encode


def _size(seen: Conversation) -> int:
    texts = (seen.question, *seen.instructions)
    return 1_000 + sum(len(text) if text.isascii() else 4 * len(text) for text in texts)


_recent: Recent[Conversation] = Recent(ENTRIES, SIZE_BYTES, _size)


def conversation_in(body: Mapping[str, Any]) -> Conversation:
    """Returns what the turns of a request show together; the same whatever is remembered of them."""
    messages = body.get("messages", body.get("input"))
    if (
        not isinstance(messages, list)
        or not FEWEST <= len(messages) <= MOST_TURNS
        or not isinstance(messages[-1], dict)
    ):
        return conversation_of(turns_of(body))
    try:
        keys = _keys((body.get("system"), body.get("instructions")), messages)
    except (UnicodeError, RecursionError, ValueError, OverflowError, TypeError):
        return conversation_of(turns_of(body))
    seen, turns = _begun(keys, messages) or (Conversation(), turns_of(body))
    if len(turns) > 1:
        take(seen, turns[:-1])
        _recent.put(keys[0], _kept(seen))
    take(seen, turns[-1:])
    return closed(seen)


def forget() -> None:
    """Forgets every conversation."""
    _recent.clear()


def _begun(keys: Iterable[bytes], messages: list[Any]) -> tuple[Conversation, list[Turn]] | None:
    """What is remembered of the longest beginning that is, and the turns that follow it."""
    for back, key in enumerate(keys, 1):
        if (found := _recent.get(key)) is not None:
            return _copy(found), turns_in(messages[-back:])
    return None


def _keys(told: tuple[object, ...], messages: list[Any]) -> list[bytes]:
    """Digests of the beginnings, the longest first, which is all messages but the last.

    Raises:
        TypeError, ValueError, OverflowError, RecursionError: A message cannot be written down, or takes long.
    """
    digest = xxh3_128(_encode(told), seed=SEED)
    update, keys = digest.update, []
    for added in messages[:-_BACK], *zip(messages[-_BACK:-1]):
        for message in added:
            if len(message) == 2:
                # Most messages are a role and a text.
                try:
                    update(Raw(message["content"]))
                    update(_SAID[message["role"]])
                    continue
                except (KeyError, TypeError):
                    pass
            update(_encode(_plain(message)))
        keys.append(digest.digest())
    keys.reverse()
    return keys


def _copy(seen: Conversation) -> Conversation:
    return replace(seen, tokens=seen.tokens.copy(), instructions=seen.instructions.copy())


def _kept(seen: Conversation) -> Conversation:
    """A copy with no more of the texts than is read of them, so that more can be put behind."""
    made = _copy(seen)
    made.instructions = [ends_of("\n".join(seen.instructions))] if seen.instructions else []
    made.question = ends_of(seen.question)
    return made


def _plain(message: object) -> object:
    """The message, if it does not take long to write it down."""
    if (
        isinstance(message, dict)
        and _PLAIN.issuperset(message)
        and isinstance(message.get("output", ""), str)
    ):
        content = message.get("content")
        if content is None or isinstance(content, str) or _are_plain_parts(content):
            return message
    raise ValueError("pictures, files, or what nobody knows")


def _are_plain_parts(parts: object) -> bool:
    return isinstance(parts, list) and all(
        isinstance(part, dict)
        and _PLAIN_PARTS.issuperset(part)
        and (isinstance(inner := part.get("content", ""), str) or _are_plain_results(inner))
        for part in parts
    )


def _are_plain_results(parts: object) -> bool:
    return isinstance(parts, list) and all(
        isinstance(part, dict) and part.keys() <= {"type", "text"} for part in parts
    )

"""A conversation as a whole: how long, who spoke, where an agent stands in its loop, what came along."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from suffice.features.messages import Turn
from suffice.features.reading import Reading, reading_of

_TOKENS_PER_CALL_CHAR = 0.3
"""Arguments of a tool call are JSON: more tokens to a character than prose. House heuristic."""


class Conversation(msgspec.Struct, kw_only=True, gc=False):
    """What the turns show together. Filled turn by turn, then only read."""

    turns: int = 0
    user_turns: int = 0
    tokens: dict[str, int] = msgspec.field(default_factory=dict)
    """By role."""
    instructions: list[str] = msgspec.field(default_factory=list)
    question: str = ""
    """The last user turn's whole text."""
    question_tokens: int = 0
    last_role: str = ""
    steps: int = 0
    """Turns with tool calls since the last user turn."""
    failures: int = 0
    """Results of tools that failed, in a row, up to now."""
    modalities: frozenset[str] = frozenset()
    attachments: int = 0
    documents: int = 0
    """Told apart in one message's text, or as parts of their own in all."""
    sources: int = 0
    """Documents and search results that came as parts of their own."""
    files: int = 0
    fences: int = 0
    pinned: bool = False


def conversation_of(turns: Sequence[Turn]) -> Conversation:
    """Returns what the turns show together; each text is read once, or known from an earlier request."""
    seen = Conversation()
    take(seen, turns)
    return closed(seen)


def take(seen: Conversation, turns: Sequence[Turn]) -> None:
    """Adds turns to a conversation."""
    if not turns:
        return
    seen.turns += len(turns)
    seen.last_role = turns[-1].role
    tokens = seen.tokens
    # This loop is what a long conversation's next turn costs: what is rare is looked at in `_take_more`.
    for turn in turns:
        role = turn.role
        reading = reading_of(turn.text, result=role == "tool")
        tokens[role] = tokens.get(role, 0) + reading.tokens
        if role == "user":
            seen.user_turns += 1
            seen.question, seen.question_tokens = turn.text, reading.tokens
            seen.steps = seen.failures = 0
        elif role == "tool":
            seen.failures = seen.failures + 1 if turn.failed or reading.failure else 0
        elif role == "system":
            seen.instructions.append(turn.text)
        if reading.telling or turn.calls_tools or turn.attachments or turn.sources or turn.pinned:
            _take_more(seen, turn, reading)


def closed(seen: Conversation) -> Conversation:
    """Returns a conversation to which no turn is added any more."""
    if seen.sources > 1 or (seen.sources and seen.documents):
        seen.documents += seen.sources
    return seen


def _take_more(seen: Conversation, turn: Turn, reading: Reading) -> None:
    seen.documents = max(seen.documents, reading.documents)
    seen.files = max(seen.files, reading.files)
    seen.fences += reading.fences
    seen.sources += turn.sources
    seen.attachments += turn.attachments
    seen.modalities |= turn.modalities
    seen.pinned = seen.pinned or turn.pinned
    if turn.calls_tools and turn.role == "assistant":
        seen.steps += 1
        seen.tokens[turn.role] += round(_TOKENS_PER_CALL_CHAR * turn.call_chars)

"""Which known kind of task a request is.

The words and marks near the ends of what is asked vote with fitted weights; what the votes leave in doubt is not
taken for easy. A text can only say what it asks for; words about models, tiers or routers carry no weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from math import exp
from typing import NamedTuple

from suffice.features.recent import Recent
from suffice.features.task.ask import FEW, TASKS, Ask
from suffice.features.task.evidence import (
    MARKING,
    OPTIONS,
    Piece,
    known_in,
    request_marks,
    text_marks,
    zones_of,
)
from suffice.features.task.labels import label_count
from suffice.features.task.weights import Tally, Votes, read_weights
from suffice.types import Tier

_BOUNDED_TOOLS = 20
_LONG_INPUT_TOKENS = 12_000
_LONG_OUTPUT_TOKENS = 2_000
"""A summary whose limit is higher may be meant to be long. Lower limits are also sent by those who mean none."""
_PROOF = frozenset(
    ["prove", "proof", "theorem", "lemma", "beweise", "démontrer", "démontre", "demuestra", "证明", "証明"]
)
"""What no tool does for mathematics; the rest is calculated by calling one."""
_BESIDE_A_LABEL = 2
EASY_SHARE = 0.8
"""The least probability of all easy kinds together at which a request is taken for one of them."""
DOUBT = 0.05
"""The probability of all hard kinds together from which a request is not left to the smallest models."""
SURE = 0.4
"""The least probability of the kind itself; below it none is named."""
_HARD: Tier = "flagship"
_EASIEST: Tier = "nano"
_VOTES = Votes(read_weights())
_KINDS = _VOTES.weights.kinds
_KNOWN = frozenset(MARKING | _VOTES.known)


class _Text(NamedTuple):
    """What a text's words and marks say."""

    tally: Tally
    options: bool


ENTRIES, ENTRY_BYTES = 4_096, 400
"""How many texts are remembered, and about what one takes with its key."""
WORDS_BYTES = 2_000_000
_recent_texts: Recent[_Text] = Recent(ENTRIES, ENTRIES * ENTRY_BYTES, lambda _: ENTRY_BYTES)
_recent_words: Recent[frozenset[Piece]] = Recent(256, WORDS_BYTES, lambda words: 300 + 200 * len(words))
_recent_labels: Recent[int] = Recent(ENTRIES, ENTRIES * ENTRY_BYTES, lambda _: ENTRY_BYTES)


def task_of(ask: Ask) -> str | None:
    """Returns the category of a request, a key of `TASKS`; `None` if none is recognised."""
    text = _text_of(ask)
    tally = text.tally.plus(_VOTES.count(request_marks(ask)))
    if ask.tools is None or ask.tools.choice == "none":
        return _checked(_kind_of(tally), ask, options=text.options)
    bounded = ask.tools.count <= _BOUNDED_TOOLS
    if ask.after_tool:
        return "agent_step" if bounded else None
    # With tools at hand only what no tool does is anything else than choosing among them.
    task = _kind_of(tally)
    calculated = task == "math_proof" and ask.words.isdisjoint(_PROOF)
    if task is not None and TASKS[task] == _HARD and not calculated:
        return task
    return "tool_orchestration" if bounded else None


def forget() -> None:
    """Forgets every text that was read: for measurements. No kind depends on it."""
    _recent_words.clear()
    _recent_texts.clear()
    _recent_labels.clear()
    _kind_of.cache_clear()


def _text_of(ask: Ask) -> _Text:
    instructions, question = zones_of(ask)
    # Keyed 64-bit digests, as everywhere in features: no text is kept.
    key = (len(instructions), hash(instructions), len(ask.question), hash(question))
    found = _recent_texts.get(key)
    if found is None:
        # Instructions come again with other questions; a question alone hardly does.
        words = known_in(question, _KNOWN)
        if instructions:
            words |= _words_of(instructions)
        marks = set(text_marks(instructions, question, len(ask.question), words))
        found = _Text(_VOTES.count(words | marks), OPTIONS in marks)
        _recent_texts.put(key, found)
    return found


def _words_of(instructions: str) -> frozenset[Piece]:
    key = (len(instructions), hash(instructions))
    found = _recent_words.get(key)
    if found is None:
        found = known_in(instructions, _KNOWN)
        _recent_words.put(key, found)
    return found


@lru_cache(maxsize=2_048)
def _kind_of(tally: Tally) -> str | None:
    return named(_KINDS, _VOTES.odds(tally))


def named(kinds: Sequence[str], odds: Sequence[float]) -> str | None:
    """Returns the kind that the log-odds speak for; in doubt a hard one or none, never an easy one.

    Args:
        kinds: keys of `TASKS` and "none".
        odds: log-odds of each.
    """
    most = max(odds)
    shares = list(map(exp, map((-most).__add__, odds)))
    total = sum(shares)
    easy, hard, known_hard = _sides(tuple(kinds))
    share_of = shares.__getitem__
    taken_for_easy = sum(map(share_of, easy)) >= EASY_SHARE * total
    place = max(easy if taken_for_easy else hard, key=share_of)
    kind = kinds[place]
    if kind == "none" or shares[place] < SURE * total:
        return None
    if TASKS[kind] == _EASIEST and sum(map(share_of, known_hard)) >= DOUBT * total:
        return kinds[max(known_hard, key=share_of)]
    return kind


@cache
def _sides(kinds: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Where the easy kinds stand, where the hard ones with "none", and those without it."""
    hard = [place for place, kind in enumerate(kinds) if TASKS.get(kind, _HARD) == _HARD]
    easy = [place for place in range(len(kinds)) if place not in hard]
    return tuple(easy), tuple(hard), tuple(place for place in hard if kinds[place] != "none")


def _checked(task: str | None, ask: Ask, *, options: bool) -> str | None:
    """What the words say, held against what can be counted."""
    if task == "short_summary":
        long = ask.output_limit is not None and ask.output_limit > _LONG_OUTPUT_TOKENS
        return None if long or ask.input_tokens > _LONG_INPUT_TOKENS else task
    formal = None if ask.contract is None else ask.contract.shape
    if formal is not None and formal.labels is not None and task in {None, "few_labels", "classification"}:
        # The answer is little else than one of the labels.
        return _by_count(formal.labels) if formal.properties <= _BESIDE_A_LABEL else task
    if task in {"few_labels", "classification"}:
        if options:
            # Lettered answers are an exam's: to choose one takes knowledge.
            return None
        count = _labels_of(ask.text)
        return _by_count(count) if count else task
    return task


def _labels_of(text: str) -> int:
    """How many labels a text lists; 0 if it lists none."""
    key = (len(text), hash(text))
    found = _recent_labels.get(key)
    if found is None:
        found = label_count(text) or 0
        _recent_labels.put(key, found)
    return found


def _by_count(labels: int) -> str:
    return "few_labels" if labels < FEW else "classification"

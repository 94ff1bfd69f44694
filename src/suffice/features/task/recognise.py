"""Which known kind of task a request is.

The words and marks near the ends of what is asked vote with fitted weights; what the votes leave in doubt is not
taken for easy. A text can only say what it asks for; words about models, tiers or routers carry no weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from itertools import chain, compress
from math import exp

import msgspec

from suffice.features.recent import Counted, Recent
from suffice.features.task import labels
from suffice.features.task.ask import FEW, TASKS, Ask, words_of
from suffice.features.task.evidence import (
    MARKING,
    NO_ZONE,
    OPTIONS,
    Piece,
    Zone,
    ends_of,
    instructions_in,
    known_in,
    request_marks,
    text_marks,
    zone_of,
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
_VOTES = Votes(read_weights(), MARKING)
_KINDS = _VOTES.weights.kinds
_KNOWN = _VOTES.known


def _room(kind: str) -> float:
    tier = TASKS.get(kind, _HARD)
    return DOUBT if tier == _EASIEST else min(1.0, 1 / (SURE if tier == _HARD else EASY_SHARE) - 1)


_ROOM = {kind: _room(kind) for kind in _KINDS}
"""A kind is named without a look at each of the others if they weigh less than this together, where it weighs 1: an
easy one then has `EASY_SHARE` of all, one of the easiest leaves the hard ones less than `DOUBT`, a hard one has `SURE`
and more than the easy ones."""


class _Side(msgspec.Struct, frozen=True):
    """Some of the kinds."""

    places: tuple[bool, ...]
    """Of each kind whether it is one of them."""
    kinds: tuple[str, ...]
    """They alone, in the same order."""


class _Sides(msgspec.Struct, frozen=True):
    easy: _Side
    hard: _Side
    """With "none"."""
    known_hard: _Side
    """Without it."""


class _Text(msgspec.Struct, frozen=True):
    """What a text's words and marks say."""

    tally: Tally
    options: bool


class _Instructions(msgspec.Struct, frozen=True):
    """What instructions say by themselves."""

    zone: Zone
    words: AbstractSet[Piece]
    marking: AbstractSet[Piece]
    tally: Tally


ENTRIES = 4_096
"""How many texts are remembered; one takes about 400 bytes with its key."""
WORDS_BYTES = 2_000_000
_recent_texts: Counted[_Text] = Counted(ENTRIES)
_recent_words: Recent[_Instructions] = Recent(
    256, WORDS_BYTES, lambda said: 1_000 + 4 * len(said.zone.text) + 200 * len(said.words)
)
_recent_labels: Counted[int] = Counted(ENTRIES)


def task_of(ask: Ask) -> str | None:
    """Returns the category of a request, a key of `TASKS`; `None` if none is recognised."""
    tools = ask.tools if ask.tools is None or ask.tools.choice != "none" else None
    if tools is not None and ask.after_tool:
        return "agent_step" if tools.count <= _BOUNDED_TOOLS else None
    text = _text_of(ask)
    # Most requests are a text alone.
    beside = request_marks(ask)
    task = _kind_of(_VOTES.count(beside, text.tally) if beside else text.tally)
    if tools is None:
        return _checked(task, ask, options=text.options)
    # With tools at hand only what no tool does is anything else than choosing among them.
    calculated = task == "math_proof" and words_of(ask.text).isdisjoint(_PROOF)
    if task is not None and TASKS[task] == _HARD and not calculated:
        return task
    return "tool_orchestration" if tools.count <= _BOUNDED_TOOLS else None


def forget() -> None:
    """Forgets every text that was read: for measurements. No kind depends on it."""
    _recent_words.clear()
    _recent_texts.clear()
    _recent_labels.clear()
    _kind_of.cache_clear()
    labels.forget()


def _text_of(ask: Ask) -> _Text:
    instructions, question = ask.instructions, ends_of(ask.question)
    # Keyed 64-bit digests, as everywhere in features. A string keeps its own, and the instructions' excerpt the string.
    key = (len(instructions), hash(instructions), len(ask.question), hash(question))
    # What was parted into words for this request is new.
    found = None if ask.plain else _recent_texts.get(key)
    if found is None:
        # Instructions come again with other questions; a question alone hardly does.
        said = _instructions_of(instructions) if instructions else _NO_INSTRUCTIONS
        words = known_in(question, _KNOWN, ask.plain)
        marking = said.marking if MARKING.isdisjoint(words) else said.marking | (words & MARKING)
        marks = text_marks(said.zone, question, len(ask.question), marking)
        found = _Text(_VOTES.count(chain(words - said.words, marks), said.tally), OPTIONS in marks)
        _recent_texts.put(key, found)
    return found


def _instructions_of(instructions: str) -> _Instructions:
    key = (len(instructions), hash(instructions))
    found = _recent_words.get(key)
    if found is None:
        zone = zone_of(instructions)
        words = known_in(zone, _KNOWN)
        found = _Instructions(instructions_in(zone), words, words & MARKING, _VOTES.count(words))
        _recent_words.put(key, found)
    return found


_NO_INSTRUCTIONS = _Instructions(NO_ZONE, frozenset(), frozenset(), _VOTES.count(()))


@lru_cache(maxsize=2_048)
def _kind_of(tally: Tally) -> str | None:
    kind, others = _VOTES.first(tally)
    if others < _ROOM[kind]:
        return None if kind == "none" else kind
    return _named(_OWN_SIDES, _VOTES.odds(tally))


def named(kinds: Sequence[str], odds: Sequence[float]) -> str | None:
    """Returns the kind that the log-odds speak for; in doubt a hard one or none, never an easy one.

    Args:
        kinds: keys of `TASKS` and "none".
        odds: log-odds of each.
    """
    return _named(_sides(tuple(kinds)), odds)


def _named(sides: _Sides, odds: Sequence[float]) -> str | None:
    most = max(odds)
    shares = [exp(one - most) for one in odds]
    total = sum(shares)
    side, held = sides.easy, [*compress(shares, sides.easy.places)]
    if sum(held) < EASY_SHARE * total:
        side, held = sides.hard, [*compress(shares, sides.hard.places)]
    share = max(held)
    kind = side.kinds[held.index(share)]
    if kind == "none" or share < SURE * total:
        return None
    if TASKS[kind] == _EASIEST:
        held = [*compress(shares, sides.known_hard.places)]
        if sum(held) >= DOUBT * total:
            return sides.known_hard.kinds[held.index(max(held))]
    return kind


@cache
def _sides(kinds: tuple[str, ...]) -> _Sides:
    hard = [TASKS.get(kind, _HARD) == _HARD for kind in kinds]
    return _Sides(
        _side(kinds, [not one for one in hard]),
        _side(kinds, hard),
        _side(kinds, [one and kind != "none" for one, kind in zip(hard, kinds, strict=True)]),
    )


def _side(kinds: Sequence[str], places: Sequence[bool]) -> _Side:
    return _Side(tuple(places), tuple(compress(kinds, places)))


_OWN_SIDES = _sides(_KINDS)


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
        count = _labels_of(ask.text) if ask.may_list else 0
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

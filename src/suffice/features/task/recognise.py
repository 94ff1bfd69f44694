"""Which known kind of task a request is.

The words and marks near the ends of what is asked vote with fitted weights; what the votes leave in doubt is not
taken for easy. A text can only say what it asks for; words about models, tiers or routers carry no weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from suffice.features.task.ask import FEW, TASKS, Ask
from suffice.features.task.evidence import pieces_of
from suffice.features.task.labels import label_count
from suffice.features.task.weights import votes

_BOUNDED_TOOLS = 20
_LONG_INPUT_TOKENS = 12_000
_LONG_OUTPUT_TOKENS = 500
EASY_SHARE = 0.55
"""The least probability of all easy kinds together at which a request is taken for one of them."""
SURE = 0.3
"""The least probability of the kind itself; below it none is named."""


def task_of(ask: Ask) -> str | None:
    """Returns the category of a request, a key of `TASKS`; `None` if none is recognised."""
    if ask.tools is not None and ask.tools.choice != "none" and ask.after_tool:
        return "agent_step" if ask.tools.count <= _BOUNDED_TOOLS else None
    return _checked(_voted(ask), ask)


def _voted(ask: Ask) -> str | None:
    model = votes()
    return named(model.weights.kinds, model.of(pieces_of(ask)))


def named(kinds: Sequence[str], odds: Sequence[float]) -> str | None:
    """Returns the kind that the log-odds speak for; in doubt a hard one or none, never an easy one."""
    most = max(odds)
    shares = [exp(odd - most) for odd in odds]
    total = sum(shares)
    easy = sum(
        share for kind, share in zip(kinds, shares, strict=True) if TASKS.get(kind, "flagship") != "flagship"
    )
    taken_for_easy = easy >= EASY_SHARE * total
    share, kind = max(
        (share, kind)
        for kind, share in zip(kinds, shares, strict=True)
        if (TASKS.get(kind, "flagship") != "flagship") == taken_for_easy
    )
    return None if kind == "none" or share < SURE * total else kind


def _checked(task: str | None, ask: Ask) -> str | None:
    """What the words say, held against what can be counted."""
    if task == "tool_orchestration":
        return task if ask.tools is None or ask.tools.count <= _BOUNDED_TOOLS else None
    if task == "short_summary":
        long = ask.output_limit is not None and ask.output_limit > _LONG_OUTPUT_TOKENS
        return None if long or ask.input_tokens > _LONG_INPUT_TOKENS else task
    if task in {"few_labels", "classification"}:
        return _by_labels(task, ask)
    return task


def _by_labels(task: str, ask: Ask) -> str:
    formal = None if ask.contract is None else ask.contract.shape.labels
    count = label_count(ask.text) if formal is None else formal
    if count is None:
        return task
    return "few_labels" if count < FEW else "classification"

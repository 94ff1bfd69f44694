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
_BESIDE_A_LABEL = 2
EASY_SHARE = 0.7
"""The least probability of all easy kinds together at which a request is taken for one of them."""
SURE = 0.4
"""The least probability of the kind itself; below it none is named."""


def task_of(ask: Ask) -> str | None:
    """Returns the category of a request, a key of `TASKS`; `None` if none is recognised."""
    model = votes()
    odds = model.of(pieces_of(ask))
    if ask.tools is None or ask.tools.choice == "none":
        return _checked(named(model.weights.kinds, odds), ask)
    bounded = ask.tools.count <= _BOUNDED_TOOLS
    if ask.after_tool:
        return "agent_step" if bounded else None
    # With tools at hand only what no tool does is anything else than choosing among them.
    task = named(model.weights.kinds, odds)
    if task is not None and TASKS[task] == "flagship":
        return task
    return "tool_orchestration" if bounded else None


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
    if task == "short_summary":
        long = ask.output_limit is not None and ask.output_limit > _LONG_OUTPUT_TOKENS
        return None if long or ask.input_tokens > _LONG_INPUT_TOKENS else task
    formal = None if ask.contract is None else ask.contract.shape
    if formal is not None and formal.labels is not None and task in {None, "few_labels", "classification"}:
        # The answer is little else than one of the labels.
        return _by_count(formal.labels) if formal.properties <= _BESIDE_A_LABEL else task
    if task in {"few_labels", "classification"}:
        count = label_count(ask.text)
        return task if count is None else _by_count(count)
    return task


def _by_count(labels: int) -> str:
    return "few_labels" if labels < FEW else "classification"

"""What kind of work it is: some kinds are known to be easy for small models, some to be hard."""

from __future__ import annotations

from suffice.features import Features
from suffice.features.task import TASKS
from suffice.types import Score

NUMBER = 9
READS = "words of the instructions and the last user turn, tools, contract"
SOURCE = "kinds: fitted, docs/task-types.md; tiers: house heuristic, nano 0.15, mini 0.45, flagship 0.9"

_DEMAND = {"nano": 0.15, "mini": 0.45, "flagship": 0.9}
_SCORES = {
    task: Score(_DEMAND[tier], f"{task.replace('_', ' ')}: {tier} work by default")
    for task, tier in TASKS.items()
}
_ABSTAINS = Score(None, "no known kind of task is recognised")


def score(features: Features) -> Score:
    """Returns the demand of the recognised category's default tier; abstains if no category is recognised."""
    return _ABSTAINS if features.task is None else _SCORES[features.task]

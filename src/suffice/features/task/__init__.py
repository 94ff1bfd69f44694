"""Which known kind of task a request is: the categories, and their recognition from words and structure."""

from __future__ import annotations

from suffice.features.task.ask import FEW, TASKS, Ask, parted, words_of
from suffice.features.task.labels import SIGN_WORDS, label_count, may_list
from suffice.features.task.recognise import forget, task_of

__all__ = [
    "FEW",
    "SIGN_WORDS",
    "TASKS",
    "Ask",
    "forget",
    "label_count",
    "may_list",
    "parted",
    "task_of",
    "words_of",
]

"""Which known kind of task a request is: the categories, and their recognition from words and structure."""

from __future__ import annotations

from suffice.features.task.ask import FEW, TASKS, Ask, words_of
from suffice.features.task.labels import label_count
from suffice.features.task.recognise import forget, task_of

__all__ = ["FEW", "TASKS", "Ask", "forget", "label_count", "task_of", "words_of"]

"""Draws drafts of the demo's use cases, for the tests of each."""

from __future__ import annotations

import random

from suffice.testing.traffic.draft import Draft, UseCase


def use_case(use_cases: tuple[UseCase, ...], name: str) -> UseCase:
    """The use case of that name."""
    (found,) = [one for one in use_cases if one.name == name]
    return found


def drafts(case: UseCase, count: int = 60) -> list[Draft]:
    """The requests of `count` conversations."""
    rng = random.Random(7)
    return [draft for _ in range(count) for draft in case.conversation(rng)]


def said(draft: Draft) -> str:
    """What the user said last."""
    return str(draft.messages[-1]["content"])

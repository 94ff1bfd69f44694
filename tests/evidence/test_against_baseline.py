from __future__ import annotations

import asyncio
from typing import Any

from grading_cases import said, sample
from hypothesis import given
from hypothesis import strategies as st

from suffice.config import GraderSettings
from suffice.evidence.against_baseline import AgainstBaseline
from suffice.evidence.graders import Parts
from suffice.evidence.graders.embedding import grader as embedding
from suffice.evidence.graders.exact import grader as exact


def against(settings: GraderSettings) -> AgainstBaseline:
    made: Any = {"exact": exact, "embedding": embedding}[settings.kind]
    return AgainstBaseline(scorer=made(settings, Parts()))


def test_the_reason_says_what_it_was_held_against() -> None:
    grader = against(GraderSettings(kind="exact"))
    found = asyncio.run(grader.compare(sample("ignored"), said("a"), said("b")))
    assert (found.value, found.reason) == (-1.0, "held against the baseline's answer: not equal")


def test_a_baseline_that_says_nothing_is_no_reference() -> None:
    grader = against(GraderSettings(kind="exact"))
    for silent in (said(""), said("No.", refusal=True), said("", ("f", {}))):
        assert asyncio.run(grader.compare(sample(), silent, said("a"))).reason.startswith("no_reference")


def test_it_is_advisory_if_its_scorer_is() -> None:
    assert not against(GraderSettings(kind="exact")).advisory
    assert against(GraderSettings(kind="embedding")).advisory


@given(st.text(), st.text())
def test_a_candidate_never_wins_and_never_loses_by_saying_the_same(baseline: str, candidate: str) -> None:
    grader = against(GraderSettings(kind="exact"))
    found = asyncio.run(grader.compare(sample(), said(baseline), said(candidate))).value
    assert found is None or -1 <= found <= 0
    same = asyncio.run(grader.compare(sample(), said(baseline), said(baseline))).value
    assert same == (0 if baseline.strip() else None)

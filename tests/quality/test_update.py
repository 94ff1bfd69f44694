from __future__ import annotations

import msgspec
import pytest
from graded import BIG, SMALL, example, is_hard, learned, world

from suffice.quality.artifact import Artifact
from suffice.quality.fitted import FittedPredictor
from suffice.quality.posterior import Cells

EXAMPLES, ARTIFACT = learned()
NEW = world(90, seed=4)


def sums(cells: Cells) -> dict[tuple[str, int], tuple[float, float, float]]:
    return {
        (name, number): (moments.count, moments.total, moments.squares)
        for name, row in cells.items()
        for number, moments in row.items()
    }


def same(first: Artifact, second: Artifact) -> None:
    ours, theirs = sums(first.pairs[0].cells), sums(second.pairs[0].cells)
    assert ours.keys() == theirs.keys()
    for key, values in ours.items():
        assert values == pytest.approx(theirs[key], abs=1e-6)
    assert {name: lot.mean for name, lot in first.pairs[0].good.items()} == pytest.approx(
        {name: lot.mean for name, lot in second.pairs[0].good.items()}
    )


def test_outcomes_one_by_one_are_outcomes_all_at_once() -> None:
    at_once = ARTIFACT.updated(NEW)
    in_steps = ARTIFACT
    for one in NEW:
        in_steps = in_steps.updated([one])
    same(at_once, in_steps)
    assert at_once.fingerprint != ARTIFACT.fingerprint


def test_an_emptied_artifact_that_learns_its_examples_again_is_the_fit() -> None:
    pair = msgspec.structs.replace(ARTIFACT.pairs[0], cells={}, good={})
    emptied = msgspec.structs.replace(ARTIFACT, pairs=(pair,))
    same(emptied.updated(EXAMPLES), ARTIFACT)


def test_nothing_new_changes_nothing() -> None:
    assert ARTIFACT.updated([]) == ARTIFACT
    assert ARTIFACT.updated([example("parcel", {BIG: 1.0})]).fingerprint == ARTIFACT.fingerprint


def test_the_artifact_that_was_given_is_as_it_was() -> None:
    before = ARTIFACT.encode()
    ARTIFACT.updated(NEW)
    assert ARTIFACT.encode() == before


def test_a_use_case_that_turns_bad_is_soon_seen_to() -> None:
    faq = [one for one in world(1_200, seed=5) if one.bucket == "faq" and not is_hard(one)]
    bad, ask = [msgspec.structs.replace(one, quality={BIG: 1.0, SMALL: 0.0}) for one in faq[1:]], faq[:1]
    before = FittedPredictor(ARTIFACT).p_good(ask, BIG, SMALL)[0]
    after = FittedPredictor(ARTIFACT.updated(bad)).p_good(ask, BIG, SMALL)[0]
    assert before > 0.75
    assert after < 0.5


def test_a_use_case_of_which_nothing_was_known_is_learned() -> None:
    new = [example(f"river station {n}", {BIG: 1.0, SMALL: 1.0}, bucket="new") for n in range(200)]
    gains = FittedPredictor(ARTIFACT.updated(new)).gains(new, BIG, SMALL)
    assert gains.mean() == pytest.approx(0.0, abs=0.05)

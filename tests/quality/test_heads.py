from __future__ import annotations

import msgspec
import numpy as np
import pytest
from scipy import sparse  # type: ignore[import-untyped] -- scipy has no types

from suffice.quality.heads import Design, Head, Stack, compact
from suffice.quality.space import Row
from suffice.stats.ridge import ridge

RNG = np.random.default_rng(9)
WORDS, DENSE = RNG.normal(size=64) * 0.1, RNG.normal(size=3)
OTHER_WORDS, OTHER_DENSE = RNG.normal(size=64) * 0.1, RNG.normal(size=3)
ROW = Row(
    np.array([3, 5, 60]), np.array([0.6, -0.6, 0.5], np.float32), np.array([0.1, 0.0, 0.2], np.float32), 0.0
)
APART, OTHER_APART = np.array([0.8, -0.3]), np.array([-0.5, 0.6])
HEAD = Head(
    candidate=compact(WORDS, DENSE, {"own": APART}),
    baseline=compact(OTHER_WORDS, OTHER_DENSE, {"own": OTHER_APART}),
    leeway={"tight": (0.5, 0.25)},
    centre=0.0,
    prior_variance=0.0,
)


def stack(*heads: Head | None) -> Stack:
    """Two sizes and one demand are measured."""
    return Stack(heads, 64, 3, 1)


def exact(of_candidate: float = 1.0, of_baseline: float = 1.0) -> float:
    first, second = (
        leeway * (ROW.values @ words[ROW.columns] + ROW.dense[:2] @ dense[:2])
        for leeway, words, dense in (
            (of_candidate, WORDS, DENSE),
            (of_baseline, OTHER_WORDS, OTHER_DENSE),
        )
    )
    return float(first - second + ROW.dense[2] * (DENSE[2] - OTHER_DENSE[2]))


def test_a_byte_a_weight_is_precise_enough() -> None:
    assert len(HEAD.candidate.words) == 64
    assert stack(HEAD).values(ROW, "usual")[0] == pytest.approx(exact(), abs=3e-3)


def test_where_scores_vary_less_words_and_sizes_count_less_and_demands_as_everywhere() -> None:
    assert stack(HEAD).values(ROW, "tight")[0] == pytest.approx(exact(0.5, 0.25), abs=3e-3)
    assert exact(0.5, 0.25) != pytest.approx(exact(), abs=0.01)


def test_a_use_case_adds_weights_of_its_own_to_those_of_sizes() -> None:
    added = float(ROW.dense[:2] @ (APART - OTHER_APART))
    assert stack(HEAD).values(ROW, "own")[0] == pytest.approx(exact() + added, abs=4e-3)
    assert abs(added) > 0.1


def test_heads_beside_each_other_say_what_each_says_alone() -> None:
    turned = msgspec.structs.replace(
        HEAD, candidate=HEAD.baseline, baseline=HEAD.candidate, leeway={"loose": (2.0, 3.0)}
    )
    for use_case in ("tight", "loose", "own", "usual"):
        together = stack(HEAD, None, turned).values(ROW, use_case)
        alone = [stack(head).values(ROW, use_case)[0] for head in (HEAD, None, turned)]
        assert together == pytest.approx(alone, abs=1e-6)
        assert together[1] == 0.0


def test_the_centre_is_taken_off_and_a_gain_has_bounds() -> None:
    head = msgspec.structs.replace(HEAD, centre=0.25)
    assert stack(head).values(ROW, "usual")[0] == pytest.approx(exact() - 0.25, abs=3e-3)
    steep = msgspec.structs.replace(HEAD, candidate=compact(WORDS * 1_000, DENSE, {}))
    assert stack(steep).values(ROW, "usual")[0] in {-1.0, 1.0}


def test_weights_of_nothing_are_nothing() -> None:
    nothing = compact(np.zeros(64), np.zeros(3), {"tight": np.zeros(2)})
    head = msgspec.structs.replace(HEAD, candidate=nothing, baseline=nothing)
    assert stack(head).values(ROW, "tight") == [0.0]


def test_a_design_is_the_matrix_that_each_target_sees() -> None:
    scaled, alike = RNG.normal(size=(40, 5)), RNG.normal(size=(40, 2))
    leeway, targets = RNG.uniform(0.5, 2.0, size=(40, 2)), RNG.normal(size=(40, 2))
    design = Design(sparse.csr_array(scaled), alike, leeway)
    weights = ridge(design, targets, 3.0)
    for at in (0, 1):
        whole = np.hstack([scaled * leeway[:, [at]], alike])
        expected = np.linalg.solve(whole.T @ whole + 3.0 * np.eye(7), whole.T @ targets[:, at])
        assert weights[:, at] == pytest.approx(expected, abs=1e-3)
        assert (design @ weights)[:, at] == pytest.approx(whole @ weights[:, at])

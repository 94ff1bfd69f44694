from __future__ import annotations

import numpy as np
import pytest
from graded import BIG, SMALL, example, learned
from hypothesis import given
from hypothesis import strategies as st

from suffice.quality.lessons import APART, folds_of, lessons_of

EXAMPLES, ARTIFACT = learned()
SOME = [
    *EXAMPLES[:10],
    example("parcel", {BIG: 0.9, SMALL: 0.8}, group="same"),
    example("x", {BIG: 0.0, SMALL: 1.0}, group="same"),
]


def test_examples_become_arrays() -> None:
    found = lessons_of(SOME, [(BIG, SMALL)], ARTIFACT.space, np.full(12, -1), 0.1)
    assert found.gains[-2:, 0] == pytest.approx([-0.1, 1.0])
    assert found.good[-2:, 0].tolist() == [True, True]
    assert found.design.shape == (12, ARTIFACT.space.columns + len(ARTIFACT.space.names))
    assert found.groups[-1] == found.groups[-2]
    assert len(set(found.groups.tolist())) == 11


def test_the_matrix_has_the_rows_that_a_request_is_read_into() -> None:
    found = lessons_of(SOME, [(BIG, SMALL)], ARTIFACT.space, np.full(12, -1), 0.0)
    weights = np.random.default_rng(1).normal(size=found.design.shape[1])
    words = np.append(weights[: ARTIFACT.space.columns], 0.0)
    dense = weights[ARTIFACT.space.columns :]
    by_row = [float(row.values @ words[row.columns] + row.dense @ dense) for row in found.rows]
    assert found.design @ weights == pytest.approx(by_row, abs=1e-5)


def test_sizes_stand_once_more_in_the_columns_of_their_use_case_alone() -> None:
    found = lessons_of(SOME, [(BIG, SMALL)], ARTIFACT.space, np.full(12, -1), 0.0)
    sizes = len(ARTIFACT.space.names) - len(ARTIFACT.space.layers)
    assert found.use_cases == tuple(sorted({one.bucket for one in SOME}))
    blocks = found.apart.toarray().reshape(12, len(found.use_cases), sizes)
    for row, one, block in zip(found.rows, SOME, blocks, strict=True):
        own = found.use_cases.index(one.bucket)
        assert block[own] == pytest.approx(APART * row.dense[:sizes])
        assert not np.delete(block, own, axis=0).any()


def test_one_use_case_has_no_columns_of_its_own() -> None:
    one = [one for one in SOME if one.bucket == "faq"]
    found = lessons_of(one, [(BIG, SMALL)], ARTIFACT.space, np.full(len(one), -1), 0.0)
    assert found.use_cases == ()
    assert found.apart.shape == (len(one), 0)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.integers(2, 6))
def test_a_group_is_in_one_fold_and_folds_are_even(numbers: list[int], folds: int) -> None:
    groups = np.unique(np.array(numbers), return_inverse=True)[1]
    found = folds_of(groups, folds, seed=1)
    assert all(len(set(found[groups == group].tolist())) == 1 for group in set(groups.tolist()))
    sizes = [len(set(groups[found == fold].tolist())) for fold in set(found.tolist())]
    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) == min(folds, len(set(groups.tolist())))

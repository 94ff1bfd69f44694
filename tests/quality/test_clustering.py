from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.grams import hashes_of
from suffice.quality.clustering import LARGEST_NUMBER, agreement, fit_clusters, path, settle
from suffice.quality.clusters import Clusters
from suffice.quality.fingerprint import embed, load

RNG = np.random.default_rng(5)


def blob(axis: int, count: int, *, spread: float = 0.1, d: int = 12) -> np.ndarray:
    rows = RNG.normal(0, spread, (count, d))
    rows[:, axis] += 1
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


BLOBS = [blob(axis, count) for axis, count in enumerate((300, 220, 150))]
ROWS = np.vstack(BLOBS)
TRUTH = np.repeat([0, 1, 2], [300, 220, 150])


def fit(rows: np.ndarray, previous: Clusters | None = None) -> Clusters:
    return fit_clusters(rows, version="test", previous=previous)


def test_groups_are_found_and_numbered_by_size() -> None:
    found = fit(ROWS)
    assert found.numbers == (0, 1, 2)
    known = found.assign(ROWS)
    assert np.array_equal(known[known >= 0], TRUTH[known >= 0])
    assert 0 < (known < 0).mean() < 0.05


def test_the_order_of_rows_changes_nothing_and_neither_does_a_second_run() -> None:
    first = fit(ROWS)
    assert fit(ROWS).encode() == first.encode()
    assert fit(ROWS[RNG.permutation(len(ROWS))]).encode() == first.encode()


def test_a_new_kind_of_prompt_is_unknown_and_gets_a_number_of_its_own() -> None:
    first, news = fit(ROWS), blob(7, 120)
    assert (first.assign(news) < 0).all()
    second = fit(np.vstack([ROWS, news]), first)
    assert second.numbers == (0, 1, 2, 3)
    assert (second.assign(news) == 3).mean() > 0.9
    assert agreement(first.assign(ROWS) + 1, second.assign(ROWS) + 1) > 0.95


def test_a_few_strangers_make_no_cluster() -> None:
    first = fit(ROWS)
    assert fit(np.vstack([ROWS, blob(7, 10)]), first).numbers == first.numbers


def test_a_kind_that_has_gone_keeps_its_number() -> None:
    first = fit(ROWS)
    second = fit(np.vstack(BLOBS[:2]), first)
    assert second.numbers == first.numbers
    assert (second.assign(BLOBS[1]) == 1).mean() > 0.9
    assert np.array_equal(second.centres[2], first.centres[2])


def test_clusters_of_another_table_only_keep_their_numbers_from_use() -> None:
    other = fit_clusters(ROWS, version="older")
    assert fit(ROWS, other).numbers == (3, 4, 5)


def test_nothing_and_all_alike() -> None:
    assert fit(np.zeros((5, 4), np.float32)).numbers == ()
    assert fit(np.zeros((0, 4), np.float32), fit(ROWS)).numbers == (0, 1, 2)
    same = np.repeat(blob(0, 1), 500, axis=0)
    assert fit(same).numbers == (0,)
    assert fit(same[:1]).numbers == (0,)
    found = fit(np.vstack([same, np.zeros_like(same)]))
    assert found.assign(same[:1]).tolist() == [0]


def test_a_path_adds_one_cluster_at_a_time_as_far_as_it_may() -> None:
    steps = list(path(ROWS))
    assert [len(centres) for centres in steps] == list(range(1, len(steps) + 1))
    assert 3 <= len(steps) <= LARGEST_NUMBER
    for centres in steps:
        assert np.linalg.norm(centres, axis=1) == pytest.approx(1, abs=1e-5)
    scatter = [float((1 - (ROWS @ centres.T).max(axis=1)).sum()) for centres in steps]
    assert all(more >= less - 1e-3 for more, less in itertools.pairwise(scatter))
    assert len(list(path(ROWS, 2))) == 2
    assert len(list(path(ROWS[:60]))) == 1


def test_settling_leaves_a_centre_without_rows_alone() -> None:
    far = -BLOBS[0][:1]
    moved = settle(BLOBS[0], np.vstack([BLOBS[0][:1], far]))
    assert np.array_equal(moved[1], far[0])
    assert moved[0] == pytest.approx(BLOBS[0].mean(axis=0) / np.linalg.norm(BLOBS[0].mean(axis=0)), abs=1e-4)


GROUPINGS = st.lists(st.integers(0, 4), min_size=2, max_size=40)


@given(GROUPINGS, st.permutations(range(5)))
def test_names_do_not_matter_to_agreement(groups: list[int], names: list[int]) -> None:
    one = np.array(groups)
    assert agreement(one, np.array(names)[one]) == pytest.approx(1)


@given(GROUPINGS.flatmap(lambda groups: st.tuples(st.just(groups), st.permutations(groups))))
def test_agreement_is_mutual_and_at_most_1(groupings: tuple[list[int], list[int]]) -> None:
    one, other = map(np.array, groupings)
    assert agreement(one, other) == pytest.approx(agreement(other, one))
    assert agreement(one, other) <= 1 + 1e-9


def test_agreement_by_chance_is_about_nothing() -> None:
    one, other = RNG.integers(0, 4, 4000), RNG.integers(0, 4, 4000)
    assert abs(agreement(one, other)) < 0.02


def test_prompts_of_three_kinds_make_at_least_three_clusters() -> None:
    kinds = [
        ("refund", "parcel", "delivery", "invoice", "order", "customer", "payment", "return"),
        ("python", "function", "list", "loop", "compile", "variable", "array", "string"),
        ("doctor", "symptom", "fever", "dose", "treatment", "patient", "clinic", "pain"),
    ]
    texts = [" ".join(RNG.choice(words, 4)) for words in kinds for _ in range(120)]
    truth = np.repeat([0, 1, 2], 120)
    found = fit_clusters(np.stack([embed(hashes_of(text)) for text in texts]), version=load().version).assign(
        np.stack([embed(hashes_of(text)) for text in texts])
    )
    for number in np.unique(found[found >= 0]):
        kinds_of_cluster = np.bincount(truth[found == number])
        assert kinds_of_cluster.max() / kinds_of_cluster.sum() > 0.9
    assert len(np.unique(found[found >= 0])) >= 3

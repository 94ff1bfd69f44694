from __future__ import annotations

import random

import pytest

from suffice.quality.posterior import NO_CLUSTER, Cells, merged, weigh
from suffice.stats.moments import Moments


def drawn(use_cases: dict[str, float], clusters: dict[int, float], each: int = 400) -> Cells:
    rng = random.Random(11)
    return {
        name: {
            number: Moments.of(rng.gauss(mean + effect, 0.3) for _ in range(each))
            for number, effect in clusters.items()
        }
        for name, mean in use_cases.items()
    }


def test_effects_that_add_up_are_told_apart() -> None:
    truth = {"a": -0.3, "b": 0.0, "c": -0.1}
    clusters = {0: 0.08, 1: -0.08, 2: 0.0}
    found = weigh(drawn(truth, clusters))
    for name, mean in truth.items():
        assert found.use_cases.of(name).mean == pytest.approx(mean, abs=0.03)
    for number, effect in clusters.items():
        posterior = found.of_cluster(number)
        assert posterior is not None
        assert posterior.mean == pytest.approx(effect, abs=0.03)


def test_clusters_that_differ_by_noise_say_next_to_nothing() -> None:
    found = weigh(drawn({"a": -0.3, "b": 0.0}, dict.fromkeys(range(8), 0.0), each=20))
    assert found.clusters is not None
    assert max(abs(posterior.mean) for posterior in found.clusters.groups.values()) < 0.03


def test_prompts_of_no_known_kind_count_for_their_use_case_alone() -> None:
    cells = {"a": {NO_CLUSTER: Moments.of([-0.2] * 50)}}
    found = weigh(cells)
    assert found.clusters is None
    assert found.of_cluster(0) is None
    assert found.use_cases.of("a").count == 50


def test_an_unknown_cluster_and_an_unknown_use_case() -> None:
    found = weigh(drawn({"a": 0.1, "b": 0.1}, {0: 0.0}))
    assert found.of_cluster(5) is None
    assert found.use_cases.of("z").mean == pytest.approx(0.1, abs=0.05)


def test_merged_lots_are_one_lot() -> None:
    assert merged([Moments.of([1.0]), Moments.of([2.0, 3.0])]) == Moments.of([1.0, 2.0, 3.0])

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.recorded import Bucket
from guard import __main__ as bench
from guard import page, play


def bucket(before: float, after: float) -> Bucket:
    """A bucket of 100 requests in which each model loses this share of them."""
    ids = [(f"{number}", 1) for number in range(100)]

    def losing(share: float) -> dict[str, float]:
        return {id_: -1.0 if number < 100 * share else 0.0 for number, (id_, _) in enumerate(ids)}

    return Bucket("faq", ids, {play.CANDIDATE: losing(before), play.WORSE[0]: losing(after)}, 1.0)


def test_a_swap_is_found_and_a_larger_share_finds_it_sooner() -> None:
    found = {}
    for share in (0.05, 0.5):
        swap = play.Swap(bucket(0.0, 0.5), play.WORSE[0], share, 200, 100_000)
        runs = [play.swapped(swap, np.random.default_rng(seed)) for seed in range(5)]
        assert None not in runs
        found[share] = sorted(count for count in runs if count is not None)[2]
    assert found[0.5] < found[0.05]


def test_nobody_is_found_where_nothing_changes() -> None:
    swap = play.Swap(bucket(0.0, 0.0), play.WORSE[0], 0.5, 10, 500)
    assert play.swapped(swap, np.random.default_rng(1)) is None
    assert play.clean(np.zeros(10), 500, 0.2, np.random.default_rng(1)) == (False, False)


def test_harm_is_not_clean() -> None:
    assert play.clean(np.full(10, -1.0), 500, 0.5, np.random.default_rng(1)) == (True, True)


@pytest.mark.parametrize("lost", [0.0, 0.02, 0.05])
def test_the_edge_is_the_tolerance_itself(lost: float) -> None:
    values = np.array([-1.0] * round(100 * lost) + [0.0] * round(100 * (1 - lost)))
    edge = play.at_the_edge(values)
    assert edge.mean() == pytest.approx(-play.DELTA)
    assert edge.min() >= -1.0
    assert edge.max() <= 1.0


def test_the_section_says_what_was_measured_and_goes_between_its_markers(tmp_path: Path) -> None:
    swap = play.Swap(bucket(0.0, 0.5), play.WORSE[0], 0.5, 20, 2_000)
    row: dict[str, Any] = bench.swap_measure(swap, 3)(np.random.default_rng(1))
    clean = {
        "kind": "clean",
        "bucket": "faq",
        "model": "m",
        "truth": 0.0,
        "runs": 200,
        "requests": 5_000,
        "share": 0.2,
        "demoted": 3,
        "watched": 9,
    }
    text = page.section([row, clean])
    assert f"| faq | {play.WORSE[0]} | -0.500 | 50% | 3 of 3 | {row['p50']:,} |" in text
    assert "3 of 200 clean runs were demoted (1.50%)" in text
    path = tmp_path / "safety.md"
    path.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    page.put(path, text)
    assert path.read_text() == f"before\n{page.BEGIN}\n{text}{page.END}\nafter\n"

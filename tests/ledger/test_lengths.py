from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.lengths import Basis, Length, longer, reach_of, rested, unknown_length


def length(bucket: str = "faq", basis: Basis = "trial", ratio: float = 1.5, reach: float = 0.1) -> Length:
    return Length(
        bucket=bucket, baseline="big", candidate="small", basis=basis, ratio=ratio, reach=reach, units=100
    )


def test_longer_answers_cost_more_and_shorter_ones_less() -> None:
    assert longer({length(ratio=1.5): 1_000, length("other", ratio=0.8): 100}) == 480
    assert longer({length(ratio=0.5): 10**18}) == -(10**18) // 2
    assert longer({}) == 0


def test_without_any_knowledge_the_length_is_the_baselines_give_or_take_thirty_percent() -> None:
    one = unknown_length("faq", "big", "small")
    assert (one.basis, one.ratio, longer({one: 1_000}), reach_of({one: 1_000})) == ("unknown", 1.0, 0, 300)


def test_what_trials_saw_errs_independently_and_the_rest_together() -> None:
    trials = {length(str(number)): 100 for number in range(4)}
    unknown = {unknown_length(str(number), "big", "small"): 100 for number in range(4)}
    assert reach_of(trials) == 20
    assert reach_of(unknown) == 120
    assert reach_of({**trials, **unknown}) == 140


@given(
    st.dictionaries(st.text(max_size=2), st.tuples(st.integers(0, 10**15), st.floats(0.0, 2.0)), max_size=5)
)
def test_doubt_is_never_negative_nor_more_than_all_of_it_together(
    costs: dict[str, tuple[int, float]],
) -> None:
    given_ = {length(name, reach=reach): cost for name, (cost, reach) in costs.items()}
    together = math.fsum(one.reach * cost for one, cost in given_.items())
    assert 0 <= reach_of(given_) <= together * (1 + 1e-9) + 2


def test_what_it_rests_on_is_told_by_basis_the_largest_share_first() -> None:
    found = rested(
        {
            length("a", ratio=0.9): 10,
            length("b", ratio=1.4): 20,
            unknown_length("c", "big", "small"): 60,
            length("d", "outcomes", ratio=2.0): 10,
        }
    )
    assert [(one.basis, one.share, one.use_cases, one.units) for one in found] == [
        ("unknown", 0.6, 1, 0), ("trial", pytest.approx(0.3), 2, 200), ("outcomes", 0.1, 1, 100),
    ]  # fmt: skip
    assert (found[1].shortest, found[1].longest) == (0.9, 1.4)
    assert rested({}) == ()
    assert rested({length(): 0}) == (), "what costs nothing is of no length that counts"


def test_it_is_told_apart_by_what_it_is_of() -> None:
    assert len({length("a"): 1, length("b"): 1, msgspec.structs.replace(length("a")): 2}) == 2

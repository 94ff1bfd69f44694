from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.entry import RateCard
from suffice.ledger.kinds import apportion, kinds_of, minus, one_way, picos_of, plus
from suffice.ledger.pricing import charge
from suffice.money import nanos_from_picos
from suffice.types import Usage

COUNT = st.integers(0, 10**9)
KINDS = st.tuples(COUNT, COUNT, COUNT, COUNT, COUNT)


@given(KINDS, KINDS)
def test_minus_takes_back_what_plus_adds(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    assert minus(plus(one, other), other) == one


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6))
def test_what_changed_has_one_sign_and_what_moved_sums_to_nothing(parts: list[int]) -> None:
    kept, moved = one_way(parts)
    assert [a + b for a, b in zip(kept, moved, strict=True)] == parts
    assert sum(moved) == 0
    assert sum(kept) == sum(parts)
    assert all(part >= 0 for part in kept) or all(part <= 0 for part in kept)
    if all(part >= 0 for part in parts):
        assert not any(moved)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1))
def test_shares_add_up_and_are_fair_to_one(amount: int, weights: list[int]) -> None:
    shares = apportion(amount, weights)
    assert sum(shares) == amount
    weights = weights if any(weights) else [1] * len(weights)
    whole = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - amount * weight / whole) <= 1 + abs(amount) * 1e-9


@given(COUNT, COUNT, COUNT, COUNT, COUNT)
def test_tokens_cost_what_the_ledger_charges(
    plain: int, read: int, minutes: int, hour: int, out: int
) -> None:
    usage = Usage(
        input_tokens=plain + read + minutes + hour,
        output_tokens=out,
        cache_read_tokens=read,
        cache_write_tokens=minutes + hour,
        cache_write_1h_tokens=hour,
    )
    card = RateCard(
        input=5_000_000, output=25_000_000, cache_read=500_000, cache_write=6_250_000, cache_write_1h=10**7
    )
    picos = picos_of(kinds_of(usage), card)
    assert picos is not None
    assert nanos_from_picos(picos) == charge(usage, card).nanos


def test_a_kind_without_a_rate_has_no_price() -> None:
    card = RateCard(input=1, output=2)
    assert picos_of((1, 1, 0, 0, 0), card) is None
    assert picos_of((3, 0, 4, 0, 5), card) == 3 + 4 + 10

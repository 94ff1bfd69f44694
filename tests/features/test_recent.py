from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.recent import Counted, Recent


def recent(entries: int = 8, size: int = 1_000) -> Recent[str]:
    return Recent(entries, size, len)


@pytest.mark.parametrize("held", [recent(), Counted[str](entries=8)])
def test_what_was_put_is_found_until_it_is_forgotten(held: Counted[str]) -> None:
    held.put(1, "a")
    assert held.get(1) == "a"
    assert held.get(2) is None
    held.clear()
    assert held.get(1) is None
    assert len(held) == 0


@pytest.mark.parametrize("held", [recent(entries=8), Counted[str](entries=8)])
def test_what_is_used_stays_and_what_is_not_used_goes(held: Counted[str]) -> None:
    held.put("used", "a")
    held.put("unused", "b")
    for number in range(20):
        held.put(number, "c")
        assert held.get("used") == "a"
    assert held.get("unused") is None


def test_a_value_that_is_too_large_is_not_kept() -> None:
    held = recent(size=10)
    held.put(1, "x" * 6)
    assert held.get(1) is None


@given(st.lists(st.integers(0, 40), max_size=200))
def test_what_is_alike_in_size_is_bounded_in_number_alone(keys: list[int]) -> None:
    held = Counted[int](entries=10)
    for key in keys:
        held.put(key, -key)
        assert held.get(key) == -key
        assert held.get(key // 2) in (None, -(key // 2))
        assert len(held) <= 10


@given(st.lists(st.tuples(st.integers(0, 40), st.text(max_size=30)), max_size=200))
def test_it_never_holds_more_than_it_may(puts: list[tuple[int, str]]) -> None:
    held = recent(entries=10, size=100)
    for key, value in puts:
        held.put(key, value)
        held.get(key // 2)
        assert len(held) <= 10
        assert sum(len(held.get(number) or "") for number in range(41)) <= 100


def test_threads_may_share_it() -> None:
    held = Recent[int](entries=64, size=64, size_of=lambda _: 1)
    wrong = []

    def use(offset: int) -> None:
        for number in range(5_000):
            key = (number + offset) % 200
            held.put(key, key)
            if (found := held.get(key)) is not None and found != key:
                wrong.append((key, found))

    threads = [threading.Thread(target=use, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(held) <= 64 + 2 * len(threads)

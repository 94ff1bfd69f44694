"""One call on its way: chunks are kept as they are, within the bounds of all calls together."""

from __future__ import annotations

import threading

from asks import chat

from suffice.proxy.captures.capture import GRANT_BYTES, Budget, Capture


def capture(budget: Budget, *, limit: int = 10 * GRANT_BYTES, held: int = 0) -> Capture:
    return Capture(chat("Hello"), "tickets", ("tickets", 1), limit, budget, held)


def test_chunks_are_the_very_objects_that_pass_by() -> None:
    one = capture(Budget(captures=1, size_bytes=GRANT_BYTES))
    chunks = [b"data: 1\n\n", b"data: 2\n\n"]
    for chunk in chunks:
        one.take(chunk)
    assert all(kept is chunk for kept, chunk in zip(one.chunks, chunks, strict=True))
    assert one.lost is None


def test_an_answer_over_the_limit_is_dropped_and_its_memory_with_it() -> None:
    one = capture(Budget(captures=1, size_bytes=1 << 30), limit=100)
    for _ in range(11):
        one.take(b"x" * 10)
    one.take(b"x")
    assert (one.lost, one.chunks) == ("too_large", [])


def test_room_is_taken_as_it_is_needed_and_given_back() -> None:
    budget = Budget(captures=2, size_bytes=2 * GRANT_BYTES)
    first, second = capture(budget), capture(budget)
    first.take(b"x" * (GRANT_BYTES + 1))
    assert (first.lost, first.held_bytes) == (None, GRANT_BYTES + 1)
    second.take(b"x" * GRANT_BYTES)
    assert (second.lost, second.chunks) == ("no_room", [])
    budget.give(first.held_bytes)
    assert budget.take(2 * GRANT_BYTES)
    assert not budget.take(1)


def test_a_budget_bounds_captures_too_and_counts_right_under_threads() -> None:
    budget = Budget(captures=3, size_bytes=1000)
    assert not budget.take(1, captures=4)

    def work() -> None:
        for _ in range(2000):
            if budget.take(10, captures=1):
                budget.give(10, captures=1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.take(1000, captures=3)
    assert not budget.take(0, captures=1)

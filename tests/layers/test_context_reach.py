from __future__ import annotations

import pytest
from conversations import Said, demand, said, scored

from suffice.features import read
from suffice.layers.context_reach import score


def test_demand_grows_with_the_distance() -> None:
    demands = [
        demand("context_reach", "When does it end? " + "word " * count)
        for count in (10, 2_000, 20_000, 90_000)
    ]
    assert demands[0] == 0.0
    assert demands == sorted(set(demands))


def test_what_is_to_be_brought_together_reaches_further() -> None:
    text = "The lease ends in June. " * 2_000
    plain, together = (
        demand("context_reach", f"{ask} {text}") for ask in ("Hello.", "List the discrepancies.")
    )
    assert together == pytest.approx(plain / 0.7, rel=0.01)


def test_200_000_tokens_are_the_whole_reach() -> None:
    assert demand("context_reach", "Compare. " + "word " * 400_000) == 1.0


def test_a_turn_that_points_back_reaches_over_the_conversation() -> None:
    long: list[Said] = [("user", "The lease ends in June. " * 500), ("assistant", "Noted.")]
    ahead, back = (
        score(read(said("messages", [*long, ("user", last)]))).demand or 0.0
        for last in ("Which towns lie on the Main?", "What about the one above? Check that again.")
    )
    assert 0.0 < ahead < back


def test_without_text_it_abstains() -> None:
    assert scored("context_reach", "").demand is None

from __future__ import annotations

from asks import candidate
from cases import CATALOG

from suffice.policy.lineup import Lineup, Lineups
from suffice.policy.parameters import memory
from suffice.types import Candidate

BIG = candidate("big", "flagship", 10)


def lineup(*candidates: Candidate, certified: tuple[str, ...] = ()) -> Lineup:
    return Lineup(BIG, list(candidates), certified, memory())


def gpt(name: str) -> Candidate:
    found = CATALOG.resolve("openai", name)
    assert found is not None
    return found


def test_what_all_can_is_what_each_can() -> None:
    one = candidate(
        "one", "nano", 1, capabilities=frozenset({"tools", "vision"}), context_tokens=100, max_output_tokens=9
    )
    other = candidate(
        "other", "nano", 1, capabilities=frozenset({"tools"}), context_tokens=50, max_output_tokens=99
    )
    found = lineup(one, other)
    assert (found.able, found.room, found.answer_tokens) == ({"tools"}, 45, 9), "a tenth is left free"


def test_a_limit_that_is_not_known_of_one_is_not_known_of_all() -> None:
    one = candidate("one", "nano", 1, context_tokens=10, max_output_tokens=9)
    other = candidate("other", "nano", 1, context_tokens=None, max_output_tokens=None)
    found = lineup(one, other)
    assert (found.room, found.answer_tokens) == (0, 0)
    assert (lineup().able, lineup().room) == (frozenset(), 0)


def test_a_place_says_whose_a_candidate_is_and_whether_it_is_certified() -> None:
    near, far = candidate("near", "nano", 1), candidate("far", "nano", 1, provider="elsewhere")
    found = lineup(near, far, certified=("far",))
    assert found.places == (("", False), ("elsewhere", True))


def test_the_candidates_of_a_baseline_are_found_once() -> None:
    asked: list[str] = []

    def resolve(provider: str, model: str) -> Candidate | None:
        asked.append(model)
        return CATALOG.resolve(provider, model)

    lineups = Lineups(resolve, {})
    first = lineups.of(gpt("gpt-5.4"), ())
    assert [one.model for one in first.candidates] == list(gpt("gpt-5.4").smaller)
    assert asked == list(gpt("gpt-5.4").smaller)
    assert lineups.of(gpt("gpt-5.4"), ()) is first
    assert asked == list(gpt("gpt-5.4").smaller)
    certified = lineups.of(gpt("gpt-5.4"), ("gpt-4o-mini",))
    assert [one.model for one in certified.candidates][-1] == "gpt-4o-mini"
    assert lineups.of(gpt("gpt-5.4-mini"), ()) is not first


def test_any_number_of_lineups_fits() -> None:
    lineups = Lineups(CATALOG.resolve, {})
    for number in range(3_000):
        lineups.of(gpt("gpt-5.4"), (f"model-{number}",))
    assert lineups.of(gpt("gpt-5.4"), ()).candidates
    assert len(lineups) <= 1_024

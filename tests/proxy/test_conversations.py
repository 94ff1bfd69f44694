from __future__ import annotations

from suffice.proxy.conversations import MOST_BUCKETS, MOST_TURNS, Conversations, turn_of


def test_the_model_that_served_last_is_remembered_as_long_as_a_cache_is() -> None:
    known = Conversations(cache_ns=100)
    known.served("s", "big", 10)
    known.served("s", "small", 20)
    assert [known.model_of("s", at_ns) for at_ns in (20, 120, 121)] == ["small", "small", None]
    assert known.model_of("other", 20) is None


def test_who_has_no_name_is_not_remembered() -> None:
    known = Conversations(cache_ns=100)
    known.served("", "big", 10)
    assert (len(known), known.model_of("", 10)) == (0, None)


def test_memory_is_bounded_and_what_was_seen_least_recently_goes_first() -> None:
    known = Conversations(cache_ns=100, most_sessions=2)
    for session in ("a", "b", "a", "c"):
        known.served(session, "big", 10)
    assert (len(known), known.model_of("a", 10), known.model_of("b", 10)) == (2, "big", None)


def test_turns_are_counted_by_use_case() -> None:
    known = Conversations(cache_ns=100)
    for turn in (0, 0, 1):
        known.turn("faq", turn)
    assert list(known.turn("faq", 10_000)[:3]) == [2, 1, 0]
    assert known.turn("faq", 0)[MOST_TURNS - 1] == 1
    assert list(known.turn("code", 0)[:2]) == [1, 0]


def test_old_conversations_count_less_and_use_cases_are_bounded() -> None:
    known = Conversations(cache_ns=100)
    reached = [known.turn("faq", 0)[0] for _ in range(10_000)]
    assert max(reached) < 5_000
    for number in range(MOST_BUCKETS + 5):
        known.turn(f"bucket-{number}", 0)
    assert known.turn("faq", 0)[0] == 1, "it was the first, and has gone"


def test_a_turn_is_counted_by_what_the_assistant_has_said() -> None:
    said = [{"role": "user"}, {"role": "assistant"}, "garbage", {"role": "user"}, {"role": "assistant"}]
    assert turn_of({"messages": said}) == turn_of({"input": said}) == 2
    assert turn_of({"messages": "x"}) == turn_of({}) == 0

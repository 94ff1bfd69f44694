from __future__ import annotations

from suffice.proxy import repeats
from suffice.proxy.repeats import WITHIN_NS, Repeats

BODY = {"model": "big", "messages": [{"role": "user", "content": "Hello"}]}


def test_who_asks_again_after_an_answer_regenerates_and_after_a_failure_retries() -> None:
    seen = Repeats()
    assert seen.look("s", BODY, 0) == ""
    seen.note("s", BODY, 0, answered=False)
    assert seen.look("s", BODY, 1) == "retry"
    seen.note("s", BODY, 1, answered=True)
    assert seen.look("s", {**BODY, "temperature": 1.0}, 2) == "regenerate"


def test_another_conversation_another_session_or_another_day_is_no_repeat() -> None:
    seen = Repeats()
    seen.note("s", BODY, 0, answered=True)
    longer = {"messages": [*BODY["messages"], {"role": "assistant", "content": "Hi"}]}
    assert seen.look("s", longer, 1) == ""
    assert seen.look("t", BODY, 1) == ""
    assert seen.look("s", {**BODY, "system": "Be brief."}, 1) == ""
    assert seen.look("s", BODY, WITHIN_NS + 1) == ""


def test_without_a_session_nothing_can_be_said() -> None:
    seen = Repeats()
    seen.note("", BODY, 0, answered=True)
    assert seen.look("", BODY, 1) == ""


def test_what_is_kept_is_bounded() -> None:
    seen = Repeats()
    for number in range(repeats.MOST + 5):
        seen.note("s", {"messages": [number]}, number, answered=True)
    assert seen.look("s", {"messages": [4]}, 10) == ""
    assert seen.look("s", {"messages": [5]}, 10) == "regenerate"

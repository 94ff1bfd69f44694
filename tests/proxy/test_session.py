from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suffice.proxy.session import session_of

TURN_1 = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]}
TURN_2 = {
    "messages": [
        *TURN_1["messages"],
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "And?"},
    ]
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def test_headers_come_first_then_the_body_then_the_first_messages() -> None:
    body = {**TURN_1, "prompt_cache_key": "key", "metadata": {"user_id": "user"}}
    sessions = [
        session_of({b"x-suffice-session": b"s", b"x-claude-code-session-id": b"c"}, body),
        session_of({b"x-claude-code-session-id": b"c"}, body),
        session_of({}, body),
        session_of({}, {**TURN_1, "metadata": {"user_id": "user"}}),
        session_of({}, TURN_1),
    ]
    assert len(set(sessions)) == 5
    assert sessions[0] == session_of({b"x-suffice-session": b"s"}, None)
    assert all(len(session) == 16 for session in sessions)


def test_later_turns_of_a_conversation_are_one_session() -> None:
    assert session_of({}, TURN_1) == session_of({}, TURN_2)
    other = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Bye"}]}
    assert session_of({}, TURN_1) != session_of({}, other)


def test_all_client_apis_have_a_session() -> None:
    responses = session_of({}, {"instructions": "Be brief.", "input": "Hello"})
    messages = session_of({}, {"system": "Be brief.", "messages": TURN_1["messages"][1:]})
    parts = session_of({}, {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]})
    assert responses
    assert messages
    assert parts


def test_nothing_to_identify_a_session_is_no_session() -> None:
    assert session_of({}, None) == ""
    assert session_of({}, {"model": "m"}) == ""


@given(JSON, JSON, JSON, JSON)
def test_any_body_is_read(messages: object, system: object, metadata: object, key: object) -> None:
    body = {"messages": messages, "system": system, "metadata": metadata, "prompt_cache_key": key}
    assert session_of({}, body) == session_of({}, body)

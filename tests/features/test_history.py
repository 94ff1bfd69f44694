from __future__ import annotations

from typing import Any

import pytest
from conversations import APIS, Said, said, tools
from hypothesis import given
from hypothesis import strategies as st

from suffice.features import history
from suffice.features.conversation import Conversation, conversation_of
from suffice.features.excerpt import HEAD_CHARS, TAIL_CHARS, ends_of
from suffice.features.history import ENTRIES, FEWEST, SIZE_BYTES, conversation_in, forget
from suffice.features.messages import MOST_TURNS, turns_in, turns_of
from suffice.types import ClientApi

TALK: list[Said] = [
    ("system", "Always be brief."),
    ("user", "Compare document 1: a, and document 2: b."),
    ("assistant", "```py\na = 1\n```"),
    ("user", "Weather in Oslo?"),
    ("call", '{"city": "Oslo"}'),
    ("result", "Error: no such city"),
    ("call", '{"city": "Bergen"}'),
    ("error", "timed out"),
    ("assistant", "I do not know."),
    ("user", "See a.py."),
]


def afresh(body: dict[str, Any]) -> Conversation:
    """What the turns show together, read one by one."""
    seen = conversation_of(turns_of(body))
    seen.question = ends_of(seen.question)
    seen.instructions = [ends_of("\n".join(seen.instructions))]
    return seen


def remembered(body: dict[str, Any]) -> Conversation:
    seen = conversation_in(body)
    seen.question = ends_of(seen.question)
    seen.instructions = [ends_of("\n".join(seen.instructions))]
    return seen


def plain(turns: int) -> list[dict[str, Any]]:
    return [{"role": ("user", "assistant")[turn % 2], "content": f"turn {turn}"} for turn in range(turns)]


def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages are read one by one in each request from now on."""
    seen: list[int] = []

    def counted(body: dict[str, Any]) -> Any:
        seen.append(len(body["messages"]))
        return turns_of(body)

    def counted_in(messages: list[Any]) -> Any:
        seen.append(len(messages))
        return turns_in(messages)

    monkeypatch.setattr(history, "turns_of", counted)
    monkeypatch.setattr(history, "turns_in", counted_in)
    return seen


@given(
    st.sampled_from(APIS),
    st.lists(st.lists(st.sampled_from(TALK), min_size=1, max_size=7), min_size=1, max_size=6),
)
def test_a_conversation_that_grows_shows_the_same_with_and_without_its_history(
    api: ClientApi, steps: list[list[Said]]
) -> None:
    forget()
    turns = list(TALK)
    for step in steps:
        turns += step
        body = dict(said(api, turns, tools=tools(api, 2)).body)
        assert remembered(body) == afresh(body)
        assert remembered(body) == afresh(body)


def test_of_a_next_turn_only_the_new_messages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    seen, talk = reads(monkeypatch), plain(21)
    conversation_in({"messages": talk})
    conversation_in({"messages": [*talk[:-1], {"role": "user", "content": "another"}]})
    conversation_in({"messages": [*talk, *plain(22)[-1:], {"role": "user", "content": "next"}]})
    assert seen == [21, 1, 3]


@pytest.mark.parametrize("place", [0, 5, 15])
@pytest.mark.parametrize(
    "change", [{"content": "turn 5?"}, {"role": "system"}, {"content": None}, {"name": "Ann"}]
)
def test_another_history_is_another(place: int, change: dict[str, Any]) -> None:
    forget()
    talk = plain(17)
    conversation_in({"messages": talk})
    other = {"messages": [{**one, **(change if at == place else {})} for at, one in enumerate(talk)]}
    assert remembered(other) == afresh(other)
    told = {"messages": talk, "system": "Be brief."}
    assert remembered(told) == afresh(told)


def test_what_is_remembered_is_not_changed_by_what_follows() -> None:
    forget()
    talk = [*plain(FEWEST), {"role": "user", "content": "a"}]
    first = conversation_in({"messages": talk})
    for text in ("b", "c"):
        other = conversation_in({"messages": [*talk[:-1], {"role": "user", "content": text}]})
        assert (other.tokens, other.turns, other.user_turns) == (first.tokens, first.turns, first.user_turns)
        assert other.question == text


def test_new_instructions_in_a_known_conversation_are_put_behind_the_old() -> None:
    forget()
    talk = [{"role": "system", "content": "x" * 10_000}, *plain(12)]
    conversation_in({"messages": talk})
    body = {"messages": [*talk, {"role": "developer", "content": "Be brief."}, *plain(1)]}
    assert remembered(body) == afresh(body)
    assert remembered(body).instructions[0].endswith("Be brief.")


@pytest.mark.parametrize(
    "odd",
    [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:" + "A" * 99}}]},
        {"role": "user", "content": "a", "audio": {"data": "A" * 99}},
        {"role": "tool", "output": {"type": "computer_screenshot", "image_url": "data:," + "A" * 99}},
        {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image", "source": {}}]}]},
        {"role": "user", "content": "\ud800"},
        {"role": "user", "content": "a", "id": 1 << 70},
        {"role": "user", "content": "a", "picture": "A" * 99},
        7,
        "ab",
        ["a", "b"],
    ],
)
def test_what_is_large_or_cannot_be_written_down_is_read_one_by_one(
    odd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    seen, body = reads(monkeypatch), {"messages": [*plain(12), odd, *plain(1)]}
    assert remembered(body) == afresh(body) == remembered(body)
    assert seen == [14, 14]


@pytest.mark.parametrize("turns", [0, 1, FEWEST - 1, MOST_TURNS + 1])
def test_short_and_endless_conversations_are_read_one_by_one(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    seen, body = reads(monkeypatch), {"messages": plain(turns)}
    assert conversation_in(body) == conversation_in(body) == conversation_of(turns_of(body))
    assert seen == [turns, turns]


@pytest.mark.parametrize("other", [{"name": "Ann"}, {"content": None}, {"role": "critic"}])
def test_a_digest_is_the_same_wherever_the_beginning_was_parted(other: dict[str, Any]) -> None:
    talk = [*plain(6), {**plain(1)[0], **other}, *plain(20)]
    for turns in range(FEWEST, len(talk)):
        shorter, longer = (history._keys((None, None), talk[:end]) for end in (turns, turns + 1))
        assert longer[1:] == shorter[:-1]


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ([("user", "ab"), ("user", "c")], [("user", "a"), ("user", "bc")]),
        ([("user", "a"), ("user", "")], [("user", ""), ("user", "a")]),
        ([("user", "a"), ("assistant", "b")], [("assistant", "a"), ("user", "b")]),
        ([("user", "a"), ("critic", "b")], [("user", "a"), ("user", "b")]),
    ],
)
def test_like_texts_in_other_messages_have_another_digest(
    one: list[tuple[str, str]], another: list[tuple[str, str]]
) -> None:
    begun = [[{"role": role, "content": text} for role, text in talk] for talk in (one, another)]
    first, second = (history._keys((None, None), [*begin, *plain(FEWEST)]) for begin in begun)
    assert not set(first) & set(second)


def test_a_last_message_that_is_none_is_no_turn() -> None:
    forget()
    body = {"messages": [*plain(12), 7]}
    assert remembered(body) == afresh(body) == remembered(body)


def test_of_long_texts_the_ends_are_remembered_and_all_of_it_is_bounded() -> None:
    forget()
    long = "head " + "x" * 100_000 + " tail"
    conversation_in(
        {
            "messages": [
                {"role": "system", "content": long},
                *plain(10),
                {"role": "user", "content": long},
                *plain(1),
            ]
        }
    )
    ((kept),) = history._recent._young.values()
    assert len(kept.question) == len(kept.instructions[0]) == HEAD_CHARS + TAIL_CHARS + 1
    for number in range(2 * ENTRIES):
        history._recent.put(number, kept)
    assert len(history._recent) * 2 * (HEAD_CHARS + TAIL_CHARS) <= SIZE_BYTES
    forget()

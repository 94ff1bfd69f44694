from __future__ import annotations

import pytest
from conversations import APIS, Said, said

from suffice.features.conversation import Conversation, closed, conversation_of, take
from suffice.features.messages import Turn, turns_of
from suffice.types import ClientApi

TALK: list[Said] = [
    ("system", "Be brief."),
    ("user", "Weather in Oslo?"),
    ("call", '{"city": "Oslo"}'),
    ("result", "Rain."),
    ("assistant", "It rains."),
    ("user", "And in Atlantis?"),
    ("call", '{"city": "Atlantis"}'),
    ("error", "no such city"),
    ("call", '{"city": "Atlanta"}'),
    ("error", "no such city"),
]


@pytest.mark.parametrize("api", APIS)
def test_one_conversation_is_the_same_in_every_api(api: ClientApi) -> None:
    seen = conversation_of(turns_of(said(api, TALK).body))
    assert (seen.turns, seen.user_turns, seen.steps, seen.failures) == (10, 2, 2, 2)
    assert seen.instructions == ["Be brief."]
    assert seen.question == "And in Atlantis?"
    assert seen.last_role == "tool"
    assert seen.tokens.keys() == {"system", "user", "assistant", "tool"}
    assert seen.tokens["assistant"] > 10


@pytest.mark.parametrize("api", APIS)
def test_an_image_is_an_attachment(api: ClientApi) -> None:
    seen = conversation_of(turns_of(said(api, TALK[:2], image=True).body))
    assert (seen.attachments, seen.modalities) == (1, {"image"})


def test_a_user_turn_ends_a_row_of_failures() -> None:
    turns = turns_of(said("messages", [*TALK, ("user", "Never mind.")]).body)
    seen = conversation_of(turns)
    assert (seen.steps, seen.failures) == (0, 0)


def test_parts_that_are_sources_count_as_documents_where_there_are_several() -> None:
    assert conversation_of([Turn("user", "a", sources=1)]).documents == 0
    assert conversation_of([Turn("user", "a", sources=2)]).documents == 2
    assert conversation_of([Turn("user", "a", sources=1), Turn("user", "b", sources=2)]).documents == 3


def test_no_turns_are_an_empty_conversation() -> None:
    seen = conversation_of([])
    assert (seen.turns, seen.tokens, seen.question, seen.last_role) == (0, {}, "", "")


def test_turns_may_be_added_in_several_goes() -> None:
    turns = turns_of(said("messages", TALK).body)
    seen = Conversation()
    take(seen, turns[:4])
    take(seen, turns[4:])
    assert closed(seen) == conversation_of(turns)

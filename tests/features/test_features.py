from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest
from asks import APIS, BODIES, SCHEMA, chat, request, tool
from conversations import APIS as CLIENT_APIS
from conversations import Said, said, tools
from hypothesis import given
from hypothesis import strategies as st

from suffice.features import HEAD_CHARS, TAIL_CHARS, forget, read
from suffice.types import ClientApi


@given(BODIES, APIS)
def test_any_body_is_read(body: dict[str, Any], api: str) -> None:
    features = read(request(body, api=cast("ClientApi", api)))
    assert features.input_tokens >= 0
    assert features.turns >= features.user_turns >= 0


@pytest.mark.parametrize("odd", [[], {}, 7])
@pytest.mark.parametrize("api", CLIENT_APIS)
def test_a_kind_that_is_no_word_is_read_as_none(odd: Any, api: ClientApi) -> None:
    part = {"type": odd, "status": odd, "content": [{"type": odd}]}
    body = {
        "messages": [{"role": "user", "content": [part], "status": odd}],
        "input": [part],
        "tools": [{"name": "x", "type": odd}],
        "tool_choice": {"type": odd},
        "response_format": {"type": odd},
    }
    assert read(request(body, api=api)).contract is None


def test_what_the_client_asks_of_the_answer_is_read() -> None:
    features = read(
        chat(
            "Hi",
            max_completion_tokens=50,
            n=3,
            logprobs=True,
            reasoning_effort="low",
            parallel_tool_calls=True,
        )
    )
    assert features.output_limit == 50
    assert features.choices == 3
    assert features.logprobs
    assert features.reasoning
    assert features.parallel_tools


@pytest.mark.parametrize("limit", [-1, 0, True, "50", 1.5, None])
def test_an_impossible_limit_is_no_limit(limit: object) -> None:
    assert read(chat("Hi", max_tokens=limit)).output_limit is None


def test_stored_state_pins() -> None:
    assert read(request({"input": "Hi", "previous_response_id": "resp_1"}, api="responses")).pinned
    assert not read(request({"input": "Hi"}, api="responses")).pinned


def test_a_tools_result_at_the_end_is_an_agents_step() -> None:
    body = {
        "messages": [{"role": "user", "content": "Go"}, {"role": "tool", "content": "done"}],
        "tools": [tool()],
    }
    features = read(request(body))
    assert features.after_tool
    assert features.question == "Go"


def test_tools_and_schemas_count_as_input() -> None:
    assert read(chat("Hi", tools=[tool(schema=SCHEMA)])).input_tokens > read(chat("Hi")).input_tokens + 20


def test_of_a_long_text_the_ends_are_kept() -> None:
    features = read(chat("start " + "x" * 1_000_000 + " end"))
    assert len(features.question) == HEAD_CHARS + TAIL_CHARS + 1
    assert features.question.startswith("start")
    assert features.question.endswith("end")
    assert features.input_tokens > 10_000


def test_embeddings_have_inputs_and_no_task() -> None:
    features = read(request({"input": ["one", "two"]}, api="embeddings"))
    assert features.turns == 2
    assert features.task is None


def test_words_are_those_of_instructions_and_question() -> None:
    assert {"brief", "hello"} <= read(chat("Hello!", system="Be brief.")).words


TALK: list[Said] = [
    ("system", "Always be brief."),
    ("user", "Compare document 1: a, and document 2: b."),
    ("call", '{"city": "Oslo"}'),
    ("result", "Error: no such city"),
    ("user", "And now in 300 words, as JSON?"),
]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, len(TALK)), st.text(max_size=20)), max_size=8))
def test_features_are_the_same_whatever_was_read_before(order: list[tuple[int, int, str]]) -> None:
    asked = [
        said(CLIENT_APIS[api], [*TALK[:turns], ("user", text)], tools=tools(CLIENT_APIS[api], turns))
        for api, turns, text in order
    ]
    forget()
    warm = [read(request) for request in [*asked, *reversed(asked)]]
    for number, one in enumerate([*asked, *reversed(asked)]):
        forget()
        assert read(one) == warm[number]


def test_one_conversation_has_the_same_features_in_every_api() -> None:
    of_chat, *others = (read(said(api, TALK, tools=tools(api, 3))) for api in CLIENT_APIS)
    for found in others:
        # The frames of the definitions of tools differ by a few tokens.
        assert found.input_tokens == pytest.approx(of_chat.input_tokens, abs=30)
        shared = {"api": of_chat.api, "input_tokens": of_chat.input_tokens, "tools": of_chat.tools}
        assert msgspec.structs.replace(found, **shared) == of_chat


def test_features_may_be_compared_and_are_all_plain() -> None:
    features = read(said("messages", TALK))
    assert features == read(said("messages", TALK))
    assert features != read(said("messages", TALK[:2]))
    assert msgspec.json.decode(msgspec.json.encode(features))["documents"] == 2


def test_the_language_of_the_question_counts_before_that_of_the_instructions() -> None:
    features = read(
        chat("Wo ist der Bahnhof, und wann fährt der Zug?", system="You are the guide to the city.")
    )
    assert (features.language.main, features.instructions_language.main) == ("de", "en")
    assert read(chat("42", system="You are the guide to the city.")).language.main == "en"

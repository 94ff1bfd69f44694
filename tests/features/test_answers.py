from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.grading import ToolCall
from suffice.features.answers import read_answer
from suffice.types import ClientApi

USED = {"name": "add", "arguments": '{"a": 1}'}
CALL = ToolCall(name="add", arguments={"a": 1})


def chat(message: Any, finish: Any = "stop") -> dict[str, Any]:
    return {"model": "served", "choices": [{"message": message, "finish_reason": finish}]}


@pytest.mark.parametrize(
    ("message", "text", "calls", "refusal"),
    [
        ({"content": "hi"}, "hi", (), False),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab", (), False),
        ({"content": None, "tool_calls": [{"type": "function", "function": USED}]}, "", (CALL,), False),
        ({"content": None, "function_call": USED}, "", (CALL,), False),
        (
            {"tool_calls": [{"type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}]},
            "",
            (ToolCall(name="sql", arguments="SELECT 1"),),
            False,
        ),
        ({"content": None, "refusal": "No."}, "No.", (), True),
        (
            {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]},
            "",
            (ToolCall(name="f", arguments="{"),),
            False,
        ),
        ({"content": 7, "tool_calls": "x"}, "", (), False),
    ],
)
def test_chat_completions(message: Any, text: str, calls: tuple[ToolCall, ...], refusal: bool) -> None:
    read = read_answer("chat_completions", chat(message))
    assert read is not None
    assert (read.model, read.text, read.tool_calls, read.refusal) == ("served", text, calls, refusal)


def test_responses() -> None:
    body = {
        "model": "served",
        "status": "completed",
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": "hi"}]},
            {"type": "function_call", **USED},
        ],
    }
    read = read_answer("responses", body)
    assert read is not None
    assert (read.text, read.tool_calls, read.finish) == ("hi", (CALL,), "tool_calls")
    cut = read_answer(
        "responses",
        {"output": [], "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
    )
    assert cut is not None
    assert cut.finish == "length"
    refused = read_answer(
        "responses", {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}
    )
    assert refused is not None
    assert (refused.text, refused.refusal) == ("No.", True)


def test_messages() -> None:
    body = {
        "model": "served",
        "content": [{"type": "text", "text": "hi"}, {"type": "tool_use", "name": "add", "input": {"a": 1}}],
        "stop_reason": "tool_use",
    }
    read = read_answer("messages", body)
    assert read is not None
    assert (read.text, read.tool_calls, read.finish) == ("hi", (CALL,), "tool_calls")
    for reason, finish in (
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("refusal", "refusal"),
        ("pause_turn", "pause_turn"),
    ):
        other = read_answer("messages", {"content": [], "stop_reason": reason})
        assert other is not None
        assert (other.finish, other.refusal) == (finish, reason == "refusal")


@pytest.mark.parametrize("api", ["chat_completions", "responses", "messages", "embeddings", "passthrough"])
@pytest.mark.parametrize(
    "body",
    [None, [], "x", {}, {"error": {"message": "no"}}, {"choices": []}, {"choices": [{"message": "x"}]}],
)
def test_what_is_no_answer_is_none(api: ClientApi, body: Any) -> None:
    assert read_answer(api, body) is None


def test_a_response_that_names_no_model_is_of_the_one_asked_for() -> None:
    read = read_answer("chat_completions", {"choices": [{"message": {"content": "hi"}}]}, model="asked")
    assert read is not None
    assert read.model == "asked"
    assert read.finish is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "tool_calls", "function", "output", "type", "text"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["chat_completions", "responses", "messages"]), json_values)
def test_no_body_is_too_odd(api: ClientApi, body: Any) -> None:
    read = read_answer(api, body)
    assert read is None or isinstance(read.text, str)

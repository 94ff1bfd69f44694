from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.policy import escalation
from suffice.policy.escalation import MOST_RESPONSE_BYTES, Problem, problem
from suffice.types import ClientApi

THING = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
GOOD = {"city": "Bern", "days": 3}
APIS: tuple[ClientApi, ...] = ("chat_completions", "responses", "messages")


def answer(
    api: ClientApi,
    text: str | None = None,
    calls: tuple[tuple[str, Any], ...] = (),
    finish: str = "stop",
    tokens: int | None = 10,
) -> bytes:
    """A response of any API; a call's arguments are its object, or the text that stands for it."""
    body: dict[str, Any]
    if api == "chat_completions":
        called = [
            {"id": "c", "type": "function", "function": {"name": name, "arguments": _text(given)}}
            for name, given in calls
        ]
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if called:
            message["tool_calls"] = called
        body = {
            "choices": [{"message": message, "finish_reason": finish}],
            "usage": {"completion_tokens": tokens},
        }
    elif api == "responses":
        output: list[dict[str, Any]] = [{"type": "reasoning", "summary": []}]
        if text is not None:
            output.append({"type": "message", "content": [{"type": "output_text", "text": text}]})
        output += [
            {"type": "function_call", "name": name, "arguments": _text(given)} for name, given in calls
        ]
        cut = {"reason": "max_output_tokens" if finish == "length" else finish}
        whole = finish in {"stop", "tool_calls"}
        body = {
            "status": "completed" if whole else "incomplete",
            "incomplete_details": None if whole else cut,
            "output": output,
            "usage": {"output_tokens": tokens},
        }
    else:
        content: list[dict[str, Any]] = [{"type": "thinking", "thinking": "hm"}]
        if text is not None:
            content.append({"type": "text", "text": text})
        content += [{"type": "tool_use", "name": name, "input": given} for name, given in calls]
        words = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
        body = {
            "type": "message",
            "content": content,
            "stop_reason": words.get(finish, finish),
            "usage": {"output_tokens": tokens},
        }
    return json.dumps(body).encode()


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


def wants_json(api: ClientApi, schema: dict[str, Any]) -> dict[str, Any]:
    if api == "chat_completions":
        return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
    if api == "responses":
        return {"text": {"format": {"type": "json_schema", "name": "x", "schema": schema}}}
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}, "max_tokens": 4096}


def offers(api: ClientApi, *names: str, **more: Any) -> dict[str, Any]:
    if api == "chat_completions":
        tools: list[Any] = [
            {"type": "function", "function": {"name": name, "parameters": THING}} for name in names
        ]
    elif api == "responses":
        tools = [{"type": "function", "name": name, "parameters": THING} for name in names]
    else:
        tools = [{"name": name, "input_schema": THING} for name in names]
    return {"tools": tools, **more}


def code(request: dict[str, Any], api: ClientApi, response: bytes) -> str | None:
    found = problem(request, api, response)
    return None if found is None else found.code


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(GOOD), None),
        (f"  {json.dumps(GOOD)}\n", None),
        (f"```json\n{json.dumps(GOOD)}\n```", "not_json"),
        ('{"city": "Bern"', "not_json"),
        ("Bern, 3 days", "not_json"),
        ('{"days": 3}', "schema"),
        ('{"city": "Bern", "days": "3"}', "schema"),
        ('{"city": "Bern", "extra": 1}', "schema"),
        ("[]", "schema"),
        ("", "empty"),
        (" \n", "empty"),
        ("{" * 100_000, "not_json"),
    ],
)
def test_an_answer_is_held_against_the_requests_own_schema(
    api: ClientApi, text: str, expected: str | None
) -> None:
    assert code(wants_json(api, THING), api, answer(api, text)) == expected


@pytest.mark.parametrize(("text", "expected"), [("{}", None), ("[]", "schema"), ("yes", "not_json")])
def test_json_without_a_schema_is_an_object(text: str, expected: str | None) -> None:
    request = {"response_format": {"type": "json_object"}}
    assert code(request, "chat_completions", answer("chat_completions", text)) == expected


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((("weather", GOOD),), None),
        ((("weather", GOOD), ("clock", {"city": "Bern"})), None),
        ((("wether", GOOD),), "unknown_tool"),
        ((("weather", {"days": 3}),), "missing_argument"),
        ((("weather", {"city": 8}),), "tool_arguments"),
        ((("weather", GOOD), ("clock", {})), "missing_argument"),
    ],
)
def test_a_call_is_held_against_the_tool(api: ClientApi, calls: Any, expected: str | None) -> None:
    request = offers(api, "weather", "clock")
    assert code(request, api, answer(api, None, calls, "tool_calls")) == expected


@pytest.mark.parametrize("api", ["chat_completions", "responses"])
@pytest.mark.parametrize("arguments", ['{"city": "Be', "Bern", "[1]", '"Bern"', "null"])
def test_arguments_that_are_no_object_fail(api: ClientApi, arguments: str) -> None:
    response = answer(api, None, (("weather", arguments),), "tool_calls")
    assert code(offers(api, "weather"), api, response) == "tool_arguments"


def test_a_call_without_any_tool_on_offer_is_unknown() -> None:
    assert code({}, "messages", answer("messages", None, (("weather", {}),), "tool_calls")) == "unknown_tool"


def test_a_tool_that_takes_any_text_takes_any_text() -> None:
    request = {"tools": [{"type": "custom", "custom": {"name": "sql"}}]}
    message = {"tool_calls": [{"type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}]}
    response = json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode()
    assert problem(request, "chat_completions", response) is None
    response = answer("responses", None, (("code", "print(1)"),))
    assert code({"tools": [{"type": "custom", "name": "other"}]}, "responses", response) == "unknown_tool"


def test_tools_whose_names_cannot_be_read_make_no_tool_unknown() -> None:
    request = {"tools": [{"type": "mcp", "server_label": "files"}, {"type": "function", "name": "weather"}]}
    assert problem(request, "responses", answer("responses", None, (("files.read", {}),))) is None


@pytest.mark.parametrize(
    ("api", "more", "calls", "expected"),
    [
        ("chat_completions", {"tool_choice": "required"}, (), "tool_missing"),
        ("chat_completions", {"tool_choice": "auto"}, (), None),
        ("chat_completions", {"tool_choice": "none"}, (("weather", GOOD),), "unknown_tool"),
        (
            "chat_completions",
            {"tool_choice": {"type": "function", "function": {"name": "clock"}}},
            (),
            "tool_missing",
        ),
        (
            "chat_completions",
            {"tool_choice": {"type": "function", "function": {"name": "clock"}}},
            (("weather", GOOD),),
            "unknown_tool",
        ),
        ("responses", {"tool_choice": {"type": "function", "name": "weather"}}, (("weather", GOOD),), None),
        ("responses", {"tool_choice": {"type": "file_search"}}, (), None),
        ("messages", {"tool_choice": {"type": "any"}}, (), "tool_missing"),
        ("messages", {"tool_choice": {"type": "tool", "name": "clock"}}, (("clock", GOOD),), None),
        (
            "chat_completions",
            {"parallel_tool_calls": False},
            (("weather", GOOD), ("clock", GOOD)),
            "too_many_calls",
        ),
        ("chat_completions", {"parallel_tool_calls": False}, (("weather", GOOD),), None),
        (
            "messages",
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            (("weather", GOOD), ("clock", GOOD)),
            "too_many_calls",
        ),
    ],
)
def test_the_choice_among_tools_is_kept(api: ClientApi, more: Any, calls: Any, expected: str | None) -> None:
    text = None if calls else "Which city?"
    request = offers(api, "weather", "clock", **more)
    assert code(request, api, answer(api, text, calls, "tool_calls" if calls else "stop")) == expected


@pytest.mark.parametrize("api", APIS)
def test_an_answer_without_anything_is_empty(api: ClientApi) -> None:
    assert problem({}, api, answer(api, None)) == Problem(
        code="empty", signal="empty", detail="there is neither text nor a tool call"
    )
    assert code({"max_tokens": 10}, api, answer(api, None, finish="length")) == "empty"


def test_sound_pictures_and_what_the_provider_ran_are_something() -> None:
    sound = {"choices": [{"message": {"content": None, "audio": {"data": "x"}}, "finish_reason": "stop"}]}
    picture = {"status": "completed", "output": [{"type": "image_generation_call", "result": "x"}]}
    search = {
        "content": [{"type": "server_tool_use", "name": "web_search", "input": {}}],
        "stop_reason": "pause_turn",
    }
    for api, body in zip(APIS, (sound, picture, search), strict=True):
        assert problem({}, api, json.dumps(body).encode()) is None


@pytest.mark.parametrize(
    ("limits", "tokens", "expected"),
    [
        ({}, 100, "truncated"),
        ({"max_tokens": 100}, 100, None),
        ({"max_tokens": 100}, 60, "truncated"),
        ({"max_tokens": 100}, None, None),
        ({"max_completion_tokens": 4000, "max_tokens": 100}, 100, None),
        ({"max_tokens": "x"}, 100, "truncated"),
        ({"max_tokens": True}, 100, "truncated"),
    ],
)
@pytest.mark.parametrize("api", APIS)
def test_an_answer_that_the_requests_own_limit_cut_is_no_problem_of_the_model(
    api: ClientApi, limits: dict[str, Any], tokens: int | None, expected: str | None
) -> None:
    assert code(limits, api, answer(api, "and then", finish="length", tokens=tokens)) == expected


def test_json_that_was_cut_fails_whoever_cut_it() -> None:
    request = {**wants_json("chat_completions", THING), "max_tokens": 5}
    found = problem(
        request, "chat_completions", answer("chat_completions", '{"city', finish="length", tokens=5)
    )
    assert found is not None
    assert (found.code, found.signal) == ("not_json", "contract")
    assert found.detail.endswith("it was cut off")


@pytest.mark.parametrize("api", APIS)
def test_a_refusal_in_words_counts_where_any_words_would_do(api: ClientApi) -> None:
    assert code({}, api, answer(api, "I'm sorry, but I can't help with that.")) == "refusal"
    assert code({}, api, answer(api, "I can't find a date in this text.")) is None


def test_a_refusal_that_the_response_declares_counts() -> None:
    chat = {"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]}
    assert code({}, "chat_completions", json.dumps(chat).encode()) == "refusal"
    assert code({}, "messages", answer("messages", "…", finish="refusal")) == "refusal"
    assert (
        code({}, "chat_completions", answer("chat_completions", "x", finish="content_filter")) == "filtered"
    )
    assert code({}, "responses", answer("responses", "x", finish="content_filter")) == "filtered"


@pytest.mark.parametrize(
    "response",
    [b"", b"<html>", b"[]", b"7", b'{"choices": []}', b'{"error": {"message": "no"}}', b'{"choices": [{"me'],
)
@pytest.mark.parametrize("api", APIS)
def test_what_is_no_response_of_the_api_fails(api: ClientApi, response: bytes) -> None:
    assert code({}, api, response) == "unreadable"


@pytest.mark.parametrize("odd", [[], {}, 7, None, True])
@pytest.mark.parametrize("api", APIS)
def test_parts_of_an_unknown_kind_are_nothing(api: ClientApi, odd: Any) -> None:
    part = {"type": odd, "text": odd, "name": odd}
    body = {"choices": [{"message": {"content": [part]}}], "output": [part], "content": [part], "status": odd}
    assert code({"tools": [part, odd], "tool_choice": odd}, api, json.dumps(body).encode()) == "empty"


def test_what_has_not_been_answered_yet_and_what_is_not_read_passes() -> None:
    assert problem({"background": True}, "responses", b'{"status": "queued", "output": []}') is None
    assert problem({}, "embeddings", b"whatever") is None
    assert problem({}, "passthrough", b"whatever") is None
    assert problem({}, "messages", b" " * (MOST_RESPONSE_BYTES + 1)) is None


def test_of_several_choices_one_that_is_right_is_enough() -> None:
    def choices(*texts: str) -> bytes:
        made = [{"message": {"content": text}, "finish_reason": "stop"} for text in texts]
        return json.dumps({"choices": made}).encode()

    request = wants_json("chat_completions", THING)
    assert code(request, "chat_completions", choices("no", json.dumps(GOOD), "")) is None
    assert code(request, "chat_completions", choices("no", "")) == "not_json"


def test_no_text_of_the_answer_is_told() -> None:
    secret = "hunter2-secret"
    for response in (
        answer("chat_completions", json.dumps({"city": secret, secret: 1})),
        answer("chat_completions", json.dumps([secret])),
        answer("chat_completions", secret),
        answer("chat_completions", None, ((secret, {}),)),
    ):
        found = problem(wants_json("chat_completions", THING), "chat_completions", response)
        assert found is not None
        assert secret not in found.detail


def test_schemas_are_kept_within_bounds() -> None:
    escalation.forget()
    for number in range(2_000):
        schema = {**THING, "title": f"t{number}"}
        assert code(wants_json("messages", schema), "messages", answer("messages", json.dumps(GOOD))) is None
    assert 0 < len(escalation._schemas) <= 512
    escalation.warm()


def test_a_schema_that_is_too_large_is_left_unchecked() -> None:
    large = {"type": "object", "description": "x" * 100_000, "required": ["a"]}
    assert code(wants_json("messages", large), "messages", answer("messages", "{}")) is None
    assert (
        code(wants_json("messages", THING), "messages", answer("messages", '{"days":"' + "x" * 300_000))
        is None
    )


KEYS = (
    "type", "name", "function", "parameters", "choices", "message", "content", "tool_calls", "arguments",
    "schema", "json_schema", "format", "output", "usage", "text", "input", "status", "custom",
)  # fmt: skip
FIELDS = (
    "tools", "functions", "tool_choice", "response_format", "text", "output_config", "max_tokens", "n",
    "parallel_tool_calls", "function_call", "messages",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=15,
)
REQUESTS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    REQUESTS,
    st.sampled_from(APIS),
    st.dictionaries(
        st.sampled_from(("choices", "output", "content", "status", "usage", "error", "stop_reason")),
        VALUES,
        max_size=5,
    ),
)
def test_whatever_comes_it_never_raises(
    request_: dict[str, Any], api: ClientApi, response: dict[str, Any]
) -> None:
    try:
        encoded = msgspec.json.encode(response)
    except (UnicodeError, OverflowError):
        return
    assert isinstance(problem(request_, api, encoded), Problem | None)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(APIS), st.binary(max_size=200))
def test_whatever_bytes_come_it_never_raises(api: ClientApi, response: bytes) -> None:
    assert isinstance(problem({}, api, response), Problem | None)

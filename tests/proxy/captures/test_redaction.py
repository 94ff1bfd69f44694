"""Redaction: nothing found is left, structure stays, placeholders are stable."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import ConfigError
from suffice.proxy.captures.redaction import Redaction, finders_of

ALL = finders_of(["secrets", "personal"])
FOUND = [
    "jo@example.com",
    "sk-proj-abc123DEF456ghi789jkl",
    "4111 1111 1111 1111",
    "+49 171 2345678",
    "10.1.2.3",
]
PIECES = st.sampled_from(
    [*FOUND, " ", "\n", "word", '"', "\\", "{", "}", "ß", ", ", "password: hunter22hunter"]
)
TEXTS = st.lists(PIECES, max_size=8).map(" ".join)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


OURS = """
import re

def customers(text):
    return [(match.start(), match.end(), "CUSTOMER") for match in re.finditer("C-[0-9]+", text)]

nothing = 3
"""


def redact(body: dict[str, Any]) -> dict[str, Any]:
    return Redaction(ALL).body(body)


def shape(value: Any) -> Any:
    """What is left of a value when its texts are taken out."""
    if isinstance(value, str):
        return str
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return value


@given(st.dictionaries(st.sampled_from(["messages", "system", "input", "metadata"]), VALUES, max_size=3))
def test_only_texts_change_and_nothing_found_is_left(body: dict[str, Any]) -> None:
    before = json.dumps(body)
    after = redact(body)
    assert json.dumps(body) == before, "what was given stays as it is"
    assert shape(after) == shape(body)
    again = redact(after)
    assert again == after, "a placeholder is nothing to redact"


@given(TEXTS)
def test_no_finder_finds_anything_afterwards(text: str) -> None:
    after = Redaction(ALL).text(text)
    assert [span for finder in ALL for span in finder(after)] == []
    assert not any(secret in after for secret in FOUND)


@given(st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=3))
def test_a_text_that_is_json_is_json_of_the_same_shape_afterwards(value: dict[str, Any]) -> None:
    after = Redaction(ALL).text(json.dumps(value))
    assert shape(json.loads(after)) == shape(value)


def test_the_same_text_has_one_placeholder_in_the_request_and_in_the_answer() -> None:
    redaction = Redaction(ALL)
    request = redaction.body(
        {
            "messages": [
                {"role": "user", "content": "Write to jo@example.com and al@example.com, then jo@example.com"}
            ]
        }
    )
    answer = redaction.body(
        {"choices": [{"message": {"role": "assistant", "content": "al@example.com first"}}]}
    )
    assert request["messages"][0]["content"] == "Write to [EMAIL_1] and [EMAIL_2], then [EMAIL_1]"
    assert answer["choices"][0]["message"]["content"] == "[EMAIL_2] first"


def test_what_ties_a_call_together_stays() -> None:
    tool = {"type": "function", "function": {"name": "mail", "description": "such as to jo@example.com"}}
    body = {
        "model": "sk-proj-abc123DEF456ghi789jkl",
        "tools": [tool],
        "tool_choice": {"type": "function", "function": {"name": "10.1.2.3"}},
        "response_format": {"type": "json_schema", "json_schema": {"pattern": "10.1.2.3"}},
        "messages": [
            {
                "role": "assistant",
                "tool_calls": [{"id": "10.1.2.3", "function": {"name": "10.1.2.3", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "10.1.2.3", "content": "ok"},
            {
                "role": "user",
                "content": [{"type": "image", "source": {"type": "base64", "data": "10.1.2.3"}}],
            },
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "data:text/plain,10.1.2.3"}}],
            },
        ],
    }
    assert redact(body) == body


def test_what_a_client_is_free_to_name_is_redacted_under_any_name() -> None:
    body = {
        "metadata": {"id": "jo@example.com", "user_id": "al@example.com"},
        "messages": [
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "tool_use",
                        "id": "t",
                        "name": "mail",
                        "input": {"id": "jo@example.com", "data": ["10.1.2.3"]},
                    }
                ],
                "tool_calls": [
                    {
                        "id": "c",
                        "function": {"name": "mail", "arguments": '{"name": "jo@example.com", "n": 1}'},
                    }
                ],
            },
        ],
    }
    after = redact(body)
    assert after["metadata"] == {"id": "[EMAIL_1]", "user_id": "[EMAIL_2]"}
    message = after["messages"][0]
    assert message["content"][0] == {
        "type": "tool_use", "id": "t", "name": "mail", "input": {"id": "[EMAIL_1]", "data": ["[IP_1]"]},
    }  # fmt: skip
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"name": "[EMAIL_1]", "n": 1}


def test_what_overlaps_goes_as_one() -> None:
    def one(text: str) -> list[tuple[int, int, str]]:
        if "[" in text:
            return []
        return [(2, 6, "A"), (4, 8, "B"), (5, 5, "EMPTY"), (9, 10, "odd kind!")]

    assert Redaction([one]).text("0123456789") == "01[A_1]8[ODD_KIND__1]"


def test_a_body_without_anything_to_find_keeps_its_parts() -> None:
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": '{"a": 1.50}'}]
    assert redact({"messages": messages})["messages"] is messages


def test_a_function_of_the_operator_finds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "our_names.py").write_text(OURS)
    monkeypatch.syspath_prepend(tmp_path)
    redaction = Redaction(finders_of(["our_names:customers", "personal"]))
    assert redaction.text("C-12 wrote from jo@example.com to C-12 and C-3") == (
        "[CUSTOMER_1] wrote from [EMAIL_1] to [CUSTOMER_1] and [CUSTOMER_2]"
    )
    for name, said in (
        ("our_names:missing", "cannot be imported"),
        ("no_such:f", "cannot"),
        ("our_names:nothing", "no function"),
    ):
        with pytest.raises(ConfigError, match=said):
            finders_of([name])
    sys.modules.pop("our_names", None)

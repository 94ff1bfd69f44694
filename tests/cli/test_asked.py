from __future__ import annotations

from typing import Any

import pytest
from asks import tool
from cases import CATALOG

from suffice.cli._asked import guess_api, provider_of, read_body
from suffice.config import Provider, Settings
from suffice.errors import RequestError

PROVIDERS = Settings().providers
HI = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("body", "api"),
    [
        ({"messages": HI}, "chat_completions"),
        ({"messages": HI, "tools": [tool()]}, "chat_completions"),
        ({"messages": HI, "system": "Be kind."}, "messages"),
        ({"messages": HI, "tools": [{"name": "t", "input_schema": {}}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}, "chat_completions"),
        ({"messages": "nonsense"}, "chat_completions"),
        ({"messages": [1, {"content": [2]}], "tools": 3}, "chat_completions"),
        ({"input": "Hi"}, "responses"),
        ({"input": HI, "instructions": "Be kind."}, "responses"),
        ({}, "responses"),
    ],
)
def test_the_api_is_told_from_the_body(body: dict[str, Any], api: str) -> None:
    assert guess_api(body, anthropic=False) == api


def test_the_model_tells_what_the_body_does_not() -> None:
    assert guess_api({"messages": HI}, anthropic=True) == "messages"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "r.json is not JSON"),
        (b"{'model': 1}", "r.json is not JSON"),
        (b"\xff\xfe", "r.json is not JSON"),
        (b"[" * 100_000, "r.json is not JSON"),
        (b"[1]", "r.json is no request"),
        (b"{}", 'r.json names no model: add "model" to it, or give --model'),
        (b'{"model": 5}', "r.json names no model"),
        (b'{"model": ""}', "r.json names no model"),
    ],
)
def test_what_is_no_request_is_said(raw: bytes, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_body(raw, name="r.json", model=None)
    assert caught.value.message.startswith(said)


def test_a_model_may_be_given_beside_the_body() -> None:
    assert read_body(b"{}", name="r.json", model="gpt-5.4") == {"model": "gpt-5.4"}
    assert read_body(b'{"model": "a"}', name="r.json", model="b")["model"] == "b"


def test_the_provider_is_the_one_that_has_the_model() -> None:
    assert provider_of("gpt-5.4", None, PROVIDERS, CATALOG).name == "openai"
    assert provider_of("claude-haiku-4-5-20251001", None, PROVIDERS, CATALOG).name == "anthropic"
    assert provider_of("gpt-5.4", "responses", PROVIDERS, CATALOG).name == "openai"


def test_the_default_provider_comes_before_others() -> None:
    openai = PROVIDERS["openai"]
    twin = {"openai": Provider(name="openai", base_url=openai.base_url), "anthropic": PROVIDERS["anthropic"]}
    assert provider_of("gpt-5.4", None, twin, CATALOG).name == "openai"


@pytest.mark.parametrize(
    ("model", "api", "said"),
    [
        ("gpt-5.4-mni", None, "gpt-5.4-mni is not in the catalog; did you mean gpt-5.4-mini?"),
        ("zzzzzz", None, "zzzzzz is not in the catalog; docs/models.md lists those that are"),
        (
            "claude-opus-5",
            "responses",
            "claude-opus-5 is a model of anthropic, which does not speak responses",
        ),
        ("gemini-2.5-flash", None, "it is a model of gemini: add a table [providers.gemini]"),
    ],
)
def test_a_model_without_a_provider_is_said_with_what_to_do(model: str, api: Any, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        provider_of(model, api, PROVIDERS, CATALOG)
    assert said in caught.value.message
    assert caught.value.code == "model_unknown"

"""Requests of our own writing, for the tests of the decision."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from suffice.types import Candidate, ClientApi, Rates, Request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=16,
)
FINITE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=16,
)
"""What can be written as JSON."""
KEYS = [
    "messages",
    "input",
    "system",
    "instructions",
    "tools",
    "functions",
    "tool_choice",
    "response_format",
    "text",
    "n",
    "logprobs",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "reasoning_effort",
    "thinking",
    "previous_response_id",
    "parallel_tool_calls",
]
BODIES = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8)
APIS = st.sampled_from(["chat_completions", "responses", "messages", "embeddings"])

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}}},
    "required": ["city"],
}


def chat(question: str, *, system: str | None = None, model: str = "gpt-5.4", **more: Any) -> Request:
    """A chat completion with one question."""
    messages = [{"role": "user", "content": question}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    return request({"messages": messages, **more}, model=model)


def request(body: dict[str, Any], *, api: ClientApi = "chat_completions", model: str = "gpt-5.4") -> Request:
    """A request with this body."""
    provider = "anthropic" if api == "messages" else "openai"
    return Request(api=api, provider=provider, model=model, body={"model": model, **body})


def tool(name: str = "get_weather", schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A tool as chat completions offer it."""
    return {"type": "function", "function": {"name": name, "parameters": schema or SCHEMA}}


ABLE = frozenset(
    {
        "tools",
        "parallel_tools",
        "json_schema",
        "vision",
        "audio",
        "files",
        "reasoning",
        "logprobs",
        "multiple_choices",
    }
)


def candidate(model: str, tier: str, price: int, **more: Any) -> Candidate:
    """A model at this many dollars per million tokens in, six times that out."""
    fields: dict[str, Any] = {
        "provider": "openai",
        "rates": (Rates(input=price * 1_000_000, output=price * 6_000_000),),
        "context_tokens": 100_000,
        "max_output_tokens": 10_000,
        "capabilities": ABLE,
        **more,
    }
    return Candidate(model=model, tier=tier, **fields)  # type: ignore[arg-type] -- a tier by its name

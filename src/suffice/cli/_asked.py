"""A request from a file, as the proxy would have read it: which API it speaks, which provider it would go to."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from suffice.catalog import Catalog
from suffice.config import Provider
from suffice.errors import RequestError

Api = Literal["chat_completions", "responses", "messages"]

_BLOCKS = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking", "document"})


def read_body(raw: bytes, *, name: str, model: str | None) -> dict[str, Any]:
    """Returns the body of a request, with the model that it asks for.

    Args:
        raw: As it stands in the file.
        name: The file, for messages.
        model: In place of the one that the body names.

    Raises:
        RequestError: It is not JSON, no object, or nothing names a model.
    """
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestError(f"{name} is not JSON: {error}", code="unreadable_body") from error
    if not isinstance(body, dict):
        raise RequestError(f"{name} is no request: the body of one is a JSON object", code="unreadable_body")
    if model is not None:
        body["model"] = model
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise RequestError(f'{name} names no model: add "model" to it, or give --model', code="no_model")
    return body


def guess_api(body: Mapping[str, Any], *, anthropic: bool) -> Api:
    """Returns the API that a body is written for.

    Args:
        body: With its model.
        anthropic: Whether the model is one of an Anthropic-style provider: bodies without any sign are theirs then.

    >>> guess_api({"input": "Hi"}, anthropic=False), guess_api({"messages": [], "system": "Be kind."}, anthropic=False)
    ('responses', 'messages')
    """
    if "messages" not in body:
        return "responses"
    messages = body["messages"] if isinstance(body["messages"], list) else []
    parts = [
        part
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
        if isinstance(part, dict)
    ]
    tools = body["tools"] if isinstance(body.get("tools"), list) else []
    signs = (
        anthropic,
        "system" in body,
        any(part.get("type") in _BLOCKS for part in parts),
        any(isinstance(tool, dict) and "input_schema" in tool for tool in tools),
    )
    return "messages" if any(signs) else "chat_completions"


def provider_of(model: str, api: Api | None, providers: Mapping[str, Provider], catalog: Catalog) -> Provider:
    """Returns the provider that a model would be asked of: the default one of its API before others.

    Args:
        model: As the body names it.
        api: That the body is written for; `None` if that is still to be guessed.
        providers: All that are configured.
        catalog: Which provider has which models.

    Raises:
        RequestError: None of them has the model; says which are near, or what has it.
    """
    having = [providers[name] for name in catalog.providers_of(model) if name in providers]
    wire = None if api is None else "anthropic" if api == "messages" else "openai"
    speaking = [provider for provider in having if wire is None or provider.wire == wire]
    if speaking:
        return next((provider for provider in speaking if provider.default), speaking[0])
    if having:
        raise RequestError(
            f"{model} is a model of {having[0].name}, which does not speak {api}: leave --api out",
            code="model_unknown",
        )
    near = difflib.get_close_matches(model, catalog.names(), n=1)
    elsewhere = catalog.providers_of(model)
    if elsewhere:
        hint = f"it is a model of {elsewhere[0]}: add a table [providers.{elsewhere[0]}] to the configuration"
    elif near:
        hint = f"did you mean {near[0]}?"
    else:
        hint = "docs/models.md lists those that are. Such a request is forwarded and never routed"
    raise RequestError(f"{model} is not in the catalog; {hint}", code="model_unknown")

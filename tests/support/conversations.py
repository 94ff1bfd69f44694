"""One conversation, said in each of the three client APIs, for the tests of what is read of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from asks import request

from suffice.features import Features, read
from suffice.layers import LAYERS
from suffice.types import ClientApi, Request, Score

APIS: tuple[ClientApi, ...] = ("chat_completions", "responses", "messages")
Said = tuple[str, str]
"""Who speaks (system, user, assistant, call, result, error) and what."""


def said(api: ClientApi, turns: Sequence[Said], *, image: bool = False, **more: Any) -> Request:
    """A request with these turns, in one API's form; with `image` the last turn carries one."""
    make = {"chat_completions": _chat, "responses": _responses, "messages": _messages}[api]
    body = make(turns)
    if image:
        _attach(api, body)
    return request({**body, **more}, api=api, model="claude-opus-5" if api == "messages" else "gpt-5.4")


def tools(api: ClientApi, count: int) -> list[dict[str, Any]]:
    """So many tools with one parameter each."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    if api == "messages":
        return [{"name": f"t{number}", "input_schema": schema} for number in range(count)]
    if api == "responses":
        return [{"type": "function", "name": f"t{number}", "parameters": schema} for number in range(count)]
    return [
        {"type": "function", "function": {"name": f"t{number}", "parameters": schema}}
        for number in range(count)
    ]


def features_of(question: str, *, system: str | None = None, **more: Any) -> Features:
    """What is read of one question."""
    turns = [("user", question)] if system is None else [("system", system), ("user", question)]
    return read(said("chat_completions", turns, **more))


def scored(layer: str, question: str, *, system: str | None = None, **more: Any) -> Score:
    """A layer's score of one question."""
    return LAYERS[layer](features_of(question, system=system, **more))


def demand(layer: str, question: str, *, system: str | None = None, **more: Any) -> float:
    """A layer's demand for one question, which must not be an abstention."""
    found = scored(layer, question, system=system, **more).demand
    assert found is not None, f"{layer} abstains"
    return found


def _chat(turns: Sequence[Said]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for who, what in turns:
        if who == "call":
            call = {"id": "1", "type": "function", "function": {"name": "t0", "arguments": what}}
            messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        elif who in {"result", "error"}:
            text = f"Error: {what}" if who == "error" else what
            messages.append({"role": "tool", "tool_call_id": "1", "content": text})
        else:
            messages.append({"role": who, "content": what})
    return {"messages": messages}


def _responses(turns: Sequence[Said]) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    for who, what in turns:
        if who == "call":
            items.append({"type": "function_call", "call_id": "1", "name": "t0", "arguments": what})
        elif who in {"result", "error"}:
            text = f"Error: {what}" if who == "error" else what
            items.append({"type": "function_call_output", "call_id": "1", "output": text})
        elif who != "system":
            kind = "output_text" if who == "assistant" else "input_text"
            items.append({"role": who, "content": [{"type": kind, "text": what}]})
    return {"instructions": "\n".join(what for who, what in turns if who == "system"), "input": items}


def _messages(turns: Sequence[Said]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for who, what in turns:
        if who == "call":
            use = {"type": "tool_use", "id": "1", "name": "t0", "input": json.loads(what)}
            messages.append({"role": "assistant", "content": [use]})
        elif who in {"result", "error"}:
            part = {"type": "tool_result", "tool_use_id": "1", "content": what, "is_error": who == "error"}
            messages.append({"role": "user", "content": [part]})
        elif who != "system":
            messages.append({"role": who, "content": [{"type": "text", "text": what}]})
    return {"system": "\n".join(what for who, what in turns if who == "system"), "messages": messages}


def _attach(api: ClientApi, body: dict[str, Any]) -> None:
    parts = {
        "chat_completions": {"type": "image_url", "image_url": {"url": "data:,"}},
        "responses": {"type": "input_image", "image_url": "data:,"},
        "messages": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ""}},
    }
    last = body["input" if api == "responses" else "messages"][-1]
    text = {"type": "text", "text": last["content"]}
    parts_so_far = [text] if isinstance(last["content"], str) else last["content"]
    last["content"] = [*parts_so_far, parts[api]]

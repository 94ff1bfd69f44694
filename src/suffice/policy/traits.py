"""What of a request's messages and tools not every model takes as it stands: named, so that the table can speak of it.

A trait is looked for only where the candidate does not take it: most pairs of models look for none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_FILES = ("file", "input_file", "document")


def _messages(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    messages = body.get("messages", body.get("input"))
    if isinstance(messages, list):
        for message in messages:
            if isinstance(message, dict):
                yield message


def _tools(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    tools = body.get("tools")
    if isinstance(tools, list):
        for tool in tools:
            if isinstance(tool, dict):
                yield tool


def _developer(body: Mapping[str, Any]) -> bool:
    return any(message.get("role") == "developer" for message in _messages(body))


def _late_instructions(body: Mapping[str, Any]) -> bool:
    spoken = False
    for message in _messages(body):
        instructs = message.get("role") in ("system", "developer")
        if instructs and spoken:
            return True
        spoken = spoken or not instructs
    return False


def _names(body: Mapping[str, Any]) -> bool:
    return any(message.get("name") is not None for message in _messages(body))


def _begun_answer(body: Mapping[str, Any]) -> bool:
    messages = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    return isinstance(last, dict) and last.get("role") == "assistant"


def _tool_calls(body: Mapping[str, Any]) -> bool:
    return any(message.get("tool_calls") for message in _messages(body))


def _files(body: Mapping[str, Any]) -> bool:
    for message in _messages(body):
        content = message.get("content")
        if isinstance(content, list) and any(
            isinstance(part, dict) and part.get("type") in _FILES for part in content
        ):
            return True
    return False


def _strict_tools(body: Mapping[str, Any]) -> bool:
    for tool in _tools(body):
        function = tool.get("function")
        if tool.get("strict") is True or (isinstance(function, dict) and function.get("strict") is True):
            return True
    return False


def _custom_tools(body: Mapping[str, Any]) -> bool:
    choice = body.get("tool_choice")
    listed = isinstance(choice, dict) and choice.get("type") == "allowed_tools"
    return listed or any(tool.get("type") == "custom" and "input_schema" not in tool for tool in _tools(body))


TRAITS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "messages: developer role": _developer,
    "messages: instructions after others": _late_instructions,
    "messages: names": _names,
    "messages: begun answer": _begun_answer,
    "messages: tool calls": _tool_calls,
    "messages: files": _files,
    "tools: strict": _strict_tools,
    "tools: custom": _custom_tools,
}
"""Whether a body has it, by the name that the table of parameters calls it by. Never raises."""

"""Says a chat completion request in the words of OpenAI's Responses API or Anthropic's Messages API.

Text, images, tools, tool calls and their results, and structured output are converted, and the parameters
that both sides have. A parameter that the other API lacks (`seed`, `n`, `logprobs` ...) is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

Body = dict[str, Any]

_DEFAULT_MAX_TOKENS = 4096
_SHARED = ("model", "stream", "temperature", "top_p")
_RESPONSES_SHARED = (*_SHARED, "parallel_tool_calls", "metadata", "store", "service_tier", "user")
_MESSAGES_CHOICES = {"auto": "auto", "required": "any", "none": "none"}


def to_responses(chat: Mapping[str, Any]) -> Body:
    """Returns the request as a Responses API body; the system messages become its instructions."""
    messages = chat["messages"]
    body: Body = {name: chat[name] for name in _RESPONSES_SHARED if name in chat}
    if system := _system(messages):
        body["instructions"] = system
    body["input"] = [item for message in messages for item in _response_items(message)]
    if tools := chat.get("tools"):
        body["tools"] = [{"type": "function", "strict": False, **tool["function"]} for tool in tools]
    choice = chat.get("tool_choice")
    if choice is not None:
        body["tool_choice"] = (
            choice if isinstance(choice, str) else {"type": "function", **choice["function"]}
        )
    if limit := _max_tokens(chat):
        body["max_output_tokens"] = limit
    if effort := chat.get("reasoning_effort"):
        body["reasoning"] = {"effort": effort}
    if wanted := chat.get("response_format"):
        body["text"] = {"format": {"type": wanted["type"], **wanted.get("json_schema", {})}}
    return body


def to_messages(chat: Mapping[str, Any]) -> Body:
    """Returns the request as a Messages API body; it must have `max_tokens`, which is 4096 where unsaid."""
    messages = chat["messages"]
    body: Body = {name: chat[name] for name in _SHARED if name in chat}
    body["max_tokens"] = _max_tokens(chat) or _DEFAULT_MAX_TOKENS
    if system := _system(messages):
        body["system"] = system
    turns = [message for message in messages if message["role"] not in ("system", "developer")]
    body["messages"] = [
        {"role": role, "content": list(itertools.chain.from_iterable(map(_message_blocks, group)))}
        for role, group in _turns(turns)
    ]
    if tools := chat.get("tools"):
        body["tools"] = [_message_tool(tool["function"]) for tool in tools]
    choice = chat.get("tool_choice")
    if choice is not None:
        body["tool_choice"] = _message_choice(choice)
    if stop := chat.get("stop"):
        body["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    wanted = chat.get("response_format") or {}
    if schema := wanted.get("json_schema", {}).get("schema"):
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return body


def _system(messages: Iterable[Mapping[str, Any]]) -> str:
    spoken = [m for m in messages if m["role"] in ("system", "developer")]
    return "\n\n".join(part["text"] for message in spoken for part in _parts(message.get("content")))


def _parts(content: Any) -> list[Mapping[str, Any]]:
    """A message's content as a list of parts; empty text is none."""
    if content is None or content == "":
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _max_tokens(chat: Mapping[str, Any]) -> int | None:
    return chat.get("max_completion_tokens") or chat.get("max_tokens")


def _response_items(message: Mapping[str, Any]) -> list[Body]:
    role = message["role"]
    if role in ("system", "developer"):
        return []
    if role == "tool":
        output = "".join(part["text"] for part in _parts(message.get("content")))
        return [{"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}]
    content = [_response_part(role, part) for part in _parts(message.get("content"))]
    items: list[Body] = [{"type": "message", "role": role, "content": content}] if content else []
    calls = message.get("tool_calls") or []
    return items + [{"type": "function_call", "call_id": call["id"], **call["function"]} for call in calls]


def _response_part(role: str, part: Mapping[str, Any]) -> Body:
    if part["type"] == "image_url":
        return {"type": "input_image", "detail": "auto", "image_url": part["image_url"]["url"]}
    return {"type": "output_text" if role == "assistant" else "input_text", "text": part["text"]}


def _turns(messages: list[Mapping[str, Any]]) -> Iterable[tuple[str, list[Mapping[str, Any]]]]:
    """Messages by speaker; the results of one turn's tools are one message of the user's."""
    for is_result, group in itertools.groupby(messages, key=lambda message: message["role"] == "tool"):
        if is_result:
            yield "user", list(group)
        else:
            yield from ((message["role"], [message]) for message in group)


def _message_blocks(message: Mapping[str, Any]) -> list[Body]:
    if message["role"] == "tool":
        content = "".join(part["text"] for part in _parts(message.get("content")))
        return [{"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": content}]
    blocks = [_message_part(part) for part in _parts(message.get("content"))]
    for call in message.get("tool_calls") or []:
        given = msgspec.json.decode(call["function"]["arguments"])
        name = call["function"]["name"]
        blocks.append({"type": "tool_use", "id": call["id"], "name": name, "input": given})
    return blocks


def _message_part(part: Mapping[str, Any]) -> Body:
    if part["type"] != "image_url":
        return {"type": "text", "text": part["text"]}
    url = part["image_url"]["url"]
    if not url.startswith("data:"):
        return {"type": "image", "source": {"type": "url", "url": url}}
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def _message_tool(function: Mapping[str, Any]) -> Body:
    tool = {"name": function["name"], "input_schema": function.get("parameters", {"type": "object"})}
    if "description" in function:
        tool["description"] = function["description"]
    return tool


def _message_choice(choice: Any) -> Body:
    if isinstance(choice, str):
        return {"type": _MESSAGES_CHOICES[choice]}
    return {"type": "tool", "name": choice["function"]["name"]}

"""Turns a request into a rendered reply: the provider's judgement of it, and the recorded answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from suffice.testing.replay_upstream import chat_completions, embeddings, messages, responses
from suffice.testing.replay_upstream.answers import Answer, Recording
from suffice.testing.replay_upstream.ask import Ask
from suffice.testing.replay_upstream.errors import error_reply
from suffice.testing.replay_upstream.prompt_key import MalformedRequest, prompt_key
from suffice.testing.replay_upstream.reply import Reply, provider_headers, streamed, whole

API_OF_PATH: Mapping[str, str] = {
    "/v1/chat/completions": "chat_completions",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
    "/v1/embeddings": "embeddings",
}
_BODIES: Mapping[str, Callable[[Answer, Ask], bytes]] = {
    "chat_completions": chat_completions.body,
    "responses": responses.body,
    "messages": messages.body,
}
_EVENTS: Mapping[str, Callable[[Answer, Ask], Iterator[bytes]]] = {
    "chat_completions": chat_completions.events,
    "responses": responses.events,
    "messages": messages.events,
}
_NOT_JSON = "We could not parse the JSON body of your request."


class Library:
    """Answers requests from a recording.

    Args:
        recording: The recorded answers. Embeddings need none: every model and text has some.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def answer(self, api: str, raw: bytes, *, with_usage: bool = True) -> Reply:
        """Returns the reply to a request, which is an error where a provider would answer with one.

        Args:
            api: One of `API_OF_PATH`.
            raw: The request body.
            with_usage: False withholds the usage.
        """
        try:
            body = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return error_reply(api, 400, _NOT_JSON)
        if not isinstance(body, dict):
            return error_reply(api, 400, _NOT_JSON)
        model = body.get("model")
        if not isinstance(model, str) or not model:
            missing = "model: Field required" if api == "messages" else "you must provide a model parameter"
            return error_reply(api, 400, missing)
        try:
            reply = self._judge(api, Ask(body, with_usage), model)
        except MalformedRequest as error:
            reply = error_reply(api, 400, str(error))
        return msgspec.structs.replace(reply, model=model)

    def models(self, api: str) -> Reply:
        """Returns the list of recorded models, as the provider of the API lists its own."""
        listed = [_model_card(api, model) for model in self._recording.models]
        if api == "messages":
            ends = {"first_id": listed[0]["id"], "last_id": listed[-1]["id"]} if listed else {}
            page = {"data": listed, "has_more": False, "first_id": None, "last_id": None, **ends}
        else:
            page = {"object": "list", "data": listed}
        return whole(200, msgspec.json.encode(page), provider_headers(api, "0" * 40))

    def model(self, api: str, model: str) -> Reply:
        """Returns one recorded model's card, or the provider's 404."""
        if model not in self._recording.models:
            return _no_model(api, model)
        return whole(200, msgspec.json.encode(_model_card(api, model)), provider_headers(api, "0" * 40))

    def _judge(self, api: str, ask: Ask, model: str) -> Reply:
        if api == "embeddings":
            return whole(200, embeddings.body(ask.body), provider_headers(api, "0" * 40))
        if api == "messages" and not isinstance(ask.body.get("max_tokens"), int):
            return error_reply(api, 400, "max_tokens: Field required")
        key = prompt_key(api, ask.body)
        answer = self._recording.find(key, model)
        if answer is None:
            return _no_model(api, model) if self._recording.knows(key) else _no_prompt(api)
        headers = provider_headers(api, answer.seed)
        if ask.stream:
            return streamed(tuple(_EVENTS[api](answer, ask)), headers)
        return whole(200, _BODIES[api](answer, ask), headers)


def _no_prompt(api: str) -> Reply:
    message = "This prompt is not among the recorded ones, so there is no answer to replay."
    return error_reply(api, 404, message, code="unknown_prompt")


def _no_model(api: str, model: str) -> Reply:
    message = f"The model `{model}` does not exist or you do not have access to it."
    if api == "messages":
        message = f"model: {model}"
    return error_reply(api, 404, message, code="model_not_found")


def _model_card(api: str, model: str) -> dict[str, Any]:
    if api == "messages":
        return {"type": "model", "id": model, "display_name": model, "created_at": "2026-01-01T00:00:00Z"}
    owner = "anthropic" if model.startswith("claude") else "openai"
    return {"id": model, "object": "model", "created": 1767225600, "owned_by": owner}

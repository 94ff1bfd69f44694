from __future__ import annotations

from logs import ASKED_CLAUDE, CHAT, MESSAGE, anthropic
from reading import one_call, read_all

from suffice.evidence.importers import IMPORTERS


def test_a_pair_speaks_the_messages_api() -> None:
    call = one_call("anthropic", *anthropic())
    assert (call.api, call.model, call.source) == ("messages", "claude-haiku-4-5", "anthropic")
    assert (call.id, call.feature) == (MESSAGE["id"], "triage")
    assert (call.request, call.response) == (ASKED_CLAUDE, MESSAGE)


def test_an_error_for_an_answer_is_a_failed_call() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert read_all("anthropic", [{"request": ASKED_CLAUDE, "response": error}]) == ["skipped failed_call"]


def test_tools_and_blocks_tell_the_api_without_a_response() -> None:
    request = {"model": "own", "messages": [{"role": "user", "content": "Hi"}]}
    with_tool = {**request, "tools": [{"name": "a", "input_schema": {"type": "object"}}]}
    with_block = {
        **request,
        "messages": [{"role": "user", "content": [{"type": "tool_result", "content": "x"}]}],
    }
    recognises = IMPORTERS["anthropic"].recognises
    assert recognises({"request": with_tool})
    assert recognises({"request": with_block})
    assert not recognises({"request": request})
    assert not recognises({"request": CHAT})

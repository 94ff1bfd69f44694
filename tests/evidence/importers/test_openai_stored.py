from __future__ import annotations

from logs import ASKED, CHAT, COMPLETION, openai_stored
from reading import one_call, read_all


def test_a_completion_and_its_messages_are_joined_in_any_order() -> None:
    completions, messages, _ = openai_stored()
    call = one_call("openai-stored", messages, completions)
    assert call == one_call("openai-stored", completions, messages)
    assert call.request == {
        **CHAT,
        "model": COMPLETION["model"],
        "temperature": 0.0,
        "metadata": {"feature": "triage"},
    }
    assert call.request["messages"] == ASKED
    assert (call.id, call.feature) == (COMPLETION["id"], "triage")
    assert call.response is not None
    assert call.response["choices"] == COMPLETION["choices"]


def test_a_completion_with_its_messages_inside_is_whole() -> None:
    whole = openai_stored()[2]
    assert one_call("openai-stored", whole).request["messages"] == ASKED
    renamed = {("input" if name == "messages" else name): value for name, value in whole.items()}
    assert one_call("openai-stored", renamed).request["messages"] == ASKED


def test_messages_of_parts_keep_them() -> None:
    completions, messages, _ = openai_stored()
    parts = [{"type": "text", "text": "Hi"}]
    stored = {**messages, "data": [{**messages["data"][0], "content_parts": parts}]}
    assert one_call("openai-stored", completions, stored).request["messages"][0]["content"] == parts


def test_one_side_alone_is_no_call() -> None:
    completions, messages, _ = openai_stored()
    assert read_all("openai-stored", [completions]) == ["skipped no_content"]
    (said,) = read_all("openai-stored", [messages])
    assert isinstance(said, str)
    assert said.startswith("rejected no_completion:")
    assert read_all("openai-stored", [{"object": "list", "data": [7]}]) == ["rejected no_completion"]

from __future__ import annotations

from suffice.evidence.importers._genai_messages import content_of


def test_a_tool_call_and_its_result_become_messages_of_a_chat() -> None:
    found = content_of(
        {
            "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
            "gen_ai.input.messages": [
                {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]},
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "reasoning", "content": "A tool knows."},
                        {
                            "type": "tool_call",
                            "id": "c1",
                            "name": "get_weather",
                            "arguments": {"city": "Paris"},
                        },
                    ],
                },
                {
                    "role": "tool",
                    "parts": [
                        {"type": "tool_call_response", "id": "c1", "response": {"rain": True}},
                        {"type": "tool_call_response", "id": "c2", "result": "dry"},
                    ],
                },
            ],
            "gen_ai.output.messages": [
                {
                    "role": "assistant",
                    "parts": [{"type": "tool_call", "id": "c3", "name": "a"}],
                    "finish_reason": "tool_call",
                }
            ],
            "gen_ai.tool.definitions": [
                {"type": "function", "name": "get_weather", "description": "Tells it."}
            ],
        },
        [],
    )
    function = {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert found.messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Paris?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": '{"rain":true}'},
        {"role": "tool", "tool_call_id": "c2", "content": "dry"},
    ]
    assert found.choices[0]["finish_reason"] == "tool_calls"
    assert found.choices[0]["message"]["tool_calls"][0]["function"] == {"name": "a", "arguments": "{}"}
    assert found.tools == [
        {"type": "function", "function": {"name": "get_weather", "description": "Tells it."}}
    ]


def test_images_and_files_become_parts() -> None:
    parts = [
        {"type": "text", "content": "What is this?"},
        {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
        {"type": "blob", "modality": "image", "mime_type": "image/gif", "content": "aGk="},
        {"type": "file", "file_id": "f-1"},
        {"type": "blob", "modality": "audio", "content": "aGk="},
    ]
    (message,) = content_of({"gen_ai.input.messages": [{"role": "user", "parts": parts}]}, []).messages
    assert [part["type"] for part in message["content"]] == ["text", "image_url", "image_url", "file", "blob"]
    assert message["content"][2]["image_url"]["url"] == "data:image/gif;base64,aGk="


def test_tool_calls_of_flat_attributes_are_read() -> None:
    found = content_of(
        {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": '[{"type": "text", "text": "Hi"}]',
            "gen_ai.prompt.1.role": "tool",
            "gen_ai.prompt.1.content": "dry",
            "gen_ai.prompt.1.tool_call_id": "c1",
            "gen_ai.completion.0.tool_calls.0.id": "c2",
            "gen_ai.completion.0.tool_calls.0.name": "a",
            "gen_ai.completion.0.tool_calls.0.arguments": "{}",
        },
        [],
    )
    assert found.messages[0]["content"] == [{"type": "text", "text": "Hi"}]
    assert found.messages[1] == {"role": "tool", "content": "dry", "tool_call_id": "c1"}
    assert found.choices[0]["message"]["tool_calls"][0]["id"] == "c2"


def test_an_event_with_its_content_in_an_attribute_is_read() -> None:
    event = {
        "name": "gen_ai.user.message",
        "body": None,
        "attributes": {"gen_ai.event.content": '{"role": "user", "content": "Hi"}'},
    }
    assert content_of({}, [event]).messages == [{"role": "user", "content": "Hi"}]


def test_nothing_recorded_is_nothing() -> None:
    assert content_of({"gen_ai.system_instructions": "Be brief."}, []).messages == []

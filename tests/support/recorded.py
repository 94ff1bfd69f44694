"""A handful of recorded answers of our own writing, in the format that the replay upstream serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MODELS = ("gpt-5.4", "gpt-5.4-mini", "claude-opus-5", "claude-haiku-4-5")

# One white pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=="

HELLO = "Say hello in three languages, please."
SENTIMENT = 'Is this review positive or negative? "The kettle boils fast and looks lovely."'
INVOICE = "Give the invoice number and the total of: Invoice A-17, two lamps at 20.00 EUR, total 40.00 EUR."
WEATHER = "What is the weather in Oslo today?"
PICTURE = "What colour is this picture?"
LONG = "Tell a story about a lighthouse."

WEATHER_TOOL = {
    "name": "get_weather",
    "description": "The weather of a city today.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

TEXTS = {
    HELLO: "Hello! Bonjour! Guten Tag!",
    SENTIMENT: "positive",
    INVOICE: '{"number":"A-17","total":40.0}',
    LONG: "The lamp turned, and the sea answered. " * 60,
}


def write_answers(folder: Path) -> Path:
    """Writes `week.jsonl` and `answers.jsonl` and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    week, answers = [], []
    for number, (prompt, text) in enumerate(TEXTS.items()):
        messages = [{"role": "user", "content": prompt}]
        week.append(_line(number, {"messages": messages}, {"role": "assistant", "content": text}))
    call = {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_0",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
            }
        ],
    }
    weather = [{"role": "user", "content": WEATHER}]
    week.append(
        _line(100, {"messages": weather, "tools": [{"type": "function", "function": WEATHER_TOOL}]}, call)
    )
    picture = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": PICTURE},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            ],
        }
    ]
    week.append(_line(101, {"messages": picture}, {"role": "assistant", "content": "White."}))
    for line in week:
        message = line["response"]["choices"][0]["message"]
        answers += [
            {
                "request_id": line["id"],
                "model": model,
                "message": json.dumps(message),
                "input_tokens": 40,
                "output_tokens": 12,
                "tokens_source": "reported",
                "score": 1.0,
            }
            for model in MODELS
        ]
    _write(folder / "week.jsonl", week)
    _write(folder / "answers.jsonl", answers)
    return folder


def _line(number: int, request: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": f"req_{number}",
        "timestamp": f"2026-03-09T00:00:{number % 60:02d}+00:00",
        "feature": "tests",
        "task": "tests",
        "request": {"model": MODELS[0], **request},
        "response": {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 1773014400 + number,
            "model": MODELS[0],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52},
        },
        "expected": None,
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

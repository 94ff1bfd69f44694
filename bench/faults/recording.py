"""What the provider of this benchmark answers: two prompts, of our own writing, for every model that is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BASELINE, CHEAPER = "gpt-5.4", "gpt-5.4-nano"
MODELS = (
    "gpt-5.4",
    "gpt-5.4-mini",
    "gpt-5.4-nano",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-4o-mini",
    "gpt-4.1-nano",
)
LABEL = 'Is this review positive or negative? Answer with one word. "The kettle boils fast and looks lovely."'
STORY = "Is this story happy or sad? Answer with the word, and repeat it. Then the sea answered, and all was well."
TEXTS = {LABEL: "positive", STORY: "happy " * 40}


def write(folder: Path) -> Path:
    """Writes the recording; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    week, answers = [], []
    for number, (prompt, text) in enumerate(TEXTS.items()):
        message = {"role": "assistant", "content": text}
        week.append(_line(number, prompt, message))
        answers += [
            {
                "request_id": f"req_{number}",
                "model": model,
                "message": json.dumps(message),
                "input_tokens": 40,
                "output_tokens": 12,
                "tokens_source": "reported",
                "score": 1.0,
            }
            for model in MODELS
        ]
    for name, rows in (("week.jsonl", week), ("answers.jsonl", answers)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def _line(number: int, prompt: str, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"req_{number}",
        "timestamp": f"2026-03-09T00:00:{number:02d}+00:00",
        "feature": "faults",
        "task": "faults",
        "request": {"model": BASELINE, "messages": [{"role": "user", "content": prompt}]},
        "response": {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 1773014400 + number,
            "model": BASELINE,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52},
        },
        "expected": None,
    }

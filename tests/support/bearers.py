"""Requests that each have one trait of messages and tools, for the tests of adaptation."""

from __future__ import annotations

from typing import Any

USER = {"role": "user", "content": "hello"}
STRICT = {"type": "function", "function": {"name": "f", "strict": True}}

BEARERS: dict[str, dict[str, Any]] = {
    "messages: developer role": {"messages": [{"role": "developer", "content": "be brief"}, USER]},
    "messages: instructions after others": {"messages": [USER, {"role": "system", "content": "be brief"}]},
    "messages: names": {"messages": [{**USER, "name": "ann"}]},
    "messages: begun answer": {"messages": [USER, {"role": "assistant", "content": "The answer is"}]},
    "messages: tool calls": {
        "messages": [
            USER,
            {"role": "assistant", "tool_calls": [{"id": "1"}]},
            {"role": "tool", "content": "2"},
        ]
    },
    "messages: files": {
        "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]
    },
    "tools: strict": {"messages": [USER], "tools": [STRICT]},
    "tools: custom": {"messages": [USER], "tools": [{"type": "custom", "name": "f"}]},
}
"""A body that has each trait and no other."""

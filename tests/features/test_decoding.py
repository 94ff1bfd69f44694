from __future__ import annotations

from typing import Any

import pytest
from asks import JSON
from hypothesis import given

from suffice.features.decoding import Decoding, decoding_of


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"reasoning_effort": "high"}, Decoding(effort="high")),
        ({"reasoning": {"effort": "minimal"}}, Decoding(effort="minimal")),
        ({"output_config": {"effort": "max"}}, Decoding(effort="xhigh")),
        ({"thinking": {"type": "enabled", "budget_tokens": 2_000}}, Decoding(thinking_tokens=2_000)),
        ({"thinking": {"type": "disabled"}}, Decoding(thinking_tokens=0)),
        ({"temperature": 0}, Decoding(temperature=0.0)),
        ({"temperature": 7}, Decoding()),
        ({"temperature": True}, Decoding()),
        ({"stop": "\n"}, Decoding(stops=1)),
        ({"stop_sequences": ["a", "b", 3]}, Decoding(stops=2)),
        ({"verbosity": "low"}, Decoding(verbosity="low")),
        ({"text": {"verbosity": "high"}}, Decoding(verbosity="high")),
        ({"reasoning_effort": "enormous"}, Decoding()),
    ],
)
def test_every_apis_form_is_read(body: dict[str, Any], expected: Decoding) -> None:
    assert decoding_of(body) == expected


@given(JSON, JSON, JSON, JSON)
def test_garbage_says_nothing_or_something_allowed(effort: Any, thinking: Any, heat: Any, stop: Any) -> None:
    found = decoding_of({"reasoning": effort, "thinking": thinking, "temperature": heat, "stop": stop})
    assert found.thinking_tokens is None or found.thinking_tokens >= 0
    assert found.temperature is None or 0 <= found.temperature <= 2
    assert found.stops <= 16

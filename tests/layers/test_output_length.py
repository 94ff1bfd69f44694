from __future__ import annotations

from typing import Any

import pytest
from asks import chat

from suffice.features import read
from suffice.layers.output_length import expected_tokens, score

SMALL = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}


@pytest.mark.parametrize(
    ("question", "more", "tokens"),
    [
        ("Write 2,000 words about tea.", {}, 2_703),
        ("At most 120 characters, please.", {}, 30),
        ("Answer in 500 tokens.", {}, 500),
        ("Answer in one sentence.", {}, 40),
        ("Explain in detail.", {}, 1_500),
        ("Hi", {"max_tokens": 200}, 200),
        ("Hi", {"response_format": {"type": "json_schema", "json_schema": {"schema": SMALL}}}, 30),
    ],
)
def test_what_says_how_long_the_answer_is(question: str, more: dict[str, Any], tokens: int) -> None:
    expected = expected_tokens(read(chat(question, **more)))
    assert expected is not None
    assert expected[0] == pytest.approx(tokens, abs=1)


def test_a_high_limit_says_nothing() -> None:
    assert expected_tokens(read(chat("Hi", max_tokens=16_000))) is None
    assert score(read(chat("Hi"))).demand is None


def test_demand_runs_from_short_to_long() -> None:
    short, long = score(read(chat("Briefly."))), score(read(chat("Write 5,000 words.")))
    assert (short.demand, long.demand) == (0.0, 1.0)

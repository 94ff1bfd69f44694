from __future__ import annotations

from typing import Any

import pytest
from asks import ABLE, SCHEMA, candidate, chat, request, tool

from suffice.features import Features, read
from suffice.policy.constraints import needs_of, veto
from suffice.types import Candidate

IMAGE = [{"type": "image_url", "image_url": {"url": "data:,"}}]
STRICT = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}


def vetoed(features: Features, able: Candidate) -> str | None:
    return veto(features, needs_of(features), able)


@pytest.mark.parametrize(
    ("body", "capability"),
    [
        ({"tools": [tool()]}, "tools"),
        ({"parallel_tool_calls": True}, "parallel_tools"),
        ({"response_format": STRICT}, "json_schema"),
        ({"messages": [{"role": "user", "content": IMAGE}]}, "vision"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "audio"),
        ({"messages": [{"role": "user", "content": [{"type": "file"}]}]}, "files"),
        ({"reasoning_effort": "high"}, "reasoning"),
        ({"logprobs": True}, "logprobs"),
        ({"n": 2}, "multiple_choices"),
    ],
)
def test_a_candidate_must_be_able_to_do_what_is_asked(body: dict[str, Any], capability: str) -> None:
    features = read(request({"messages": [{"role": "user", "content": "Hi"}], **body}))
    unable = candidate("small", "nano", 1, capabilities=ABLE - {capability})
    assert vetoed(features, unable) == f"no_{capability}"
    assert vetoed(features, candidate("small", "nano", 1)) is None


def test_state_and_hosted_tools_exclude_everyone_else() -> None:
    able = candidate("small", "nano", 1)
    assert (
        vetoed(read(request({"input": "Hi", "previous_response_id": "r"}, api="responses")), able) == "pinned"
    )
    assert vetoed(read(chat("Hi", tools=[{"type": "web_search"}])), able) == "hosted_tools"


def test_the_prompt_and_the_answer_must_fit() -> None:
    small = candidate("small", "nano", 1, context_tokens=1_000, max_output_tokens=500)
    assert vetoed(read(chat("word " * 1_200)), small) == "context"
    assert vetoed(read(chat("Hi", max_tokens=600)), small) == "output_limit"
    assert vetoed(read(chat("Hi", max_tokens=400)), small) is None
    assert vetoed(read(chat("word " * 1_200)), candidate("any", "nano", 1, context_tokens=None)) is None

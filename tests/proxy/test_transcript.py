from __future__ import annotations

import json
from typing import Any, cast

import pytest
from asks import JSON
from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.usage import read_usage
from suffice.proxy.transcript import MAX_KEPT_BYTES, Envelope, Transcript
from suffice.proxy.wire import responses
from suffice.types import ClientApi

_COUNTS = st.integers(-2, 30) | st.none()
_DETAILS = st.dictionaries(
    st.sampled_from(["cached_tokens", "reasoning_tokens", "audio_tokens"]), _COUNTS | JSON
)
_USAGE = st.dictionaries(
    st.sampled_from(["prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens"]),
    _COUNTS | st.floats(0, 9),
) | st.fixed_dictionaries(
    {"prompt_tokens": st.integers(0, 30), "completion_tokens": st.integers(0, 30)},
    optional={
        "total_tokens": _COUNTS,
        "cached_tokens": _COUNTS,
        "prompt_cache_hit_tokens": _COUNTS,
        "prompt_tokens_details": _DETAILS | JSON,
        "completion_tokens_details": _DETAILS | JSON,
    },
)


def test_a_whole_answer_says_who_served_and_what_it_took() -> None:
    transcript = Transcript("chat_completions")
    transcript.take_json(
        b'{"model":"m-1","service_tier":"flex","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},'
        b'"choices":[{"message":{"content":"x"}}]}'
    )
    usage = transcript.settled_usage(99, streamed=False)
    assert transcript.model == "m-1"
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.service_tier) == (3, 2, "flex")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"usage":7,"model":[]}', b'{"usage":{}}'])
def test_an_answer_that_says_nothing_leaves_usage_unknown(body: bytes) -> None:
    transcript = Transcript("chat_completions")
    transcript.take_json(body)
    assert transcript.settled_usage(99, streamed=False) is None
    assert transcript.model is None


@given(st.sampled_from(["chat_completions", "responses", "messages", "embeddings"]), _USAGE | JSON)
def test_a_whole_answers_usage_is_read_as_any_report_is(api: str, reported: Any) -> None:
    known = cast("ClientApi", api)
    transcript = Transcript(known)
    transcript.take_json(json.dumps({"model": "m-1", "service_tier": "flex", "usage": reported}).encode())
    assert transcript.settled_usage(99, streamed=False) == read_usage(known, reported, service_tier="flex")
    assert transcript.model == "m-1"


def test_text_is_kept_to_a_bound_and_extrapolated_beyond() -> None:
    short, long = Transcript("chat_completions"), Transcript("chat_completions")
    piece = b'data: {"delta":{"content":"' + b"word " * 2000 + b'"}}\n\n'
    for _ in range(10):
        short.keep(piece)
    for _ in range(2 * MAX_KEPT_BYTES // 10_000):
        long.keep(piece)
    few = short.settled_usage(1, streamed=True)
    many = long.settled_usage(1, streamed=True)
    assert few is not None
    assert many is not None
    ratio = many.output_tokens / few.output_tokens
    assert ratio == pytest.approx(2 * MAX_KEPT_BYTES // 10_000 / 10, rel=0.2)


def test_nothing_to_estimate_from_is_unknown_not_zero() -> None:
    assert Transcript("messages").settled_usage(None, streamed=True) is None


def test_later_counts_replace_earlier_ones() -> None:
    transcript = Transcript("messages")
    transcript.take(Envelope(model="c", usage={"input_tokens": 5, "output_tokens": 1}), complete=False)
    transcript.take(Envelope(usage={"input_tokens": None, "output_tokens": 30}))
    usage = transcript.settled_usage(None, streamed=True)
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.source) == (5, 30, "reported")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("tools", "searches", "tier"),
    [
        ([], 0, "default"),
        (["web_search", "web_search"], 2, "default"),
        (["file_search", "web_search", "code_interpreter"], 1, "default+code_interpreter+file_search"),
    ],
)
def test_tools_that_the_provider_runs_and_bills_by_the_piece_are_counted(
    streamed: bool, tools: list[str], searches: int, tier: str
) -> None:
    said = {"type": "message", "content": [{"type": "output_text", "text": '"type":"web_search_call"'}]}
    response = {
        "model": "m-1",
        "service_tier": "default",
        "tools": [{"type": "web_search"}],
        "output": [*({"type": f"{tool}_call", "status": "completed"} for tool in tools), said],
        "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
    }
    transcript = Transcript("responses")
    if streamed:
        event = json.dumps({"type": "response.completed", "response": response})
        responses.see(f"event: response.completed\ndata: {event}\n\n".encode(), transcript, False)
    else:
        transcript.take_json(json.dumps(response).encode())
    usage = transcript.settled_usage(None, streamed=streamed)
    assert usage is not None
    assert (usage.input_tokens, usage.web_searches, usage.service_tier) == (3, searches, tier)


@pytest.mark.parametrize(
    ("tool", "searches", "tier"),
    [("web_search", 1, None), ("web_search_preview", 0, "default+web_search_preview")],
)
def test_pages_that_are_opened_are_no_searches_and_the_earlier_tool_has_its_own_prices(
    tool: str, searches: int, tier: str | None
) -> None:
    actions = [{"type": "search", "query": "tea"}, {"type": "open_page"}, {"type": "find_in_page"}]
    response = {
        "tools": [{"type": tool}],
        "output": [
            {"type": "web_search_call", "status": "completed", "action": action} for action in actions
        ],
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    transcript = Transcript("responses")
    transcript.take_json(json.dumps(response).encode())
    usage = transcript.settled_usage(None, streamed=False)
    assert usage is not None
    assert (usage.web_searches, usage.service_tier) == (searches, tier)

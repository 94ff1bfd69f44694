"""The anthropic SDK against the proxy, unmodified but for its base URL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import anthropic
import pytest
from live import LiveProxy

from recorded import HELLO, LONG, PICTURE, PNG, TEXTS, WEATHER, WEATHER_TOOL
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

Entries = Callable[[int], list[Entry]]
MODEL = "claude-haiku-4-5"
TOOLS = [
    {
        "name": WEATHER_TOOL["name"],
        "description": WEATHER_TOOL["description"],
        "input_schema": WEATHER_TOOL["parameters"],
    }
]


@pytest.fixture
def client(proxy: LiveProxy, feature: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=proxy.url, api_key="test-key", default_headers={"x-suffice-feature": feature}, max_retries=0
    ) as client:
        yield client


@pytest.fixture
def direct(upstream: ReplayUpstream) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=upstream.url, api_key="test-key", max_retries=0) as client:
        yield client


def ask(prompt: str) -> dict[str, object]:
    return {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": prompt}]}


def test_text(client: anthropic.Anthropic, direct: anthropic.Anthropic, entries: Entries) -> None:
    answer = client.messages.with_raw_response.create(**ask(HELLO))
    same = direct.messages.with_raw_response.create(**ask(HELLO))
    assert answer.http_response.content == same.http_response.content
    assert answer.headers["request-id"] == same.headers["request-id"]
    (entry,) = entries(1)
    assert entry.outcome.provider == "anthropic"
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.output_tokens == answer.parse().usage.output_tokens
    assert entry.cost.grade == "measured"


def test_streamed_text(client: anthropic.Anthropic, direct: anthropic.Anthropic, entries: Entries) -> None:
    with client.messages.stream(**ask(HELLO)) as events, direct.messages.stream(**ask(HELLO)) as same:
        assert [event.to_json() for event in events] == [event.to_json() for event in same]
        assert events.get_final_text() == TEXTS[HELLO]
        usage = events.get_final_message().usage
    (entry,) = entries(1)
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.source == "reported"
    assert entry.outcome.usage.output_tokens == usage.output_tokens


@pytest.mark.parametrize("stream", [True, False])
def test_tools(client: anthropic.Anthropic, entries: Entries, stream: bool) -> None:
    if stream:
        with client.messages.stream(**ask(WEATHER), tools=TOOLS) as events:
            answer = events.get_final_message()
    else:
        answer = client.messages.create(**ask(WEATHER), tools=TOOLS)
    (use,) = [block for block in answer.content if block.type == "tool_use"]
    assert (use.name, use.input) == ("get_weather", {"city": "Oslo"})
    assert answer.stop_reason == "tool_use"
    entries(1)


def test_an_image_in_the_body(client: anthropic.Anthropic, entries: Entries) -> None:
    content = [
        {"type": "text", "text": PICTURE},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ]
    answer = client.messages.create(
        model=MODEL, max_tokens=50, messages=[{"role": "user", "content": content}]
    )
    assert answer.content[0].text == "White."
    entries(1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("429", anthropic.RateLimitError), ("529", anthropic.InternalServerError)],
)
def test_the_sdk_retries_as_often_as_it_was_told(
    client: anthropic.Anthropic, entries: Entries, fault: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.with_options(max_retries=1).messages.create(
            **ask(HELLO), extra_headers={"x-replay-fault": fault}
        )
    assert [entry.outcome.status for entry in entries(2)] == [int(fault)] * 2


def test_an_error_of_the_provider_is_the_sdks_own_exception(
    client: anthropic.Anthropic, entries: Entries
) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.messages.create(**ask("Nobody recorded this."))
    assert caught.value.body["error"]["type"] == "not_found_error"
    entries(1)


def test_a_client_that_leaves_a_stream_is_settled_with_an_estimate(
    client: anthropic.Anthropic, upstream: ReplayUpstream, entries: Entries
) -> None:
    before = len([served for served in upstream.served if served.disconnected])
    with client.messages.stream(**ask(LONG), extra_headers={"x-replay-fault": "latency-chunk:50"}) as events:
        for _ in zip(range(8), events, strict=False):
            pass
    left = time.monotonic()
    while len([served for served in upstream.served if served.disconnected]) == before:
        assert time.monotonic() - left < 2, "the upstream call went on"
        time.sleep(0.02)
    (entry,) = entries(1)
    assert entry.outcome.ending == "client_left"
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.source == "estimated"
    assert entry.outcome.usage.input_tokens == 40


def test_a_body_that_is_too_large_is_an_error_that_the_sdk_understands(
    client: anthropic.Anthropic, entries: Entries
) -> None:
    with pytest.raises(anthropic.RequestTooLargeError, match="larger than 32 MiB"):
        client.messages.create(**ask("x" * (33 * 1024 * 1024)))
    (entry,) = entries(1)
    assert (entry.outcome.ending, entry.outcome.status) == ("refused", 413)

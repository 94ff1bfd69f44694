"""The openai SDK against the proxy, unmodified but for its base URL."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import openai
import pydantic
import pytest
from live import LiveProxy

from recorded import HELLO, INVOICE, LONG, PICTURE, PNG, SENTIMENT, TEXTS, WEATHER, WEATHER_TOOL
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

Entries = Callable[[int], list[Entry]]
MODEL = "gpt-5.4"
TOOLS = [{"type": "function", "function": WEATHER_TOOL}]


@pytest.fixture
def client(proxy: LiveProxy, feature: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{proxy.url}/v1",
        api_key="test-key",
        default_headers={"x-suffice-feature": feature},
        max_retries=0,
    ) as client:
        yield client


@pytest.fixture
def direct(upstream: ReplayUpstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="test-key", max_retries=0) as client:
        yield client


def ask(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def test_text(client: openai.OpenAI, direct: openai.OpenAI, entries: Entries) -> None:
    answer = client.chat.completions.with_raw_response.create(model=MODEL, messages=ask(HELLO))
    same = direct.chat.completions.with_raw_response.create(model=MODEL, messages=ask(HELLO))
    assert answer.content == same.content
    assert answer.headers["x-suffice-model"] == MODEL
    assert answer.headers["x-suffice-reason"]
    assert answer.headers["x-request-id"] == same.headers["x-request-id"]
    assert "x-ratelimit-remaining-requests" in answer.headers
    (entry,) = entries(1)
    assert entry.outcome.id == answer.headers["x-suffice-decision"]
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.output_tokens == answer.parse().usage.completion_tokens
    assert entry.cost.grade == "measured"
    assert entry.cost.nanos == 40 * 2_500 + 12 * 15_000


@pytest.mark.parametrize("asked", [True, False])
def test_streamed_text(client: openai.OpenAI, direct: openai.OpenAI, entries: Entries, asked: bool) -> None:
    options = {"stream_options": {"include_usage": True}} if asked else {}
    chunks = list(client.chat.completions.create(model=MODEL, messages=ask(HELLO), stream=True, **options))
    same = list(direct.chat.completions.create(model=MODEL, messages=ask(HELLO), stream=True, **options))
    assert [chunk.to_json() for chunk in chunks] == [chunk.to_json() for chunk in same]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == TEXTS[HELLO]
    assert (chunks[-1].usage is not None) == asked
    (entry,) = entries(1)
    assert entry.outcome.ending == "complete"
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.source == "reported"


@pytest.mark.parametrize("stream", [True, False])
def test_tools(client: openai.OpenAI, entries: Entries, stream: bool) -> None:
    if stream:
        with client.chat.completions.stream(model=MODEL, messages=ask(WEATHER), tools=TOOLS) as events:
            answer = events.get_final_completion()
    else:
        answer = client.chat.completions.create(model=MODEL, messages=ask(WEATHER), tools=TOOLS)
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    assert answer.choices[0].finish_reason == "tool_calls"
    (entry,) = entries(1)
    assert entry.outcome.usage is not None


def test_structured_output(client: openai.OpenAI, entries: Entries) -> None:
    class Invoice(pydantic.BaseModel):
        number: str
        total: float

    answer = client.chat.completions.parse(model=MODEL, messages=ask(INVOICE), response_format=Invoice)
    assert answer.choices[0].message.parsed == Invoice(number="A-17", total=40.0)
    (entry,) = entries(1)
    assert "output_contract" in entry.outcome.demands


def test_an_image_in_the_body(client: openai.OpenAI, entries: Entries) -> None:
    content = [
        {"type": "text", "text": PICTURE},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
    assert answer.choices[0].message.content == "White."
    entries(1)


@pytest.mark.parametrize("stream", [True, False])
def test_the_responses_api(client: openai.OpenAI, entries: Entries, stream: bool) -> None:
    if stream:
        with client.responses.stream(model=MODEL, input=HELLO) as events:
            answer = events.until_done().get_final_response()
    else:
        answer = client.responses.create(model=MODEL, input=HELLO)
    assert answer.output_text == TEXTS[HELLO]
    (entry,) = entries(1)
    assert entry.outcome.api == "responses"
    assert entry.outcome.stream == stream
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.output_tokens == answer.usage.output_tokens


def test_responses_with_tools(client: openai.OpenAI, entries: Entries) -> None:
    answer = client.responses.create(
        model=MODEL, input=ask(WEATHER), tools=[{"type": "function", "strict": False, **WEATHER_TOOL}]
    )
    (call,) = [item for item in answer.output if item.type == "function_call"]
    assert json.loads(call.arguments) == {"city": "Oslo"}
    entries(1)


def test_embeddings(client: openai.OpenAI, entries: Entries) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"])
    assert len(answer.data) == 2
    (entry,) = entries(1)
    assert entry.outcome.api == "embeddings"
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.input_tokens == answer.usage.prompt_tokens


def test_models(client: openai.OpenAI) -> None:
    assert MODEL in {model.id for model in client.models.list()}


def test_an_error_of_the_provider_is_the_sdks_own_exception(client: openai.OpenAI, entries: Entries) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model=MODEL, messages=ask("Nobody recorded this."))
    assert caught.value.body["message"]
    (entry,) = entries(1)
    assert (entry.outcome.status, entry.cost.grade, entry.cost.nanos) == (404, "not_billed", 0)


@pytest.mark.parametrize(
    ("fault", "error"), [("429", openai.RateLimitError), ("500", openai.InternalServerError)]
)
def test_the_sdk_retries_as_often_as_it_was_told(
    client: openai.OpenAI, entries: Entries, fault: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.with_options(max_retries=2).chat.completions.create(
            model=MODEL, messages=ask(HELLO), extra_headers={"x-replay-fault": fault}
        )
    assert [entry.outcome.status for entry in entries(3)] == [int(fault)] * 3


def test_a_timeout_of_the_client_is_settled(client: openai.OpenAI, entries: Entries) -> None:
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3).chat.completions.create(
            model=MODEL, messages=ask(HELLO), extra_headers={"x-replay-fault": "hang"}
        )
    (entry,) = entries(1)
    assert entry.outcome.ending == "client_left"
    assert entry.cost.grade == "unknown"


def test_a_client_that_leaves_a_stream_cancels_the_call_at_once(
    client: openai.OpenAI, upstream: ReplayUpstream, entries: Entries
) -> None:
    before = len([served for served in upstream.served if served.disconnected])
    stream = client.chat.completions.create(
        model=MODEL,
        messages=ask(LONG),
        stream=True,
        extra_headers={"x-replay-fault": "latency-chunk:50"},
    )
    for _ in zip(range(5), stream, strict=False):
        pass
    stream.close()
    left = time.monotonic()
    while len([served for served in upstream.served if served.disconnected]) == before:
        assert time.monotonic() - left < 2, "the upstream call went on"
        time.sleep(0.02)
    (entry,) = entries(1)
    assert entry.outcome.ending == "client_left"
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.source == "estimated"
    assert entry.outcome.usage.output_tokens < 100
    assert entry.cost.grade == "modelled"


def test_a_stream_that_breaks_off_breaks_off_for_the_client(client: openai.OpenAI, entries: Entries) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=ask(LONG), stream=True, extra_headers={"x-replay-fault": "cut:6"}
    )
    with pytest.raises(openai.APIConnectionError):
        list(stream)
    (entry,) = entries(1)
    assert entry.outcome.ending == "upstream_broke"
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.source == "estimated"


def test_unknown_fields_and_headers_reach_the_provider(client: openai.OpenAI, entries: Entries) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=ask(SENTIMENT), extra_body={"vendor_field": {"a": 1}}, extra_query={"q": "1"}
    )
    assert answer.choices[0].message.content == "positive"
    entries(1)


def test_an_unknown_provider_is_an_error_that_the_sdk_understands(proxy: LiveProxy) -> None:
    with (
        openai.OpenAI(base_url=f"{proxy.url}/nosuch/v1", api_key="k", max_retries=0) as client,
        pytest.raises(openai.NotFoundError, match="No provider is configured"),
    ):
        client.chat.completions.create(model=MODEL, messages=ask(HELLO))

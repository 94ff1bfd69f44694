"""The official clients against the replay upstream itself: every API, streaming and not, with tools."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pydantic
import pytest

from recorded import HELLO, INVOICE, LONG, MODELS, PICTURE, PNG, TEXTS, WEATHER, WEATHER_TOOL
from suffice.testing import ReplayOptions, ReplayUpstream
from suffice.testing.replay_upstream import app
from suffice.testing.replay_upstream.answers import Recording

MODEL = MODELS[0]
CHAT_TOOLS = [{"type": "function", "function": WEATHER_TOOL}]
RESPONSE_TOOLS = [{"type": "function", "strict": False, **WEATHER_TOOL}]
MESSAGE_TOOLS = [
    {
        "name": WEATHER_TOOL["name"],
        "description": WEATHER_TOOL["description"],
        "input_schema": WEATHER_TOOL["parameters"],
    }
]


def said(prompt: object) -> list[dict[str, object]]:
    return [{"role": "user", "content": prompt}]


@pytest.fixture
def gpt(upstream: ReplayUpstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(upstream: ReplayUpstream) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=upstream.url, api_key="k", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("prompt", [HELLO, LONG])
def test_chat_text(gpt: openai.OpenAI, prompt: str) -> None:
    whole = gpt.chat.completions.create(model=MODEL, messages=said(prompt))
    with gpt.chat.completions.stream(
        model=MODEL, messages=said(prompt), stream_options={"include_usage": True}
    ) as stream:
        streamed = stream.get_final_completion()
    assert whole.choices[0].message.content == streamed.choices[0].message.content == TEXTS[prompt]
    assert whole.usage == streamed.usage
    assert (whole.id, whole.created, whole.model) == (streamed.id, streamed.created, MODEL)


def test_chat_tools(gpt: openai.OpenAI) -> None:
    whole = gpt.chat.completions.create(model=MODEL, messages=said(WEATHER), tools=CHAT_TOOLS)
    with gpt.chat.completions.stream(model=MODEL, messages=said(WEATHER), tools=CHAT_TOOLS) as stream:
        streamed = stream.get_final_completion()
    (call,), (same,) = (answer.choices[0].message.tool_calls for answer in (whole, streamed))
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    assert (call.id, call.function.arguments) == (same.id, same.function.arguments)


def test_chat_structured_output_and_image(gpt: openai.OpenAI) -> None:
    class Invoice(pydantic.BaseModel):
        number: str
        total: float

    parsed = gpt.chat.completions.parse(model=MODEL, messages=said(INVOICE), response_format=Invoice)
    assert parsed.choices[0].message.parsed == Invoice(number="A-17", total=40.0)
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    content = [{"type": "text", "text": PICTURE}, picture]
    seen = gpt.chat.completions.create(model=MODEL, messages=said(content))
    assert seen.choices[0].message.content == "White."


@pytest.mark.parametrize("prompt", [HELLO, LONG])
def test_responses_text(gpt: openai.OpenAI, prompt: str) -> None:
    whole = gpt.responses.create(model=MODEL, input=prompt)
    with gpt.responses.stream(model=MODEL, input=prompt) as stream:
        streamed = stream.until_done().get_final_response()
    assert whole.output_text == streamed.output_text == TEXTS[prompt]
    assert whole.usage == streamed.usage
    assert whole.id == streamed.id


def test_responses_tools(gpt: openai.OpenAI) -> None:
    whole = gpt.responses.create(model=MODEL, input=said(WEATHER), tools=RESPONSE_TOOLS)
    with gpt.responses.stream(model=MODEL, input=said(WEATHER), tools=RESPONSE_TOOLS) as stream:
        streamed = stream.until_done().get_final_response()
    for answer in (whole, streamed):
        (call,) = answer.output
        assert (call.type, json.loads(call.arguments)) == ("function_call", {"city": "Oslo"})


@pytest.mark.parametrize("prompt", [HELLO, LONG])
def test_messages_text(claude: anthropic.Anthropic, prompt: str) -> None:
    whole = claude.messages.create(model=MODELS[2], max_tokens=99, messages=said(prompt))
    with claude.messages.stream(model=MODELS[2], max_tokens=99, messages=said(prompt)) as stream:
        assert "".join(stream.text_stream) == TEXTS[prompt]
        streamed = stream.get_final_message()
    assert whole.content[0].text == streamed.content[0].text == TEXTS[prompt]
    assert whole.usage.output_tokens == streamed.usage.output_tokens == 12
    assert (whole.id, whole.stop_reason) == (streamed.id, streamed.stop_reason)


def test_messages_tools(claude: anthropic.Anthropic) -> None:
    asked = {"model": MODELS[2], "max_tokens": 99, "messages": said(WEATHER), "tools": MESSAGE_TOOLS}
    whole = claude.messages.create(**asked)
    with claude.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    for answer in (whole, streamed):
        (block,) = answer.content
        assert (block.name, block.input, answer.stop_reason) == ("get_weather", {"city": "Oslo"}, "tool_use")


def test_models_and_embeddings(gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    assert {model.id for model in gpt.models.list()} == set(MODELS)
    assert {model.id for model in claude.models.list()} == set(MODELS)
    assert gpt.models.retrieve(MODEL).id == MODEL
    both = gpt.embeddings.create(model="text-embedding-3-small", input=["one", "two"])
    assert [len(item.embedding) for item in both.data] == [1536, 1536]


@pytest.mark.parametrize(
    ("fault", "ours", "theirs"),
    [
        ("429", openai.RateLimitError, anthropic.RateLimitError),
        ("500", openai.InternalServerError, anthropic.InternalServerError),
        ("529", openai.InternalServerError, anthropic.APIStatusError),
        ("401", openai.AuthenticationError, anthropic.AuthenticationError),
        ("close", openai.APIConnectionError, anthropic.APIConnectionError),
    ],
)
def test_faults_are_the_sdks_own_exceptions(
    gpt: openai.OpenAI,
    claude: anthropic.Anthropic,
    fault: str,
    ours: type[Exception],
    theirs: type[Exception],
) -> None:
    asked = {"x-replay-fault": fault}
    with pytest.raises(ours):
        gpt.chat.completions.create(model=MODEL, messages=said(HELLO), extra_headers=asked)
    with pytest.raises(theirs):
        claude.messages.create(model=MODEL, max_tokens=9, messages=said(HELLO), extra_headers=asked)


def test_an_unknown_prompt_is_not_found(gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    with pytest.raises(openai.NotFoundError, match="not among the recorded"):
        gpt.responses.create(model=MODEL, input="Nobody said this.")
    with pytest.raises(anthropic.NotFoundError, match="not among the recorded"):
        claude.messages.create(model=MODEL, max_tokens=9, messages=said("Nobody said this."))


def test_rates_are_drawn_per_request(answers: Path) -> None:
    with (
        ReplayUpstream.start(answers, ReplayOptions(fault_rates=("429=0.5",), seed=3)) as upstream,
        openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="k", max_retries=8) as client,
    ):
        for _ in range(20):
            client.chat.completions.create(model=MODEL, messages=said(HELLO))
        statuses = [served.status for served in upstream.served]
    assert statuses.count(200) == 20
    assert 5 < statuses.count(429) < 60


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/v1/files", {}, 404),
        ("GET", "/v1/files", {"anthropic-version": "2023-06-01"}, 404),
        ("GET", "/v1/messages", {}, 405),
        ("POST", "/v1/chat/completions", {"x-replay-fault": "nonsense"}, 400),
    ],
)
def test_other_requests_get_an_error_in_the_apis_shape(
    upstream: ReplayUpstream, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    request = urllib.request.Request(upstream.url + path, b"{}", headers, method=method)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    with caught.value as error:
        body = json.loads(error.read())
    assert (error.code, "message" in body["error"]) == (status, True)
    anthropics = path == "/v1/messages" or "anthropic-version" in headers
    assert (body.get("type") == "error") == anthropics


def test_a_chunked_request_body_is_read_whole(upstream: ReplayUpstream, gpt: openai.OpenAI) -> None:
    body = json.dumps({"model": MODEL, "messages": said(HELLO)}).encode()
    request = urllib.request.Request(
        f"{upstream.url}/v1/chat/completions", iter([body[:20], body[20:]]), {"transfer-encoding": "chunked"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert json.load(answer)["choices"][0]["message"]["content"] == TEXTS[HELLO]


def test_the_rendered_replies_that_are_kept_are_bounded(answers: Path) -> None:
    replay = app.ReplayApp(Recording.load(answers))
    for number in range(3000):
        raw = json.dumps(
            {"model": MODEL, "messages": said(LONG), "user": str(number), "stream": True}
        ).encode()
        incoming = app._Incoming(
            "POST", "/v1/chat/completions", [], raw, str(number).encode(), "chat_completions"
        )
        replay._answer(incoming, with_usage=True)
    kept = sum(reply.size for reply in replay._cache.values())
    assert 0 < kept == replay._cache_bytes <= app._CACHE_BYTES
    assert len(replay._cache) < 3000


def test_a_fault_may_be_for_one_model_alone(upstream: ReplayUpstream) -> None:
    only = {"x-replay-fault": "503", "x-replay-fault-model": MODELS[1]}
    with openai.OpenAI(
        base_url=f"{upstream.url}/v1", api_key="k", max_retries=0, default_headers=only
    ) as client:
        assert client.chat.completions.create(model=MODELS[0], messages=said(HELLO)).choices
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model=MODELS[1], messages=said(HELLO))

"""The asynchronous clients of both SDKs, many requests at a time, and what their users rely on when something fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import anthropic
import httpx2 as httpx
import openai
import pytest
from live import LiveProxy

from recorded import HELLO, INVOICE, LONG, SENTIMENT, TEXTS
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

Entries = Callable[[int], list[Entry]]
GPT, CLAUDE = "gpt-5.4", "claude-haiku-4-5"


def ask(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def of_openai(proxy: LiveProxy, feature: str, **options: object) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{proxy.url}/v1",
        api_key="test-key",
        default_headers={"x-suffice-feature": feature},
        **{"max_retries": 0, **options},
    )


def of_anthropic(proxy: LiveProxy, feature: str, **options: object) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(
        base_url=proxy.url,
        api_key="test-key",
        default_headers={"x-suffice-feature": feature},
        **{"max_retries": 0, **options},
    )


def test_many_at_a_time_each_get_their_own_answer(proxy: LiveProxy, feature: str, entries: Entries) -> None:
    async def run() -> list[tuple[str, str | None]]:
        async with of_openai(proxy, feature) as gpt, of_anthropic(proxy, feature) as claude:

            async def whole(prompt: str) -> tuple[str, str | None]:
                answer = await gpt.chat.completions.create(model=GPT, messages=ask(prompt))
                return prompt, answer.choices[0].message.content

            async def streamed(prompt: str) -> tuple[str, str | None]:
                stream = await gpt.chat.completions.create(model=GPT, messages=ask(prompt), stream=True)
                return prompt, "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

            async def message(prompt: str) -> tuple[str, str | None]:
                async with claude.messages.stream(
                    model=CLAUDE, max_tokens=500, messages=ask(prompt)
                ) as stream:
                    return prompt, await stream.get_final_text()

            async def response(prompt: str) -> tuple[str, str | None]:
                return prompt, (await gpt.responses.create(model=GPT, input=prompt)).output_text

            kinds = (whole, streamed, message, response)
            return await asyncio.gather(
                *(kind(prompt) for _ in range(5) for kind in kinds for prompt in TEXTS)
            )

    answers = asyncio.run(run())
    assert all(text == TEXTS[prompt] for prompt, text in answers)
    settled = entries(len(answers))
    assert {entry.outcome.ending for entry in settled} == {"complete"}
    assert {entry.cost.grade for entry in settled} == {"measured"}
    assert len({entry.outcome.id for entry in settled}) == len(answers)


@pytest.mark.parametrize("stream", [True, False])
def test_a_cancelled_task_cancels_the_call_at_once(
    proxy: LiveProxy, upstream: ReplayUpstream, feature: str, entries: Entries, stream: bool
) -> None:
    def disconnected() -> int:
        return sum(served.disconnected for served in upstream.served)

    async def run() -> None:
        async with of_openai(proxy, feature) as client:
            fault = {"x-replay-fault": "latency-chunk:50" if stream else "hang"}
            began = asyncio.Event()

            async def read() -> None:
                if not stream:
                    began.set()
                answer = await client.chat.completions.create(
                    model=GPT, messages=ask(LONG), stream=stream, extra_headers=fault
                )
                async for _ in answer:
                    began.set()

            task = asyncio.ensure_future(read())
            await began.wait()
            await asyncio.sleep(0.3)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    before = disconnected()
    asyncio.run(run())
    deadline = time.monotonic() + 5
    while disconnected() == before:
        assert time.monotonic() < deadline, "the upstream call went on"
        time.sleep(0.02)
    (entry,) = entries(1)
    assert entry.outcome.ending == "client_left"
    assert entry.cost.grade == ("modelled" if stream else "unknown")


@pytest.mark.parametrize(
    ("status", "of_gpt", "of_claude"),
    [
        (400, openai.BadRequestError, anthropic.BadRequestError),
        (401, openai.AuthenticationError, anthropic.AuthenticationError),
        (403, openai.PermissionDeniedError, anthropic.PermissionDeniedError),
        (404, openai.NotFoundError, anthropic.NotFoundError),
        (409, openai.ConflictError, anthropic.ConflictError),
        (422, openai.UnprocessableEntityError, anthropic.UnprocessableEntityError),
        (429, openai.RateLimitError, anthropic.RateLimitError),
        (500, openai.InternalServerError, anthropic.InternalServerError),
        (503, openai.InternalServerError, anthropic.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_each_error_is_the_one_that_the_provider_gave(
    proxy: LiveProxy,
    upstream: ReplayUpstream,
    feature: str,
    entries: Entries,
    status: int,
    of_gpt: type[openai.APIStatusError],
    of_claude: type[anthropic.APIStatusError],
    stream: bool,
) -> None:
    fault = {"x-replay-fault": str(status)}

    async def run(
        gpt: openai.AsyncOpenAI, claude: anthropic.AsyncAnthropic
    ) -> tuple[openai.APIStatusError, anthropic.APIStatusError]:
        async with gpt, claude:
            with pytest.raises(of_gpt) as caught:
                await gpt.chat.completions.create(
                    model=GPT, messages=ask(HELLO), stream=stream, extra_headers=fault
                )
            with pytest.raises(of_claude) as also:
                await claude.messages.create(
                    model=CLAUDE, max_tokens=9, messages=ask(HELLO), stream=stream, extra_headers=fault
                )
            return caught.value, also.value

    direct = asyncio.run(
        run(
            openai.AsyncOpenAI(base_url=f"{upstream.url}/v1", api_key="test-key", max_retries=0),
            anthropic.AsyncAnthropic(base_url=upstream.url, api_key="test-key", max_retries=0),
        )
    )
    through = asyncio.run(run(of_openai(proxy, feature), of_anthropic(proxy, feature)))
    for error, same in zip(through, direct, strict=True):
        assert (error.status_code, error.body) == (same.status_code, same.body) == (status, same.body)
        assert error.request_id == same.request_id
        assert error.response.headers.get("retry-after") == same.response.headers.get("retry-after")
        assert error.response.headers["x-suffice-decision"]
    assert {entry.cost.grade for entry in entries(2)} == {"not_billed"}


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_the_clients_own_and_wait_as_the_provider_says(
    proxy: LiveProxy, upstream: ReplayUpstream, feature: str, entries: Entries, retries: int
) -> None:
    before = len(upstream.served)
    waits: list[str | None] = []

    async def note(response: httpx.Response) -> None:
        waits.append(response.headers.get("retry-after-ms") or response.headers.get("retry-after"))

    async def run() -> None:
        http = openai.DefaultAsyncHttpxClient(event_hooks={"response": [note]})
        async with of_openai(proxy, feature, max_retries=retries, http_client=http) as client:
            with pytest.raises(openai.RateLimitError):
                await client.chat.completions.create(
                    model=GPT, messages=ask(HELLO), extra_headers={"x-replay-fault": "429"}
                )

    asyncio.run(run())
    assert len(waits) == retries + 1
    assert None not in waits
    assert [entry.outcome.status for entry in entries(retries + 1)] == [429] * (retries + 1)
    assert len(upstream.served) - before == retries + 1


def test_an_error_in_the_middle_of_a_stream_reaches_the_client(
    proxy: LiveProxy, feature: str, entries: Entries
) -> None:
    async def run() -> None:
        fault = {"x-replay-fault": "error-event:4"}
        async with of_openai(proxy, feature) as gpt, of_anthropic(proxy, feature) as claude:
            stream = await gpt.chat.completions.create(
                model=GPT, messages=ask(LONG), stream=True, extra_headers=fault
            )
            with pytest.raises(openai.APIError):
                _ = [chunk async for chunk in stream]
            events = await claude.messages.create(
                model=CLAUDE, max_tokens=500, messages=ask(LONG), stream=True, extra_headers=fault
            )
            with pytest.raises(anthropic.APIStatusError):
                _ = [event async for event in events]

    asyncio.run(run())
    settled = entries(2)
    assert {entry.outcome.ending for entry in settled} == {"complete"}
    assert {entry.outcome.usage.source for entry in settled if entry.outcome.usage} == {"estimated"}


def test_structured_output_of_each_api(proxy: LiveProxy, feature: str, entries: Entries) -> None:
    schema = {
        "type": "object",
        "properties": {"number": {"type": "string"}, "total": {"type": "number"}},
        "required": ["number", "total"],
        "additionalProperties": False,
    }

    async def run() -> tuple[str, str]:
        async with of_openai(proxy, feature) as gpt, of_anthropic(proxy, feature) as claude:
            response = await gpt.responses.create(
                model=GPT,
                input=INVOICE,
                text={"format": {"type": "json_schema", "name": "invoice", "schema": schema, "strict": True}},
            )
            message = await claude.messages.create(
                model=CLAUDE,
                max_tokens=500,
                messages=ask(INVOICE),
                extra_body={"output_config": {"format": {"type": "json_schema", "schema": schema}}},
            )
            return response.output_text, message.content[0].text

    assert asyncio.run(run()) == (TEXTS[INVOICE], TEXTS[INVOICE])
    assert all("output_contract" in entry.outcome.demands for entry in entries(2))


def test_embeddings_and_models(proxy: LiveProxy, feature: str, entries: Entries) -> None:
    async def run() -> tuple[list[str], list[str], int]:
        async with of_openai(proxy, feature) as gpt, of_anthropic(proxy, feature) as claude:
            models = [model.id async for model in gpt.models.list()]
            theirs = [model.id async for model in claude.models.list()]
            made = await gpt.embeddings.create(model="text-embedding-3-small", input=[HELLO, SENTIMENT])
            return models, theirs, len(made.data)

    models, theirs, vectors = asyncio.run(run())
    assert GPT in models
    assert CLAUDE in theirs
    assert vectors == 2
    assert sorted(entry.outcome.api for entry in entries(3)) == ["embeddings", "passthrough", "passthrough"]


def test_raw_responses_have_the_providers_headers_and_ours(
    proxy: LiveProxy, feature: str, entries: Entries
) -> None:
    async def run() -> tuple[httpx.Headers, httpx.Headers]:
        async with of_openai(proxy, feature) as gpt, of_anthropic(proxy, feature) as claude:
            answer = await gpt.chat.completions.with_raw_response.create(model=GPT, messages=ask(HELLO))
            async with claude.messages.with_streaming_response.create(
                model=CLAUDE, max_tokens=500, messages=ask(HELLO), stream=True
            ) as stream:
                _ = [line async for line in stream.iter_lines()]
                return answer.headers, stream.headers

    of_gpt, of_claude = asyncio.run(run())
    assert {"x-request-id", "x-ratelimit-remaining-requests", "openai-processing-ms"} <= of_gpt.keys()
    assert "request-id" in of_claude
    decisions = {headers["x-suffice-decision"] for headers in (of_gpt, of_claude)}
    assert {headers["x-suffice-model"] for headers in (of_gpt, of_claude)} == {GPT, CLAUDE}
    assert decisions == {entry.outcome.id for entry in entries(2)}

"""The vendors' SDKs, unmodified, against a proxy in route mode: a cheaper model answers, under the name asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import anthropic
import openai
import pytest
from live import LiveProxy
from route_proxy import BASELINE, CHEAPER

from recorded import HELLO, INVOICE, LONG, TEXTS, WEATHER, WEATHER_TOOL
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

Entries = Callable[[int], list[Entry]]
OPUS, HAIKU = "claude-opus-5", "claude-haiku-4-5"


@pytest.fixture
def client(proxy: LiveProxy, feature: str, session: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{proxy.url}/v1",
        api_key="test-key",
        default_headers={"x-suffice-feature": feature, "x-suffice-session": session},
        max_retries=0,
    ) as client:
        yield client


@pytest.fixture
def claude(proxy: LiveProxy, feature: str, session: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=proxy.url,
        api_key="test-key",
        default_headers={"x-suffice-feature": feature, "x-suffice-session": session},
        max_retries=0,
    ) as client:
        yield client


def ask(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def routed_alone(found: list[Entry], model: str) -> Entry:
    """The one entry of a request that a cheaper model answered."""
    (entry,) = found
    outcome = entry.outcome
    assert (outcome.leg, outcome.mode, outcome.arm, outcome.propensity) == ("served", "route", "routed", 1.0)
    assert (outcome.sent_model, outcome.served_model) == (model, model)
    assert outcome.ending == "complete"
    assert outcome.usage is not None
    assert outcome.usage.source == "reported"
    assert outcome.expected_nanos is not None
    assert outcome.bucket == outcome.feature
    assert outcome.signals == ()
    return entry


def test_chat(client: openai.OpenAI, upstream: ReplayUpstream, entries: Entries) -> None:
    answer = client.chat.completions.with_raw_response.create(model=BASELINE, messages=ask(HELLO))
    assert answer.headers["x-suffice-model"] == CHEAPER
    assert answer.headers["x-suffice-reason"] == "certified_suffices"
    assert answer.headers["x-suffice-arm"] == "routed"
    parsed = answer.parse()
    assert (parsed.model, parsed.choices[0].message.content) == (BASELINE, TEXTS[HELLO])
    assert upstream.served[-1].model == CHEAPER
    entry = routed_alone(entries(1), CHEAPER)
    assert entry.outcome.id == answer.headers["x-suffice-decision"]
    assert entry.cost.nanos == 40 * 750 + 12 * 4_500


@pytest.mark.parametrize("asked", [True, False])
def test_streamed_chat(client: openai.OpenAI, entries: Entries, asked: bool) -> None:
    options = {"stream_options": {"include_usage": True}} if asked else {}
    chunks = list(client.chat.completions.create(model=BASELINE, messages=ask(LONG), stream=True, **options))
    assert {chunk.model for chunk in chunks} == {BASELINE}
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == TEXTS[LONG]
    assert (chunks[-1].usage is not None) == asked
    routed_alone(entries(1), CHEAPER)


@pytest.mark.parametrize("stream", [True, False])
def test_tools(client: openai.OpenAI, entries: Entries, stream: bool) -> None:
    tools = [{"type": "function", "function": WEATHER_TOOL}]
    if stream:
        with client.chat.completions.stream(model=BASELINE, messages=ask(WEATHER), tools=tools) as events:
            answer = events.get_final_completion()
    else:
        answer = client.chat.completions.create(model=BASELINE, messages=ask(WEATHER), tools=tools)
    (call,) = answer.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    assert answer.model == BASELINE
    routed_alone(entries(1), CHEAPER)


@pytest.mark.parametrize("stream", [True, False])
def test_responses(client: openai.OpenAI, entries: Entries, stream: bool) -> None:
    if stream:
        with client.responses.stream(model=BASELINE, input=HELLO) as events:
            answer = events.get_final_response()
    else:
        answer = client.responses.create(model=BASELINE, input=HELLO)
    assert (answer.model, answer.output_text) == (BASELINE, TEXTS[HELLO])
    routed_alone(entries(1), CHEAPER)


@pytest.mark.parametrize("stream", [True, False])
def test_messages(claude: anthropic.Anthropic, entries: Entries, stream: bool) -> None:
    if stream:
        with claude.messages.stream(model=OPUS, max_tokens=500, messages=ask(INVOICE)) as events:
            answer = events.get_final_message()
    else:
        answer = claude.messages.create(model=OPUS, max_tokens=500, messages=ask(INVOICE))
    assert (answer.model, answer.content[0].text) == (OPUS, TEXTS[INVOICE])
    routed_alone(entries(1), HAIKU)


def test_tools_of_messages(claude: anthropic.Anthropic, entries: Entries) -> None:
    tool = {
        "name": WEATHER_TOOL["name"],
        "description": WEATHER_TOOL["description"],
        "input_schema": WEATHER_TOOL["parameters"],
    }
    with claude.messages.stream(model=OPUS, max_tokens=500, messages=ask(WEATHER), tools=[tool]) as events:
        answer = events.get_final_message()
    assert [block.input for block in answer.content if block.type == "tool_use"] == [{"city": "Oslo"}]
    assert answer.model == OPUS
    routed_alone(entries(1), HAIKU)


def test_the_client_may_insist_on_what_it_asks_for(client: openai.OpenAI, entries: Entries) -> None:
    answer = client.chat.completions.with_raw_response.create(
        model=BASELINE, messages=ask(HELLO), extra_headers={"x-suffice-baseline": "always"}
    )
    assert answer.headers["x-suffice-model"] == BASELINE
    assert answer.headers["x-suffice-reason"] == "baseline_forced"
    assert "x-suffice-arm" not in answer.headers
    (entry,) = entries(1)
    assert (entry.outcome.mode, entry.outcome.arm, entry.outcome.propensity) == ("route", "", None)
    assert (entry.outcome.sent_model, entry.outcome.decided_model) == ("", CHEAPER)


def test_the_client_may_opt_out(client: openai.OpenAI, entries: Entries) -> None:
    answer = client.chat.completions.with_raw_response.create(
        model=BASELINE, messages=ask(HELLO), extra_headers={"x-suffice-route": "off"}
    )
    assert answer.headers["x-suffice-model"] == BASELINE
    assert answer.headers["x-suffice-reason"] == "opted_out"
    (entry,) = entries(1)
    assert (entry.outcome.mode, entry.outcome.decided_model, entry.outcome.decide_us) == ("", None, 0)


def test_stakes_keep_the_baseline(client: openai.OpenAI, entries: Entries) -> None:
    answer = client.chat.completions.with_raw_response.create(
        model=BASELINE, messages=ask(HELLO), extra_headers={"x-suffice-stakes-usd": "50"}
    )
    assert answer.headers["x-suffice-model"] == BASELINE
    assert answer.headers["x-suffice-reason"] == "stakes"
    (entry,) = entries(1)
    assert (entry.outcome.mode, entry.outcome.arm) == ("route", "")


def test_a_use_case_without_a_certificate_is_not_routed(proxy: LiveProxy) -> None:
    with openai.OpenAI(
        base_url=f"{proxy.url}/v1", api_key="k", default_headers={"x-suffice-feature": "unproved"}
    ) as client:
        answer = client.chat.completions.with_raw_response.create(model=BASELINE, messages=ask(HELLO))
    assert answer.headers["x-suffice-model"] == BASELINE
    assert answer.headers["x-suffice-reason"] == "no_certificate"

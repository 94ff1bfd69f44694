"""Requests of one provider's clients that another provider's model serves, with the vendors' own SDKs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic
import openai
import pytest
from crossing import (
    CLAUDE,
    CLIENT_KEY,
    CLIENT_SECRET,
    GEMINI,
    KEYS,
    PATIENT,
    client_headers,
    crossing,
    providers,
    publish_pairs,
    secrets_in,
    upstream,
)
from live import LiveProxy, running_proxy
from raw import RawProvider, raw_provider
from route_proxy import ALL_AT_ONCE, BASELINE

from recorded import HELLO, LONG, TEXTS, WEATHER, WEATHER_TOOL
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

TOOLS = [{"type": "function", "function": WEATHER_TOOL}]
TO_CLAUDE, TO_GEMINI, OPUS_TO_MINI = "to-claude", "to-gemini", "opus-to-mini"
PAIRS = (
    (TO_CLAUDE, BASELINE, CLAUDE),
    (TO_GEMINI, BASELINE, GEMINI),
    (OPUS_TO_MINI, "claude-opus-5", "gpt-5.4-mini"),
)
GEMINI_SAYS = {
    "id": "g-1",
    "object": "chat.completion",
    "created": 1,
    "model": GEMINI,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
    # Its thinking is beside the completion, not inside it: only the total has it.
    "usage": {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 82},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with upstream(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture(scope="module")
def claude(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with upstream(tmp_path_factory.mktemp("claude")) as started:
        yield started


@pytest.fixture(scope="module")
def gemini() -> Iterator[RawProvider]:
    body = json.dumps(GEMINI_SAYS).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    with raw_provider(head + body) as provider:
        yield provider


@pytest.fixture(scope="module")
def proxy(
    home: ReplayUpstream,
    claude: ReplayUpstream,
    gemini: RawProvider,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveProxy]:
    lines = providers(home.url, claude.url, gemini.url) + PATIENT
    with crossing(tmp_path_factory.mktemp("proxy"), lines, *PAIRS) as proxy:
        yield proxy


@pytest.fixture
def session() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def entries(proxy: LiveProxy, session: str) -> Callable[[int], list[Entry]]:
    """Waits for this test's entries, discarded calls first."""
    seen = {entry.outcome.id for entry in proxy.ledger()}

    def wait(count: int) -> list[Entry]:
        deadline = time.monotonic() + 10
        while True:
            found = [entry for entry in proxy.ledger() if entry.outcome.id not in seen]
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count
                return sorted(found, key=lambda entry: entry.outcome.leg)
            time.sleep(0.05)

    return wait


def client_of(proxy: LiveProxy, feature: str, session: str, **more: str) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{proxy.url}/v1",
        api_key=CLIENT_KEY,
        default_headers=client_headers(feature, **{"x-suffice-session": session}, **more),
        default_query={"key": CLIENT_SECRET},
        max_retries=0,
    )


def ask(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def test_an_openai_request_is_served_by_claude(
    proxy: LiveProxy, claude: ReplayUpstream, session: str, entries: Callable[[int], list[Entry]]
) -> None:
    before = len(claude.served)
    with client_of(proxy, TO_CLAUDE, session) as client:
        raw = client.chat.completions.with_raw_response.create(model=BASELINE, messages=ask(HELLO))
    answer = raw.parse()
    assert answer.choices[0].message.content == TEXTS[HELLO]
    assert answer.model == BASELINE, "the client is told the name that it asked for"
    assert (raw.headers["x-suffice-model"], raw.headers["x-suffice-provider"]) == (CLAUDE, "anthropic")
    assert "x-ratelimit-remaining-requests" not in raw.headers, "that is the operator's account"
    (sent,) = claude.wait_served(before + 1)[before:]
    headers = dict(sent.headers)
    assert (sent.path, headers["authorization"]) == ("/v1/chat/completions", f"Bearer {KEYS['CLAUDE_KEY']}")
    assert set(headers) <= {
        "host", "content-length", "content-type", "accept", "user-agent", "accept-encoding", "authorization",
    }  # fmt: skip
    assert secrets_in(sent.headers, sent.path) == []
    (entry,) = entries(1)
    outcome = entry.outcome
    assert (outcome.provider, outcome.requested_provider, outcome.decided_provider) == (
        "anthropic",
        "openai",
        "anthropic",
    )
    assert (outcome.sent_model, outcome.served_model, outcome.requested_model) == (CLAUDE, CLAUDE, BASELINE)
    # Each model at its own provider's price: 1 and 5 dollars a million, 2.50 and 15.
    assert entry.cost.nanos == 40 * 1_000 + 12 * 5_000
    assert entry.cost.grade == "measured"
    assert entry.baseline_cost is not None
    assert (entry.baseline_cost.nanos, entry.baseline_cost.grade) == (40 * 2_500 + 12 * 15_000, "modelled")


@pytest.mark.parametrize("asked", [True, False])
def test_a_stream_of_claudes_comes_as_the_client_asked_for_it(
    proxy: LiveProxy, session: str, entries: Callable[[int], list[Entry]], asked: bool
) -> None:
    options = {"stream_options": {"include_usage": True}} if asked else {}
    with client_of(proxy, TO_CLAUDE, session) as client:
        chunks = list(
            client.chat.completions.create(model=BASELINE, messages=ask(LONG), stream=True, **options)
        )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == TEXTS[LONG]
    assert {chunk.model for chunk in chunks} == {BASELINE}
    assert (chunks[-1].usage is not None) == asked
    (entry,) = entries(1)
    assert (entry.outcome.provider, entry.outcome.stream) == ("anthropic", True)
    assert entry.outcome.usage is not None
    assert entry.outcome.usage.source == "reported"
    assert entry.cost.nanos == 40 * 1_000 + 12 * 5_000


@pytest.mark.parametrize("stream", [False, True])
def test_tools_go_there_and_back(proxy: LiveProxy, session: str, stream: bool) -> None:
    with client_of(proxy, TO_CLAUDE, session) as client:
        if stream:
            with client.chat.completions.stream(
                model=BASELINE, messages=ask(WEATHER), tools=TOOLS, parallel_tool_calls=False
            ) as events:
                answer = events.get_final_completion()
        else:
            answer = client.chat.completions.create(model=BASELINE, messages=ask(WEATHER), tools=TOOLS)
    (call,) = answer.choices[0].message.tool_calls or ()
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Oslo"})
    assert answer.choices[0].finish_reason == "tool_calls"


def test_thinking_that_gemini_counts_beside_its_answer_is_paid_for(
    proxy: LiveProxy, gemini: RawProvider, session: str, entries: Callable[[int], list[Entry]]
) -> None:
    gemini.got.clear()
    with client_of(proxy, TO_GEMINI, session) as client:
        answer = client.chat.completions.create(model=BASELINE, messages=ask(HELLO))
    assert (answer.choices[0].message.content, answer.model) == ("Hi.", BASELINE)
    ((head, body),) = gemini.got
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n"), "without the client's query"
    assert f"authorization: Bearer {KEYS['GEMINI_KEY']}".encode() in head
    assert CLIENT_KEY.encode() not in head
    assert CLIENT_SECRET.encode() not in head
    sent = json.loads(body)
    assert (sent["model"], sent["reasoning_effort"]) == (GEMINI, "none"), "the baseline answers at once"
    (entry,) = entries(1)
    assert entry.outcome.usage is not None
    assert (entry.outcome.usage.input_tokens, entry.outcome.usage.output_tokens) == (40, 42)
    # 0.30 and 2.50 dollars a million.
    assert entry.cost.nanos == 40 * 300 + 42 * 2_500


@pytest.mark.parametrize(
    "more",
    [
        {"response_format": {"type": "json_object"}},
        {"seed": 7},
        {"logit_bias": {"1": 1}},
        {"service_tier": "priority"},
        {"reasoning_effort": "low"},
    ],
)
def test_what_the_other_endpoint_would_ignore_stays_at_home(
    proxy: LiveProxy, claude: ReplayUpstream, session: str, more: dict[str, object]
) -> None:
    before = len(claude.served)
    with client_of(proxy, TO_CLAUDE, session) as client:
        raw = client.chat.completions.with_raw_response.create(
            model=BASELINE, messages=ask(HELLO), extra_body=more
        )
    assert raw.headers["x-suffice-model"] == BASELINE
    assert "x-suffice-provider" not in raw.headers
    assert len(claude.served) == before


@pytest.mark.parametrize("api", ["responses", "messages"])
def test_other_apis_stay_with_their_provider(proxy: LiveProxy, home: ReplayUpstream, api: str) -> None:
    if api == "responses":
        with client_of(proxy, TO_CLAUDE, "s-responses") as client:
            raw = client.responses.with_raw_response.create(model=BASELINE, input=HELLO)
        model = BASELINE
    else:
        model, before = "claude-opus-5", len(home.served)
        with anthropic.Anthropic(
            base_url=proxy.url,
            api_key=CLIENT_KEY,
            default_headers={"x-suffice-feature": OPUS_TO_MINI},
            max_retries=0,
        ) as client:
            raw = client.messages.with_raw_response.create(
                model=model, max_tokens=64, messages=[{"role": "user", "content": HELLO}]
            )
        assert len(home.served) == before
    assert raw.headers["x-suffice-model"] == model
    assert "x-suffice-provider" not in raw.headers


def test_the_same_certificates_route_nothing_where_no_provider_is_named(
    home: ReplayUpstream, claude: ReplayUpstream, tmp_path: Path
) -> None:
    publish_pairs(tmp_path / "data", *PAIRS)
    before = len(claude.served)
    with (
        running_proxy(tmp_path, ALL_AT_ONCE + providers(home.url, claude.url), environ=KEYS) as proxy,
        client_of(proxy, TO_CLAUDE, "s") as client,
    ):
        raw = client.chat.completions.with_raw_response.create(model=BASELINE, messages=ask(HELLO))
    assert raw.headers["x-suffice-model"] == BASELINE
    assert len(claude.served) == before


@pytest.mark.parametrize("stream", [False, True])
def test_another_provider_that_fails_costs_the_client_nothing(
    home: ReplayUpstream, tmp_path: Path, stream: bool
) -> None:
    with (
        upstream(tmp_path / "failing", "529=1") as failing,
        crossing(tmp_path, providers(home.url, failing.url) + PATIENT, *PAIRS) as proxy,
        client_of(proxy, TO_CLAUDE, "s") as client,
    ):
        if stream:
            chunks = list(client.chat.completions.create(model=BASELINE, messages=ask(HELLO), stream=True))
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        else:
            text = (
                client.chat.completions.create(model=BASELINE, messages=ask(HELLO)).choices[0].message.content
            )
        found = sorted(proxy.ledger(at_least=2), key=lambda entry: entry.outcome.leg)
    assert text == TEXTS[HELLO]
    thrown, served = (entry.outcome for entry in found)
    assert (thrown.leg, thrown.provider, thrown.requested_provider, thrown.status) == (
        "discarded",
        "anthropic",
        "openai",
        529,
    )
    assert (served.leg, served.provider, served.requested_provider) == ("served", "openai", "")
    assert (served.reason, served.decided_provider) == ("candidate_failed", "anthropic")
    assert [entry.cost.grade for entry in found] == ["not_billed", "measured"]


@pytest.mark.parametrize("holdout", [0.0, 0.9])
def test_in_the_shadow_each_provider_gets_its_own_key_only(
    home: ReplayUpstream, claude: ReplayUpstream, tmp_path: Path, holdout: float
) -> None:
    more = '[guard]\nshadow_share = 1.0\n[graders."*"]\nkind = "exact"\nreference = "baseline"\n'
    before = len(home.served), len(claude.served)
    lines = providers(home.url, claude.url)
    with crossing(tmp_path, lines, *PAIRS, more=more, holdout=holdout) as proxy:
        for number in range(8):
            with client_of(proxy, TO_CLAUDE, f"s-{number}") as client:
                client.chat.completions.create(model=BASELINE, messages=ask(HELLO))
        found = [entry.outcome for entry in proxy.ledger(at_least=16)]
    shadows = [one for one in found if one.leg == "shadow"]
    assert len(shadows) == 8
    arms = {one.id: one.arm for one in found if one.leg == "served"}
    assert ("holdout" in arms.values()) == bool(holdout)
    for one in shadows:
        other = ("openai", "", "") if arms[one.parent] == "routed" else ("anthropic", "openai", CLAUDE)
        assert (one.provider, one.requested_provider, one.sent_model) == other
    asked = home.served[before[0] :], claude.served[before[1] :]
    assert [len(one) for one in asked] == [8, 8]
    assert {dict(one.headers)["authorization"] for one in asked[0]} == {f"Bearer {CLIENT_KEY}"}
    assert {dict(one.headers)["authorization"] for one in asked[1]} == {f"Bearer {KEYS['CLAUDE_KEY']}"}
    assert [secrets_in(one.headers) for one in asked[1]] == [[]] * 8

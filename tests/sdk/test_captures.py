"""The official clients through a proxy that captures: nothing changes for them, and their calls are kept, sealed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pytest
from captured import CIPHER, KEY, captured
from click.testing import CliRunner
from live import LiveProxy, providers, running_proxy

from recorded import HELLO, INVOICE, TEXTS, WEATHER, WEATHER_TOOL, write_answers
from suffice.app import CAPTURES
from suffice.cli import main
from suffice.errors import StoreError
from suffice.store.captures.files import files
from suffice.store.captures.record import read_calls
from suffice.store.cipher import AesGcm
from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.testing import ReplayUpstream
from suffice.types import LoggedCall

MODEL, CLAUDE = "gpt-5.4", "claude-haiku-4-5"
ON = '[captures]\nenabled = true\nkey = "env:KEY_OF_CAPTURES"\nper_bucket = 1000\n'
TOOLS = [{"type": "function", "function": WEATHER_TOOL}]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def proxy(upstream: ReplayUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProxy]:
    folder = tmp_path_factory.mktemp("capturing")
    environ = {"KEY_OF_CAPTURES": KEY.hex()}
    with running_proxy(folder, providers(upstream.url) + ON, workers=2, environ=environ) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: LiveProxy, feature: str) -> Iterator[openai.OpenAI]:
    headers = {"x-suffice-feature": feature}
    with openai.OpenAI(
        base_url=f"{proxy.url}/v1",
        api_key="sk-proj-of-a-client-0123456789",
        default_headers=headers,
        max_retries=0,
    ) as client:
        yield client


@pytest.fixture
def claude(proxy: LiveProxy, feature: str) -> Iterator[anthropic.Anthropic]:
    headers = {"x-suffice-feature": feature}
    with anthropic.Anthropic(
        base_url=proxy.url, api_key="sk-ant-of-a-client-0123456789", default_headers=headers, max_retries=0
    ) as client:
        yield client


def kept(proxy: LiveProxy, feature: str, count: int) -> list[LoggedCall]:
    """This test's captures, once there are as many as expected."""
    deadline = time.monotonic() + 10
    while True:
        found = [call for call in captured(proxy.data / CAPTURES) if call.feature == feature]
        if len(found) >= count or time.monotonic() > deadline:
            assert len(found) == count
            return found
        time.sleep(0.02)


def ask(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_completion(proxy: LiveProxy, client: openai.OpenAI, feature: str, stream: bool) -> None:
    if stream:
        with client.chat.completions.stream(model=MODEL, messages=ask(WEATHER), tools=TOOLS) as events:
            answer = events.get_final_completion()
    else:
        answer = client.chat.completions.create(model=MODEL, messages=ask(WEATHER), tools=TOOLS)
    (call,) = kept(proxy, feature, 1)
    assert (call.api, call.model, call.provider, call.status) == ("chat_completions", MODEL, "openai", 200)
    assert call.request["messages"] == ask(WEATHER)
    assert call.request["tools"] == TOOLS
    assert "stream_options" not in call.request, "what suffice asks for is not the client's request"
    read = openai.types.chat.ChatCompletion.model_validate(call.response)
    assert read.object == "chat.completion"
    (tool_call,) = read.choices[0].message.tool_calls or []
    (same,) = answer.choices[0].message.tool_calls or []
    assert (tool_call.function.name, tool_call.function.arguments) == (
        same.function.name,
        same.function.arguments,
    )
    assert read.choices[0].finish_reason == "tool_calls"
    assert read.usage is not None
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.source) == (read.usage.prompt_tokens, "reported")


@pytest.mark.parametrize("stream", [False, True])
def test_a_response(proxy: LiveProxy, client: openai.OpenAI, feature: str, stream: bool) -> None:
    if stream:
        with client.responses.stream(model=MODEL, input=HELLO) as events:
            answer = events.get_final_response()
    else:
        answer = client.responses.create(model=MODEL, input=HELLO)
    (call,) = kept(proxy, feature, 1)
    assert (call.api, call.request["input"]) == ("responses", HELLO)
    read = openai.types.responses.Response.model_validate(call.response)
    assert read.output_text == answer.output_text == TEXTS[HELLO]


@pytest.mark.parametrize("stream", [False, True])
def test_a_message(proxy: LiveProxy, claude: anthropic.Anthropic, feature: str, stream: bool) -> None:
    if stream:
        with claude.messages.stream(model=CLAUDE, messages=ask(INVOICE), max_tokens=100) as events:
            answer = events.get_final_message()
    else:
        answer = claude.messages.create(model=CLAUDE, messages=ask(INVOICE), max_tokens=100)
    (call,) = kept(proxy, feature, 1)
    assert (call.api, call.provider) == ("messages", "anthropic")
    read = anthropic.types.Message.model_validate(call.response)
    assert read.content[0].text == answer.content[0].text == TEXTS[INVOICE]
    assert (read.stop_reason, read.usage.output_tokens) == (answer.stop_reason, answer.usage.output_tokens)


def test_nothing_is_in_the_clear_on_disk_and_no_key_of_a_client_anywhere(
    proxy: LiveProxy, client: openai.OpenAI, feature: str
) -> None:
    client.chat.completions.create(model=MODEL, messages=ask(HELLO), user="jo@example.com")
    (call,) = kept(proxy, feature, 1)
    assert call.request["user"] == "[EMAIL_1]"
    folder = proxy.data / CAPTURES
    data = b"".join(path.read_bytes() for _, path in files(folder))
    for word in (HELLO, TEXTS[HELLO], "messages", "gpt-5.4", feature, "example.com", "sk-proj", "sk-ant"):
        assert word.encode() not in data
    ((_, path), *_) = files(folder)
    with pytest.raises(StoreError) as caught:
        list(read_calls(path, AesGcm([bytes(32)])))
    assert caught.value.code == "unknown_key"
    assert "sk-" not in "".join(str(one.request) + str(one.response) for one in captured(folder))


def test_concurrent_calls_are_each_kept_once_by_several_workers(proxy: LiveProxy, feature: str) -> None:
    ids: list[str] = []

    def run() -> None:
        with openai.OpenAI(
            base_url=f"{proxy.url}/v1",
            api_key="k",
            default_headers={"x-suffice-feature": feature},
            max_retries=0,
        ) as client:
            for _ in range(5):
                answer = client.chat.completions.with_raw_response.create(model=MODEL, messages=ask(HELLO))
                ids.append(answer.headers["x-suffice-decision"])

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(call.id for call in kept(proxy, feature, 20)) == sorted(ids)


def test_a_request_that_fails_is_not_kept_and_health_tells_what_is(
    proxy: LiveProxy, client: openai.OpenAI, feature: str
) -> None:
    with pytest.raises(openai.APIStatusError):
        client.chat.completions.create(model=MODEL, messages=ask("no such prompt was recorded"))
    client.chat.completions.create(model=MODEL, messages=ask(HELLO))
    kept(proxy, feature, 1)
    health = proxy.health()
    assert health["captures"].keys() == {"written", "lost"}
    assert health["faults"] == {}


def test_what_is_captured_can_be_imported(
    proxy: LiveProxy, client: openai.OpenAI, feature: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.responses.with_raw_response.create(model=MODEL, input=HELLO)
    kept(proxy, feature, 1)
    monkeypatch.setenv("KEY_OF_CAPTURES", KEY.hex())
    config = str(proxy.data.parent / "suffice.toml")
    folder = str(proxy.data / CAPTURES)
    for _ in range(2):
        done = CliRunner().invoke(main, ["import", folder, "--config", config])
        assert done.exit_code == 0, done.output
    store = TrafficStore(proxy.data / TRAFFIC, read_only=True, cipher=CIPHER)
    (call,) = [call for call in store.calls() if call.feature == feature]
    store.close()
    assert call.id == answer.headers["x-suffice-decision"]
    assert (call.api, call.request["input"]) == ("responses", HELLO)
    assert call.cost_nanos is not None
    assert HELLO.encode() not in (proxy.data / TRAFFIC).read_bytes()


def test_a_folder_that_refuses_fails_no_request_and_is_counted(
    upstream: ReplayUpstream, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / CAPTURES).write_text("a file is in the way")
    environ = {"KEY_OF_CAPTURES": KEY.hex()}
    with running_proxy(tmp_path, providers(upstream.url) + ON, environ=environ) as proxy:
        with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="k", max_retries=0) as client:
            answer = client.chat.completions.create(model=MODEL, messages=ask(HELLO))
        assert answer.choices[0].message.content == TEXTS[HELLO]
        deadline = time.monotonic() + 10
        while not proxy.health()["faults"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert proxy.health()["faults"] == {"capture": 1}
        assert len(proxy.ledger(at_least=1)) == 1


def test_off_writes_nothing(upstream: ReplayUpstream, tmp_path: Path) -> None:
    with running_proxy(tmp_path, providers(upstream.url)) as proxy:
        with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="k", max_retries=0) as client:
            client.chat.completions.create(model=MODEL, messages=ask(HELLO))
        assert proxy.health()["captures"] is None
        assert len(proxy.ledger(at_least=1)) == 1
        assert not (proxy.data / CAPTURES).exists()


def test_the_cipher_of_the_tests_is_that_of_the_proxy() -> None:
    assert AesGcm([KEY]).open(CIPHER.seal(b"x")) == b"x"

"""The same model elsewhere, when its own provider fails: before the first byte, once, with the operator's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anthropic
import openai
import pytest
from crossing import (
    CLIENT_KEY,
    DEAD,
    KEYS,
    PATIENT,
    client_headers,
    elsewhere,
    providers,
    secrets_in,
    upstream,
)
from live import LiveProxy, running_proxy
from route_proxy import ALL_AT_ONCE, BASELINE, CHEAPER, certified, publish

from recorded import HELLO, LONG, TEXTS
from suffice.testing import ReplayUpstream
from suffice.types import Outcome

CASE = "certified-case"
OTHER_CASE = "no-such-case"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with upstream(tmp_path_factory.mktemp("azure")) as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with upstream(tmp_path_factory.mktemp("home")) as started:
        yield started


@contextmanager
def proxy_at(
    folder: Path, home: str, *lines: str, mode: str = ALL_AT_ONCE, limits: str = PATIENT
) -> Iterator[LiveProxy]:
    publish(folder / "data", certified(CASE))
    config = mode + providers(home, home) + "".join(lines) + limits
    with running_proxy(folder, config, environ=KEYS) as proxy:
        yield proxy


def client_of(proxy: LiveProxy, feature: str, *, retries: int = 0, **more: str) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{proxy.url}/v1",
        api_key=CLIENT_KEY,
        default_headers=client_headers(feature, **more),
        max_retries=retries,
    )


def fails(fault: str, model: str) -> dict[str, str]:
    """Headers that make the home provider fail; no other provider gets them."""
    return {"x-replay-fault": fault, "x-replay-fault-model": model}


def said(client: openai.OpenAI, *, stream: bool = False) -> tuple[str, dict[str, str]]:
    ask = [{"role": "user", "content": HELLO}]
    create = client.chat.completions.with_raw_response.create
    if not stream:
        raw = create(model=BASELINE, messages=ask)
        return raw.parse().choices[0].message.content, dict(raw.headers)
    raw = create(model=BASELINE, messages=ask, stream=True)
    chunks = list(raw.parse())
    assert {chunk.model for chunk in chunks} == {BASELINE}
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), dict(
        raw.headers
    )


def legs(proxy: LiveProxy, count: int) -> list[Outcome]:
    """Discarded calls first, in their order."""
    found = [entry.outcome for entry in proxy.ledger(at_least=count)]
    assert len(found) == count
    return sorted(found, key=lambda one: (one.leg, one.id))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["503", "429", "close"])
def test_a_cheaper_model_that_fails_at_home_answers_from_elsewhere(
    home: ReplayUpstream, azure: ReplayUpstream, tmp_path: Path, fault: str, stream: bool
) -> None:
    before = len(azure.served)
    lines = elsewhere(f"openai/{CHEAPER}", azure.url)
    with (
        proxy_at(tmp_path, home.url, lines) as proxy,
        client_of(proxy, CASE, **fails(fault, CHEAPER)) as client,
    ):
        text, headers = said(client, stream=stream)
        thrown, served = legs(proxy, 2)
    assert text == TEXTS[HELLO]
    assert (headers["x-suffice-model"], headers["x-suffice-provider"]) == (CHEAPER, "azure")
    assert headers["x-suffice-reason"] == "served_elsewhere"
    (sent,) = azure.served[before:]
    assert dict(sent.headers)["authorization"] == f"Bearer {KEYS['AZURE_KEY']}"
    assert (secrets_in(sent.headers, sent.path), sent.model) == ([], CHEAPER)
    assert (thrown.leg, thrown.provider, thrown.sent_model) == ("discarded", "openai", CHEAPER)
    assert (served.leg, served.provider, served.requested_provider) == ("served", "azure", "openai")
    assert (served.sent_model, served.arm, served.signals) == (CHEAPER, "routed", ("fallback",))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "ending", "status"),
    [("503", "complete", 503), ("529", "complete", 529), ("close", "upstream_broke", None)],
)
def test_a_baseline_whose_provider_fails_answers_from_elsewhere(
    home: ReplayUpstream,
    azure: ReplayUpstream,
    tmp_path: Path,
    fault: str,
    ending: str,
    status: int | None,
    stream: bool,
) -> None:
    lines = elsewhere(f"openai/{BASELINE}", azure.url)
    with (
        proxy_at(tmp_path, home.url, lines) as proxy,
        client_of(proxy, OTHER_CASE, **fails(fault, BASELINE)) as client,
    ):
        text, headers = said(client, stream=stream)
        thrown, served = legs(proxy, 2)
        costs = {entry.outcome.leg: entry.cost for entry in proxy.ledger()}
    assert text == TEXTS[HELLO]
    assert (headers["x-suffice-model"], headers["x-suffice-provider"]) == (BASELINE, "azure")
    assert headers["x-suffice-reason"] == "served_elsewhere"
    assert (thrown.leg, thrown.provider, thrown.parent, thrown.ending) == (
        "discarded",
        "openai",
        served.id,
        ending,
    )
    assert (thrown.status, thrown.sent_model, thrown.requested_provider) == (status, "", "")
    assert (served.provider, served.requested_provider, served.sent_model) == ("azure", "openai", "")
    assert (served.status, served.ending, served.signals) == (200, "complete", ("fallback",))
    assert costs["served"].nanos == 40 * 2_500 + 12 * 15_000
    assert costs["discarded"].nanos == (0 if status else None), "who broke off may have worked, and may bill"


def test_a_model_may_have_another_name_there(
    home: ReplayUpstream, azure: ReplayUpstream, tmp_path: Path
) -> None:
    lines = elsewhere(f"openai/{BASELINE}", azure.url, model="claude-opus-5")
    dated = f"{BASELINE}-2026-03-05"
    with (
        proxy_at(tmp_path, home.url, lines) as proxy,
        client_of(proxy, OTHER_CASE, **fails("503", dated)) as client,
    ):
        answer = client.chat.completions.create(model=dated, messages=[{"role": "user", "content": HELLO}])
        _, served = legs(proxy, 2)
    assert answer.model == dated
    assert (served.served_model, served.requested_model) == ("claude-opus-5", dated)
    assert azure.served[-1].model == "claude-opus-5"


def test_where_both_fail_the_client_gets_its_providers_own_error_once_more_than_without(
    home: ReplayUpstream, tmp_path: Path
) -> None:
    with (
        upstream(tmp_path / "failing", "500=1") as failing,
        proxy_at(tmp_path, home.url, elsewhere(f"openai/{BASELINE}", failing.url)) as proxy,
    ):
        before = len(home.served)
        with (
            client_of(proxy, OTHER_CASE, retries=2, **fails("503", BASELINE)) as client,
            pytest.raises(openai.APIStatusError) as caught,
        ):
            said(client)
        with (
            openai.OpenAI(
                base_url=f"{home.url}/v1", api_key="k", max_retries=0, default_headers=fails("503", BASELINE)
            ) as direct,
            pytest.raises(openai.APIStatusError) as same,
        ):
            said(direct)
        found = legs(proxy, 4)
        # Three tries of the SDK at home, as without suffice; elsewhere only the first.
        assert (len(home.served) - before - 1, len(failing.served)) == (3, 1)
    assert (caught.value.status_code, caught.value.body) == (503, same.value.body)
    assert [(one.leg, one.provider, one.status) for one in found] == [
        ("discarded", "azure", 500),
        *[("served", "openai", 503)] * 3,
    ]


@pytest.mark.parametrize("fault", ["429", "401", "400", "404"])
def test_what_is_between_a_client_and_its_provider_goes_nowhere_else(
    home: ReplayUpstream, azure: ReplayUpstream, tmp_path: Path, fault: str
) -> None:
    before = len(azure.served)
    with (
        proxy_at(tmp_path, home.url, elsewhere(f"openai/{BASELINE}", azure.url)) as proxy,
        client_of(proxy, OTHER_CASE, **fails(fault, BASELINE)) as client,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        said(client)
    assert caught.value.status_code == int(fault)
    assert len(azure.served) == before


@pytest.mark.parametrize(
    ("mode", "headers"),
    [
        ('mode = "observe"\n', {}),
        ('mode = "off"\n', {}),
        (ALL_AT_ONCE, {"x-suffice-route": "off"}),
    ],
)
def test_only_route_mode_goes_elsewhere(
    home: ReplayUpstream, azure: ReplayUpstream, tmp_path: Path, mode: str, headers: dict[str, str]
) -> None:
    before = len(azure.served)
    with (
        proxy_at(tmp_path, home.url, elsewhere(f"openai/{BASELINE}", azure.url), mode=mode) as proxy,
        client_of(proxy, OTHER_CASE, **fails("503", BASELINE), **headers) as client,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        said(client)
    assert caught.value.status_code == 503
    assert len(azure.served) == before


def test_three_calls_at_most_for_one_request(home: ReplayUpstream, tmp_path: Path) -> None:
    with (
        upstream(tmp_path / "failing", "500=1") as failing,
        proxy_at(
            tmp_path,
            home.url,
            elsewhere(f"openai/{CHEAPER}", failing.url),
            f'[elsewhere."openai/{BASELINE}"]\nprovider = "azure"\n',
        ) as proxy,
    ):
        with (
            client_of(proxy, CASE, **{"x-replay-fault": "503"}) as client,
            pytest.raises(openai.InternalServerError) as caught,
        ):
            said(client)
        found = legs(proxy, 3)
        assert len(failing.served) == 1
    assert caught.value.status_code == 503
    assert sorted((one.leg, one.provider, one.sent_model) for one in found) == [
        ("discarded", "azure", CHEAPER),
        ("discarded", "openai", CHEAPER),
        ("served", "openai", ""),
    ]


def test_a_cheap_answer_that_breaks_its_contract_is_the_baselines_to_mend(
    home: ReplayUpstream, azure: ReplayUpstream, tmp_path: Path
) -> None:
    before = len(azure.served)
    lines = elsewhere(f"openai/{CHEAPER}", azure.url)
    with (
        proxy_at(tmp_path, home.url, lines) as proxy,
        client_of(proxy, CASE, **fails("bad-json", CHEAPER)) as client,
    ):
        text, headers = said(client)
    assert (text, headers["x-suffice-reason"]) == (TEXTS[HELLO], "escalated")
    assert len(azure.served) == before


def test_a_dead_provider_is_not_waited_for_once_it_is_known(
    azure: ReplayUpstream, tmp_path: Path, wait_for: Callable[[Callable[[], bool]], None]
) -> None:
    pause = "breaker_pause_s = 600\nbreaker_longest_pause_s = 600\n"
    limits = f"[limits]\nbreaker_calls = 4\nbreaker_least_calls = 2\n{pause}"
    with proxy_at(tmp_path, DEAD, elsewhere(f"openai/{BASELINE}", azure.url), limits=limits) as proxy:
        with client_of(proxy, OTHER_CASE) as client:
            told = [said(client) for _ in range(4)]
            found = legs(proxy, 6)
        breakers = proxy.health()["breakers"]
    assert {text for text, _ in told} == {TEXTS[HELLO]}
    assert {headers["x-suffice-provider"] for _, headers in told} == {"azure"}
    assert breakers == {f"openai/{BASELINE}": "open"}
    assert [one.ending for one in found if one.leg == "discarded"] == ["upstream_unreachable"] * 2


def test_nothing_is_taken_back_after_the_first_byte(
    home: ReplayUpstream, azure: ReplayUpstream, tmp_path: Path
) -> None:
    before = len(azure.served)
    with (
        proxy_at(tmp_path, home.url, elsewhere(f"openai/{BASELINE}", azure.url)) as proxy,
        client_of(proxy, OTHER_CASE, **fails("cut:6", BASELINE)) as client,
    ):
        ask = [{"role": "user", "content": LONG}]
        with pytest.raises(openai.APIConnectionError):
            list(client.chat.completions.create(model=BASELINE, messages=ask, stream=True))
        (served,) = legs(proxy, 1)
    assert served.first_byte_us is not None
    assert (served.provider, served.ending) == ("openai", "upstream_broke")
    assert len(azure.served) == before


@pytest.mark.parametrize("stream", [False, True])
def test_messages_go_where_messages_are_spoken(
    home: ReplayUpstream, azure: ReplayUpstream, tmp_path: Path, stream: bool
) -> None:
    model, before = "claude-opus-5", len(azure.served)
    lines = elsewhere(f"anthropic/{model}", azure.url, wire="anthropic")
    with (
        proxy_at(tmp_path, home.url, lines) as proxy,
        anthropic.Anthropic(
            base_url=proxy.url,
            api_key=CLIENT_KEY,
            default_headers=client_headers(OTHER_CASE, **fails("529", model)),
            max_retries=0,
        ) as client,
    ):
        ask = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": HELLO}]}
        if stream:
            with client.messages.stream(**ask) as events:
                answer = events.get_final_message()
        else:
            answer = client.messages.create(**ask)
        thrown, served = legs(proxy, 2)
    assert (answer.content[0].text, answer.model) == (TEXTS[HELLO], model)
    (sent,) = azure.served[before:]
    headers = dict(sent.headers)
    assert headers["x-api-key"] == KEYS["AZURE_KEY"]
    assert headers["anthropic-version"]
    assert secrets_in(sent.headers) == []
    assert (thrown.provider, thrown.status) == ("anthropic", 529)
    assert (served.provider, served.requested_provider) == ("azure", "anthropic")
    assert served.usage is not None
    assert (served.usage.input_tokens, served.usage.output_tokens) == (40, 12)

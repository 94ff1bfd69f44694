"""What is sent to an upstream that suffice chose."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from cases import CATALOG, PRIOR

from suffice.config import ElsewhereSettings, Provider, Secret, Settings
from suffice.engine import Engine
from suffice.layers import LAYERS
from suffice.policy.patch import Patch
from suffice.proxy.calling import Inbound, another, baseline_elsewhere, calling_of, same_elsewhere
from suffice.proxy.head import Head
from suffice.proxy.routes import Routes
from suffice.quality.predictor import PriorPredictor
from suffice.types import Request
from suffice.upstream.connection import Headers

ENGINE = Engine(layers=LAYERS, predictor=PriorPredictor(), policy=PRIOR, resolve=CATALOG.resolve)
RAW: Headers = [
    (b"authorization", b"Bearer client"), (b"cookie", b"c=client"), (b"content-type", b"application/json"),
    (b"x-request-tag", b"client"), (b"user-agent", b"sdk"), (b"openai-organization", b"client"),
]  # fmt: skip
PROVIDERS = {
    "openai": Provider(name="openai", base_url="https://openai.example/v1", default=True),
    "anthropic": Provider(
        name="anthropic",
        base_url="https://claude.example",
        wire="anthropic",
        secret=Secret("ours"),
        default=True,
    ),
    "azure": Provider(name="azure", base_url="https://azure.example/openai/v1/", secret=Secret("ours")),
    "keyless": Provider(name="keyless", base_url="https://keyless.example/v1"),
    "claude-too": Provider(
        name="claude-too", base_url="https://too.example", wire="anthropic", secret=Secret("ours")
    ),
}


def settings(**elsewhere: str) -> Settings:
    known = {name.replace("__", "/"): ElsewhereSettings(provider=one) for name, one in elsewhere.items()}
    return Settings(providers=PROVIDERS, elsewhere=known)


def inbound(path: str = "/v1/chat/completions", model: str = "gpt-5.4", raw: Headers = RAW) -> Inbound:
    route = Routes(PROVIDERS).find("POST", path, anthropic=False)
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "stream": True}
    asked = Request(api=route.api, provider=route.provider.name, model=model, body=body)
    return Inbound(
        head=Head(route=route, raw=raw, query="key=client"), body=json.dumps(body).encode(), request=asked
    )


def parts() -> Any:
    return SimpleNamespace(settings=settings(), unasked=set())


def test_a_model_of_the_own_provider_gets_what_the_client_sent() -> None:
    made = calling_of(parts(), inbound(), Patch(model="gpt-5.4-mini", provider="openai"))
    headers = dict(made.headers)
    assert made.url == "https://openai.example/v1/chat/completions?key=client"
    assert (headers[b"authorization"], headers[b"cookie"]) == (b"Bearer client", b"c=client")
    sent = json.loads(made.body)
    assert (sent["model"], sent["stream_options"]) == ("gpt-5.4-mini", {"include_usage": True})


def test_another_provider_gets_the_body_and_its_own_key() -> None:
    patch = Patch(model="claude-haiku-4-5", provider="anthropic", path="v1/chat/completions", bearer=True)
    made = calling_of(parts(), inbound(), patch)
    assert made.url == "https://claude.example/v1/chat/completions"
    assert dict(made.headers) == {
        b"content-type": b"application/json",
        b"user-agent": b"sdk",
        b"accept-encoding": b"identity",
        b"authorization": b"Bearer ours",
    }
    assert "client" not in f"{made.url}{made.headers}"


def test_a_provider_without_a_key_of_its_own_is_not_asked() -> None:
    with pytest.raises(ValueError, match="operator's key only"):
        another(RAW, PROVIDERS["keyless"], Patch(model="x", provider="keyless", path="chat/completions"))


def test_a_provider_that_speaks_anthropics_format_gets_its_key_there() -> None:
    raw: Headers = [*RAW, (b"anthropic-version", b"2023-06-01"), (b"x-api-key", b"client")]
    url, headers = another(
        raw, PROVIDERS["claude-too"], Patch(model="x", provider="claude-too", path="v1/messages")
    )
    assert url == "https://too.example/v1/messages"
    assert (dict(headers)[b"x-api-key"], dict(headers)[b"anthropic-version"]) == (b"ours", b"2023-06-01")


@pytest.mark.parametrize("model", ["gpt-5.4", "gpt-5.4-2026-03-05"])
def test_a_baseline_is_found_elsewhere_by_any_of_its_names(model: str) -> None:
    made = baseline_elsewhere(settings(openai__gpt__5="azure"), ENGINE, inbound(model=model))
    assert made is None
    known = Settings(providers=PROVIDERS, elsewhere={"openai/gpt-5.4": ElsewhereSettings(provider="azure")})
    made = baseline_elsewhere(known, ENGINE, inbound(model=model))
    assert made == Patch(model=model, provider="azure", path="chat/completions")


def test_an_sdks_own_try_again_is_not_multiplied() -> None:
    known = Settings(providers=PROVIDERS, elsewhere={"openai/gpt-5.4": ElsewhereSettings(provider="azure")})
    again: Headers = [*RAW, (b"x-stainless-retry-count", b"1")]
    assert baseline_elsewhere(known, ENGINE, inbound(raw=again)) is None
    assert baseline_elsewhere(known, ENGINE, inbound("/v1/embeddings")) is None


def test_what_was_changed_for_a_model_is_changed_elsewhere_too() -> None:
    known = Settings(
        providers=PROVIDERS,
        elsewhere={"openai/gpt-5.4-mini": ElsewhereSettings(provider="azure", model="our-mini")},
    )
    patch = Patch(model="gpt-5.4-mini", provider="openai", renamed={"max_tokens": "max_completion_tokens"})
    made = same_elsewhere(known, ENGINE, inbound().head.route, patch)
    assert made == Patch(
        model="our-mini",
        provider="azure",
        path="chat/completions",
        renamed={"max_tokens": "max_completion_tokens"},
    )


def test_one_api_of_two_wire_formats_is_nowhere_else() -> None:
    known = Settings(
        providers=PROVIDERS,
        elsewhere={"anthropic/claude-haiku-4-5": ElsewhereSettings(provider="claude-too")},
    )
    crossed = Patch(model="claude-haiku-4-5", provider="anthropic", path="v1/chat/completions", bearer=True)
    assert same_elsewhere(known, ENGINE, inbound().head.route, crossed) is None
    own = Patch(model="claude-haiku-4-5", provider="anthropic")
    made = same_elsewhere(known, ENGINE, inbound("/v1/messages", "claude-opus-5").head.route, own)
    assert made == Patch(model="claude-haiku-4-5", provider="claude-too", path="v1/messages")

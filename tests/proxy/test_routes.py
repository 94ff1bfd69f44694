from __future__ import annotations

import pytest

from suffice.config import load
from suffice.errors import RequestError
from suffice.proxy.routes import Routes
from suffice.upstream.vendors import load_vendors


@pytest.fixture(scope="module")
def routes() -> Routes:
    return Routes(load(None, {}, load_vendors()).providers)


@pytest.mark.parametrize(
    ("path", "anthropic", "provider", "api", "url"),
    [
        (
            "/v1/chat/completions",
            False,
            "openai",
            "chat_completions",
            "https://api.openai.com/v1/chat/completions",
        ),
        (
            "/chat/completions",
            False,
            "openai",
            "chat_completions",
            "https://api.openai.com/v1/chat/completions",
        ),
        ("/v1/responses", False, "openai", "responses", "https://api.openai.com/v1/responses"),
        ("/v1/embeddings", False, "openai", "embeddings", "https://api.openai.com/v1/embeddings"),
        ("/v1/messages", False, "anthropic", "messages", "https://api.anthropic.com/v1/messages"),
        (
            "/v1/messages/batches",
            True,
            "anthropic",
            "passthrough",
            "https://api.anthropic.com/v1/messages/batches",
        ),
        ("/v1/files/a%2Fb", False, "openai", "passthrough", "https://api.openai.com/v1/files/a%2Fb"),
        ("/v1/models", True, "anthropic", "passthrough", "https://api.anthropic.com/v1/models"),
        ("/openai/v1/responses", True, "openai", "responses", "https://api.openai.com/v1/responses"),
        ("/anthropic/v1/messages", False, "anthropic", "messages", "https://api.anthropic.com/v1/messages"),
        (
            "/anthropic/v1/chat/completions",
            False,
            "anthropic",
            "chat_completions",
            "https://api.anthropic.com/v1/chat/completions",
        ),
    ],
)
def test_a_path_finds_its_provider(
    routes: Routes, path: str, anthropic: bool, provider: str, api: str, url: str
) -> None:
    route = routes.find("POST", path, anthropic=anthropic)
    assert (route.provider.name, route.api, route.url) == (provider, api, url)


def test_only_a_post_is_a_call_that_can_be_read(routes: Routes) -> None:
    assert routes.find("GET", "/v1/responses/resp_1", anthropic=False).api == "passthrough"
    assert routes.find("GET", "/v1/chat/completions", anthropic=False).api == "passthrough"


@pytest.mark.parametrize(
    "path", ["/nosuch/v1/chat/completions", "/", "", "/openai", "/openai/", "//evil.test/v1"]
)
def test_an_unknown_provider_is_a_404_that_names_the_known_ones(routes: Routes, path: str) -> None:
    with pytest.raises(RequestError) as caught:
        routes.find("POST", path, anthropic=False)
    assert caught.value.status == 404
    assert caught.value.code == "unknown_provider"
    assert "anthropic, openai" in caught.value.message


def test_errors_take_the_shape_of_the_paths_api(routes: Routes) -> None:
    assert routes.wire_of("/anthropic/x", anthropic=False) == "anthropic"
    assert routes.wire_of("/nosuch/v1/messages", anthropic=False) == "anthropic"
    assert routes.wire_of("/v1/chat/completions", anthropic=False) == "openai"
    assert routes.wire_of("/nosuch", anthropic=True) == "anthropic"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/..",
        "/v1/../secret",
        "/v1/./files",
        "/openai/v1/files/%2e%2E/%2e./secret",
        "/v1/..\\..\\secret",
        "/anthropic/../../x",
    ],
)
def test_a_step_out_of_the_base_url_is_refused(routes: Routes, path: str) -> None:
    with pytest.raises(RequestError) as caught:
        routes.find("POST", path, anthropic=False)
    assert (caught.value.status, caught.value.code) == (400, "bad_path")


@pytest.mark.parametrize("path", ["/v1/files/a..b", "/v1/files/...", "/v1/files/.hidden", "/v1/a%2f..%2fb"])
def test_dots_within_a_segment_are_no_steps(routes: Routes, path: str) -> None:
    assert routes.find("GET", path, anthropic=False).url == "https://api.openai.com" + path


def test_a_path_means_the_same_each_time_and_no_client_fills_the_memory_of_paths() -> None:
    routes = Routes(load(None, {}, load_vendors()).providers)
    for slashes in range(1000):
        path = "/v1/chat/completions" + "/" * slashes
        first = routes.find("POST", path, anthropic=False)
        assert routes.find("POST", path, anthropic=False) == first
        assert first.api == "chat_completions"
        assert routes.find("GET", path, anthropic=False).api == "passthrough"
    assert sum(len(path) for _, path, _ in routes._known) < 256 * 256
    assert routes.find("POST", "/v1/messages", anthropic=True).api == "messages"

from __future__ import annotations

import pytest

from suffice.config.rules import RESERVED_NAMES, is_loopback, name_problem, url_problem, webhook_problem


@pytest.mark.parametrize("name", ["groq", "my-vendor", "x2", "0"])
def test_good_names(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize("name", ["", "-x", "Groq", "my vendor", "a/b", "a.b", "ü", *sorted(RESERVED_NAMES)])
def test_bad_names_get_a_better_one(name: str) -> None:
    problem = name_problem(name)
    assert problem is not None
    better = problem.partition("[providers.")[2].partition("]")[0]
    assert name_problem(better) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8000",
        "https://host",
        "HTTPS://host/a/b",
    ],
)
def test_good_base_urls(url: str) -> None:
    assert url_problem(url, "openai") is None


@pytest.mark.parametrize(
    ("url", "wire", "said"),
    [
        ("", "openai", "must start with"),
        ("api.openai.com/v1", "openai", "must start with"),
        ("localhost:8000/v1", "openai", "must start with"),
        ("ftp://host/v1", "openai", "must start with"),
        ("https://", "openai", "not a URL"),
        ("https:///v1", "openai", "not a URL"),
        ("https://host:99999/v1", "openai", "not a URL"),
        ("https://host:x/v1", "openai", "not a URL"),
        ("https://[::1/v1", "openai", "not a URL"),
        ("https://ho st/v1", "openai", "not a URL"),
        ("https://host/v1\n", "openai", "not a URL"),
        ("https://host/v1?api-version=1", "openai", "drop everything"),
        ("https://host/v1#x", "openai", "drop everything"),
        ("https://host/v1/chat/completions", "openai", "/chat/completions"),
        ("https://host/v1/messages/", "anthropic", "/messages"),
        ("https://host/v1", "anthropic", "/v1"),
    ],
)
def test_bad_base_urls_say_what_to_do(url: str, wire: str, said: str) -> None:
    problem = url_problem(url, wire)
    assert problem is not None
    assert said in problem


def test_a_key_in_a_base_url_is_not_quoted() -> None:
    problem = url_problem("https://user:sk-hidden@host/v1", "openai")
    assert problem is not None
    assert "sk-hidden" not in problem
    assert "credentials" in problem


@pytest.mark.parametrize("host", ["192.168.0.9", "::", "10.0.0.1", "suffice.internal", "localhost.example"])
def test_what_others_can_reach_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com/a?b=c", "http://127.0.0.1:9/x", "http://localhost/x"]
)
def test_good_webhooks(url: str) -> None:
    assert webhook_problem(url) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is not an address"),
        ("hooks.example.com/a", "is not an address"),
        ("ftp://example.com", "is not an address"),
        ("https://exa mple.com", "is not an address"),
        ("https://host:99999/", "is not an address"),
        ("https://user:pass@example.com/", "must not hold credentials"),
        ("https://example.com/#x", "must not hold credentials"),
        ("http://example.com/", "must start with https://"),
    ],
)
def test_bad_webhooks_are_told_without_being_quoted(url: str, said: str) -> None:
    problem = webhook_problem(url)
    assert problem is not None
    assert said in problem
    assert "pass" not in problem

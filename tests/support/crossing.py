"""A proxy whose providers may serve in each other's place, each a server of its own that knows what it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certified import fresh, policy
from live import LiveProxy, running_proxy
from route_proxy import ALL_AT_ONCE, publish

from recorded import write_answers
from suffice.testing import ReplayUpstream
from suffice.testing.replay_upstream.options import ReplayOptions

CLAUDE, GEMINI = "claude-haiku-4-5", "gemini-2.5-flash"
CLIENT_KEY, CLIENT_SECRET = "sk-of-the-client", "org-of-the-client"
KEYS = {"CLAUDE_KEY": "key-for-claude", "GEMINI_KEY": "key-for-gemini", "AZURE_KEY": "key-for-azure"}
DEAD = "http://127.0.0.1:9"
"""Nobody listens there."""
PATIENT = "[limits]\nbreaker_calls = 1000\nbreaker_least_calls = 1000\n"


def publish_pairs(data: Path, *pairs: tuple[str, str, str]) -> None:
    """Certifies these use cases: name, baseline, candidate."""
    now = datetime.now(UTC)  # noqa: TID251 -- the proxy reads the real clock
    publish(
        data,
        policy(*(fresh(now, bucket=bucket, baseline=big, candidate=small) for bucket, big, small in pairs)),
    )


def providers(openai: str, anthropic: str, gemini: str = DEAD) -> str:
    """Providers at these addresses; those of other vendors have the operator's keys."""
    return (
        f'[providers.openai]\nbase_url = "{openai}/v1"\n'
        f'[providers.anthropic]\nbase_url = "{anthropic}"\nkey = "env:CLAUDE_KEY"\n'
        f'[providers.gemini]\nbase_url = "{gemini}/v1"\nkey = "env:GEMINI_KEY"\n'
    )


def elsewhere(name: str, url: str, *, model: str = "", wire: str = "openai") -> str:
    """The lines that say that a model is served at another address too, by a provider called azure."""
    version = "/v1" if wire == "openai" else ""
    named = f'model = "{model}"\n' if model else ""
    return (
        f'[elsewhere."{name}"]\nprovider = "azure"\n{named}'
        f'[providers.azure]\nbase_url = "{url}{version}"\nwire = "{wire}"\nkey = "env:AZURE_KEY"\nprices = "{wire}"\n'
    )


@contextmanager
def upstream(folder: Path, *faults: str) -> Iterator[ReplayUpstream]:
    """A provider; with faults such as `503=1`, one that has them."""
    with ReplayUpstream.start(write_answers(folder), ReplayOptions(fault_rates=faults)) as started:
        yield started


@contextmanager
def crossing(
    folder: Path, lines: str, *pairs: tuple[str, str, str], more: str = "", holdout: float = 0.0
) -> Iterator[LiveProxy]:
    """A proxy in route mode with these providers and certificates."""
    publish_pairs(folder / "data", *pairs)
    top = ALL_AT_ONCE.replace("0.0", str(holdout)) + 'across_providers = ["anthropic", "gemini"]\n' + more
    with running_proxy(folder, top + lines, environ=KEYS) as proxy:
        yield proxy


def client_headers(feature: str, **more: str) -> dict[str, str]:
    """What a client sends that is for its own provider only, and a use case."""
    return {
        "x-suffice-feature": feature,
        "openai-organization": CLIENT_SECRET,
        "openai-project": CLIENT_SECRET,
        "cookie": f"session={CLIENT_SECRET}",
        "x-goog-api-key": CLIENT_KEY,
        "api-key": CLIENT_KEY,
        "x-custom-token": CLIENT_SECRET,
        **more,
    }


def secrets_in(headers: Mapping[str, str] | Any, path: str = "") -> list[str]:
    """The client's secrets that were sent."""
    text = " ".join([*map(str, dict(headers).items()), path])
    return [secret for secret in (CLIENT_KEY, CLIENT_SECRET) if secret in text]

"""A proxy in route mode: what is certified, what is switched on, and what its ledger says by leg."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certified import fresh, policy
from live import LiveProxy, providers

from suffice.ledger.entry import Entry
from suffice.policy.published import Issued, Published
from suffice.policy.switch import Setting, Switch
from suffice.store.artifacts import Artifacts
from suffice.store.policies import DIRECTORY

BASELINE, CHEAPER = "gpt-5.4", "gpt-5.4-mini"
ALL_AT_ONCE = 'mode = "route"\n[route]\nholdout = 0.0\nramp = [1.0]\n'
PAIRS = ((BASELINE, CHEAPER), ("claude-opus-5", "claude-haiku-4-5"))


def certified(*buckets: str) -> Published:
    """A policy that certifies the cheaper model of each pair in these use cases."""
    return policy(*(one for bucket in buckets for one in _of(bucket)))


def _of(bucket: str) -> list[Issued]:
    now = datetime.now(UTC)  # noqa: TID251 -- the proxy reads the real clock
    return [fresh(now, bucket=bucket, baseline=big, candidate=small) for big, small in PAIRS]


def publish(data: Path, published: Published) -> None:
    """Puts a policy to use."""
    Artifacts(data / DIRECTORY, suffix=".json").publish(published.fingerprint, published.encode())


def config(upstream: str, more: str = ALL_AT_ONCE) -> str:
    """The lines of a configuration."""
    return more + providers(upstream)


def switch(mode: str = "route", **fields: Any) -> Switch:
    """A switch at its last step, without a holdout unless one is given."""
    given: dict[str, Any] = {"holdout": 0.0, **fields}
    return Switch(default=Setting(mode=mode, since_ns=0, ramp=(1.0,)), **given)  # type: ignore[arg-type] -- a mode


def legs(proxy: LiveProxy, feature: str, *, at_least: int) -> dict[str, list[Entry]]:
    """The entries of a use case by what their calls were for, once there are as many."""
    found: dict[str, list[Entry]] = {"served": [], "discarded": []}
    for entry in proxy.ledger(at_least=at_least):
        if entry.outcome.feature == feature:
            found[entry.outcome.leg].append(entry)
    return found


def chat(prompt: str, model: str = BASELINE, **more: object) -> bytes:
    """A body."""
    return json.dumps({"model": model, "messages": [{"role": "user", "content": prompt}], **more}).encode()

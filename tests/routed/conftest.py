"""One replay upstream and one proxy in route mode for the tests of what is served."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import route_proxy as routed
from live import LiveProxy, running_proxy

from recorded import write_answers
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

FEATURES = [f"case-{number}" for number in range(60)]


@pytest.fixture(scope="package")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


@pytest.fixture(scope="package")
def proxy(upstream: ReplayUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProxy]:
    folder = tmp_path_factory.mktemp("proxy")
    routed.publish(folder / "data", routed.certified(*FEATURES))
    # Failures of one test are not to pause the model for the next.
    patient = routed.config(upstream.url) + "[limits]\nbreaker_calls = 1000\nbreaker_least_calls = 1000\n"
    with running_proxy(folder, patient) as proxy:
        yield proxy


@pytest.fixture(scope="package")
def features() -> Iterator[str]:
    return iter(FEATURES)


@pytest.fixture
def feature(features: Iterator[str]) -> str:
    """A certified use case of this test's own."""
    return next(features)


@pytest.fixture
def session() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def entries(proxy: LiveProxy, feature: str) -> Callable[[int], list[Entry]]:
    """Waits for this test's entries in the ledger, discarded calls first."""

    def wait(count: int) -> list[Entry]:
        deadline = time.monotonic() + 10
        while True:
            found = [entry for entry in proxy.ledger() if entry.outcome.feature == feature]
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count
                return sorted(found, key=lambda entry: entry.outcome.leg)
            time.sleep(0.05)

    return wait


@pytest.fixture
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Waits until something is so."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait

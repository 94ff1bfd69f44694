"""One replay upstream and one proxy for all SDK tests; each test tells its own ledger entries by its session."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from live import LiveProxy, providers, running_proxy

from recorded import write_answers
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream


@pytest.fixture(scope="package")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


@pytest.fixture(scope="package")
def proxy(upstream: ReplayUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProxy]:
    with running_proxy(tmp_path_factory.mktemp("proxy"), providers(upstream.url)) as proxy:
        yield proxy


@pytest.fixture
def feature() -> str:
    """A use-case tag of this test's own."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def entries(proxy: LiveProxy, feature: str) -> Callable[[int], list[Entry]]:
    """Waits for this test's entries in the ledger."""

    def wait(count: int) -> list[Entry]:
        deadline = time.monotonic() + 10
        while True:
            found = [entry for entry in proxy.ledger() if entry.outcome.feature == feature]
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count
                return found
            time.sleep(0.05)

    return wait

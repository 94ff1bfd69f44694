"""A provider of raw bytes and one proxy before it, for all tests of abuse."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from live import LiveProxy, providers, running_proxy
from raw import OK, RawProvider, raw_provider

from suffice.ledger.entry import Entry


@pytest.fixture(scope="package")
def shared_provider() -> Iterator[RawProvider]:
    with raw_provider() as provider:
        yield provider


@pytest.fixture
def provider(shared_provider: RawProvider) -> RawProvider:
    shared_provider.answer = OK
    shared_provider.got.clear()
    return shared_provider


@pytest.fixture(scope="package")
def proxy(shared_provider: RawProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProxy]:
    config = providers(shared_provider.url) + "[limits]\nread_timeout_s = 1.0\n"
    with running_proxy(tmp_path_factory.mktemp("abuse"), config) as proxy:
        yield proxy
        assert "Traceback" not in proxy.log, proxy.log


@pytest.fixture
def feature() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def entry(proxy: LiveProxy, feature: str) -> Callable[[], Entry]:
    """Waits for this test's one entry."""

    def wait() -> Entry:
        deadline = time.monotonic() + 10
        while True:
            found = [entry for entry in proxy.ledger() if entry.outcome.feature == feature]
            if found or time.monotonic() > deadline:
                assert len(found) == 1
                return found[0]
            time.sleep(0.05)

    return wait

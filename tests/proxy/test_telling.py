from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

from suffice.config import LimitSettings
from suffice.policy.patch import Patch
from suffice.proxy.telling import Spare, Tell
from suffice.upstream.breaker import Breakers

LIMITS = LimitSettings(breaker_calls=2, breaker_least_calls=2)


def parts() -> Any:
    return SimpleNamespace(breakers=Breakers(LIMITS, random.Random(1)), now_s=lambda: 1.0)


def tell(given: Any) -> Tell:
    return Tell(given, "openai/big", given.breakers.allows("openai/big", 1.0))


def test_what_was_told_first_counts_and_a_break_after_it_counts_too() -> None:
    given = parts()
    for _ in range(2):
        one = tell(given)
        one("succeeded")
        one("dropped")
        one("succeeded")
    assert given.breakers.states() == {}
    for _ in range(2):
        one = tell(given)
        one("succeeded")
        one("failed")
    assert given.breakers.states() == {"openai/big": "open"}


def test_a_spare_waits_for_its_turn() -> None:
    given = parts()
    spare = Spare(Patch(model="big", provider="azure"), tell(given))
    call: Any = SimpleNamespace(status=200, headers=[])
    assert not spare.failed(call)
    assert spare.aside is None
    settlement: Any = object()
    spare.fails(settlement, "upstream_unreachable", "connect_failed")
    assert spare.aside == (settlement, "upstream_unreachable", "connect_failed")


def test_only_the_providers_own_fault_is_a_reason_to_go_elsewhere() -> None:
    for status in (200, 304, 400, 401, 429, 500, 529):
        call: Any = SimpleNamespace(status=status, headers=[("retry-after", "3")])
        assert Spare(Patch(model="big", provider="azure"), tell(parts())).failed(call) is (status >= 500)

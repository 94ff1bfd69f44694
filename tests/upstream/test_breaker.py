from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from suffice.config import LimitSettings
from suffice.upstream.breaker import MOST_UPSTREAMS, Breaker, Breakers, upstream_of

LIMITS = LimitSettings(
    breaker_calls=10,
    breaker_least_calls=4,
    breaker_failure_share=0.5,
    breaker_window_s=30.0,
    breaker_pause_s=5.0,
    breaker_longest_pause_s=60.0,
    breaker_probe_s=20.0,
)
NANO = upstream_of("openai", "gpt-5.4-nano")


def breaker() -> Breaker:
    return Breaker(LIMITS, random.Random(3))


def opened(at_s: float = 0.0) -> Breaker:
    made = breaker()
    for _ in range(LIMITS.breaker_least_calls):
        made.failed(at_s, made.allows(at_s))
    assert made.state == "open"
    return made


def test_too_few_calls_say_nothing() -> None:
    made = breaker()
    for _ in range(LIMITS.breaker_least_calls - 1):
        made.failed(0.0, made.allows(0.0))
    assert made.state == "closed"
    made.failed(0.0, made.allows(0.0))
    assert made.state == "open"
    assert not made.allows(0.0)


@pytest.mark.parametrize(("good", "bad", "state"), [(4, 4, "open"), (5, 4, "closed"), (6, 4, "closed")])
def test_the_share_of_failures_decides(good: int, bad: int, state: str) -> None:
    made = breaker()
    for _ in range(good):
        made.succeeded(1.0, made.allows(1.0))
    for _ in range(bad):
        made.failed(2.0, made.allows(2.0))
    assert made.state == state


def test_what_is_long_ago_does_not_count() -> None:
    made = breaker()
    for _ in range(3):
        made.failed(0.0, made.allows(0.0))
    later = LIMITS.breaker_window_s + 1
    made.failed(later, made.allows(later))
    assert made.state == "closed"


def test_old_successes_do_not_hide_an_outage() -> None:
    made = breaker()
    for _ in range(10):
        made.succeeded(0.0, made.allows(0.0))
    for _ in range(4):
        made.failed(40.0, made.allows(40.0))
    assert made.state == "open"


def test_one_probe_goes_through_after_the_pause_and_its_success_closes() -> None:
    made = opened()
    assert 4.0 <= made.until_s <= 6.0
    assert not made.allows(made.until_s - 0.01)
    probe = made.allows(made.until_s)
    assert probe
    assert not made.allows(made.until_s - 10)
    made.succeeded(6.0, probe)
    assert made.state == "closed"
    made.failed(6.0, made.allows(6.0))
    assert made.state == "closed", "what failed before it opened is forgotten"


def test_a_pause_doubles_as_long_as_probes_fail_and_starts_anew_after_a_success() -> None:
    made = opened()
    now, pauses = 0.0, [made.until_s]
    for _ in range(6):
        now = made.until_s
        made.failed(now, made.allows(now))
        pauses.append(made.until_s - now)
    for pause, expected in zip(pauses, (5, 10, 20, 40, 60, 60, 60), strict=True):
        assert 0.8 * expected <= pause <= 1.2 * expected
    assert (
        len({round(pause / expected, 3) for pause, expected in zip(pauses[4:], (60, 60, 60), strict=True)})
        == 3
    )
    now = made.until_s
    made.succeeded(now, made.allows(now))
    for _ in range(4):
        made.failed(now, made.allows(now))
    assert 4.0 <= made.until_s - now <= 6.0


def test_a_provider_that_asks_for_more_time_gets_it_within_reason() -> None:
    for asked, waits in ((30.0, 30.0), (1e9, 60.0)):
        made = breaker()
        for _ in range(4):
            made.failed(0.0, made.allows(0.0), asked)
        assert made.until_s == waits


def test_a_probe_without_an_outcome_has_failed_when_its_time_is_over() -> None:
    made = opened()
    lost = made.allows(made.until_s)
    ends = made.until_s
    assert not made.allows(ends - 0.01)
    assert not made.allows(ends), "it has failed: the next pause begins"
    assert made.state == "open"
    made.succeeded(ends + 0.1, lost)
    assert made.state == "open", "what comes too late says nothing"
    assert made.allows(made.until_s)


def test_a_probe_that_says_nothing_makes_room_for_the_next() -> None:
    made = opened()
    now = made.until_s
    made.dropped(now, made.allows(now))
    assert made.allows(now)


def test_an_answer_from_before_the_outage_does_not_end_it() -> None:
    made = breaker()
    slow = made.allows(0.0)
    for _ in range(4):
        made.failed(1.0, made.allows(1.0))
    made.succeeded(2.0, slow)
    assert made.state == "open"
    probe = made.allows(made.until_s)
    made.failed(3.0, slow)
    assert made.state == "half_open"
    made.succeeded(3.0, probe)
    assert made.state == "closed"


def test_upstreams_have_breakers_of_their_own() -> None:
    breakers = Breakers(LIMITS, random.Random(1))
    for _ in range(4):
        breakers.failed(NANO, 0.0, breakers.allows(NANO, 0.0), 2.0)
    assert not breakers.allows(NANO, 1.0)
    assert breakers.allows("openai/other", 1.0)
    assert breakers.states() == {NANO: "open"}
    probe = breakers.allows(NANO, 10.0)
    breakers.dropped(NANO, 10.0, probe)
    breakers.succeeded(NANO, 11.0, breakers.allows(NANO, 11.0))
    assert breakers.states() == {}


def test_an_upstream_that_is_not_known_any_more_is_no_error() -> None:
    breakers = Breakers(LIMITS, random.Random(1))
    breakers.succeeded("a", 0.0, 1)
    breakers.failed("a", 0.0, 1)
    breakers.dropped("a", 0.0, 1)
    assert len(breakers) == 0


def test_memory_is_bounded_and_the_least_recently_used_goes_first() -> None:
    breakers = Breakers(LIMITS, random.Random(1))
    for _ in range(4):
        breakers.failed(NANO, 0.0, breakers.allows(NANO, 0.0))
    for number in range(3 * MOST_UPSTREAMS):
        assert breakers.allows(f"x/{number}", 1.0)
        breakers.allows(NANO, 1.0)
        assert len(breakers) <= MOST_UPSTREAMS
    assert not breakers.allows(NANO, 1.0)


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 1000))
def test_it_always_recovers_once_the_upstream_does(outcomes: list[bool], seed: int) -> None:
    made, now = Breaker(LIMITS, random.Random(seed)), 0.0
    for good in outcomes:
        now += 1.0
        ticket = made.allows(now)
        if ticket:
            (made.succeeded if good else made.failed)(now, ticket)
    now += 1.2 * LIMITS.breaker_longest_pause_s + LIMITS.breaker_probe_s
    ticket = made.allows(now)
    assert ticket
    made.succeeded(now, ticket)
    assert made.state == "closed"


class Calls(RuleBasedStateMachine):
    """Calls that begin, end, get lost and come late, on a clock that only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = Breaker(LIMITS, random.Random(5))
        self.running: list[int] = []
        self.probe: int | None = None
        self.probe_since = 0.0

    def probing(self) -> bool:
        return self.probe is not None and self.now < self.probe_since + LIMITS.breaker_probe_s

    @rule()
    def call(self) -> None:
        before = self.breaker.state
        ticket = self.breaker.allows(self.now)
        if not ticket:
            return
        assert not self.probing(), "a call goes through beside a probe"
        if before != "closed":
            self.probe, self.probe_since = ticket, self.now
        self.running.append(ticket)

    @precondition(lambda self: self.running)
    @rule(at=st.integers(0, 10**6), outcome=st.sampled_from(("succeeded", "failed", "dropped")))
    def end(self, at: int, outcome: str) -> None:
        ticket = self.running.pop(at % len(self.running))
        before = self.breaker.state
        getattr(self.breaker, outcome)(self.now, ticket)
        if before == "half_open" and ticket != self.probe:
            assert self.breaker.state == "half_open", "an older call decided for the probe"
        if ticket == self.probe:
            self.probe = None

    @rule(seconds=st.floats(0.0, 90.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(times=st.integers(1, 6))
    def outage(self, times: int) -> None:
        for _ in range(times):
            self.call()
            if self.running:
                self.end(len(self.running) - 1, "failed")

    @invariant()
    def a_probe_keeps_it_half_open(self) -> None:
        assert not self.probing() or self.breaker.state == "half_open"

    @invariant()
    def it_holds_no_more_than_it_may(self) -> None:
        assert len(self.breaker._outcomes) <= LIMITS.breaker_calls

    @invariant()
    def a_pause_is_never_longer_than_the_longest(self) -> None:
        if self.breaker.state == "open":
            assert self.breaker.until_s - self.now <= 1.2 * LIMITS.breaker_longest_pause_s


Calls.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestCalls = Calls.TestCase

from __future__ import annotations

import msgspec
import pytest

from suffice.errors import PolicyError
from suffice.policy.switch import Setting, Switch, ramp_problem

DAY_NS = 86_400 * 10**9
ROUTE = Setting(mode="route", since_ns=5 * DAY_NS)
OBSERVE = Setting(mode="observe", since_ns=0)


def test_a_ramp_rises_by_itself_and_stays_at_its_end() -> None:
    assert [ROUTE.share(day * DAY_NS) for day in (5, 6, 7, 100)] == [0.05, 0.25, 1.0, 1.0]
    assert ROUTE.share(6 * DAY_NS - 1) == 0.05


def test_a_clock_that_was_set_back_does_not_go_below_the_first_step() -> None:
    assert ROUTE.share(0) == 0.05


def test_nothing_is_served_as_chosen_unless_it_is_switched_to_route() -> None:
    assert OBSERVE.share(9 * DAY_NS) == 0
    assert not Switch(default=OBSERVE).routes
    assert Switch(default=OBSERVE, buckets={"faq": ROUTE}).routes


def test_a_bucket_has_its_own_setting_and_off_is_off_for_all() -> None:
    some = Switch(default=OBSERVE, buckets={"faq": ROUTE})
    assert (some.of("faq"), some.of("code")) == (ROUTE, OBSERVE)
    off = msgspec.structs.replace(some, default=Setting(mode="off", since_ns=0))
    assert off.of("faq").mode == "off"
    assert not off.routes


def test_it_is_read_as_it_was_written() -> None:
    switch = Switch(default=OBSERVE, buckets={"faq": ROUTE}, holdout=0.1, salt="s")
    assert Switch.decode(switch.encode()) == switch
    assert b'"holdout": 0.1' in switch.encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff", "cannot be read"),
        (b"{}", "cannot be read"),
        (b'{"default": {"mode": "on", "since_ns": 0}}', "cannot be read"),
        (b'{"default": {"mode": "route", "since_ns": 0}, "holdout": 1}', "holdout must be"),
        (b'{"default": {"mode": "route", "since_ns": 0, "ramp": []}}', "shares above 0"),
        (b'{"default": {"mode": "route", "since_ns": 0, "ramp": [1, 0.5]}}', "must rise"),
        (b'{"default": {"mode": "route", "since_ns": 0, "step_s": 0}}', "must last"),
    ],
)
def test_a_switch_that_is_none_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(PolicyError, match=said) as caught:
        Switch.decode(text)
    assert caught.value.code == "bad_switch"


def test_ramps_that_cannot_be() -> None:
    for ramp in ((0.0, 1.0), (1.1,), (0.5, 0.5), ()):
        assert ramp_problem(ramp)


def test_a_certificate_that_is_newer_than_the_setting_ramps_from_its_own_beginning() -> None:
    at_ns = 20 * DAY_NS
    assert ROUTE.share(at_ns) == 1.0
    assert [ROUTE.share(at_ns, certified_ns=at_ns - day * DAY_NS) for day in (0, 1, 2)] == [0.05, 0.25, 1.0]
    assert ROUTE.share(at_ns, certified_ns=2 * DAY_NS) == 1.0


def test_what_is_calmed_routes_nothing_and_stays_off_where_it_is_off() -> None:
    off = Setting(mode="off", since_ns=0)
    switch = Switch(default=ROUTE, buckets={"faq": ROUTE, "code": off}, holdout=0.1)
    calm = switch.observing()
    assert not calm.routes
    assert [calm.of(bucket).mode for bucket in ("faq", "code", "x")] == ["observe", "off", "observe"]
    assert calm.holdout == 0.1
    assert calm.fingerprint != switch.fingerprint == switch.fingerprint

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.policy.fallback import (
    Rule,
    after_baseline,
    after_fault,
    after_status,
    is_retry,
    patience_s,
    retry_after_s,
)

RETRIED_BY_SDKS = (408, 409, 429, 500, 502, 503, 504, 529)


@given(st.integers(200, 599))
def test_what_the_client_asked_for_is_always_relayed(status: int) -> None:
    assert after_status(status, ours=False).move == "relay"


@given(st.integers(400, 599))
def test_no_error_of_a_model_that_suffice_chose_reaches_the_client(status: int) -> None:
    assert after_status(status, ours=True).move == "next"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (200, "succeeded"), (304, "succeeded"),
        (400, "dropped"), (409, "dropped"), (413, "dropped"), (422, "dropped"),
        (401, "failed"), (403, "failed"), (404, "failed"), (408, "failed"), (429, "failed"),
        (500, "failed"), (502, "failed"), (503, "failed"), (529, "failed"),
    ],
)  # fmt: skip
def test_a_breaker_hears_of_what_speaks_against_the_upstream(status: int, told: str) -> None:
    assert after_status(status, ours=True).told == told


@given(st.integers(200, 599))
def test_a_baseline_is_asked_for_elsewhere_only_for_its_providers_own_fault(status: int) -> None:
    rule = after_baseline(status)
    assert (rule.move == "next") == (status >= 500)
    assert (rule.told == "failed") == (status >= 500), "what is the client's affair pauses nobody's provider"


def test_a_fault_before_the_first_byte_is_answered_by_the_next_and_after_it_breaks() -> None:
    assert after_fault(ours=True, started=False) == Rule("next", "failed")
    assert after_fault(ours=False, started=False) == Rule("relay", "failed")
    assert after_fault(ours=True, started=True).move == "break"
    assert after_fault(ours=False, started=True).move == "break"


@pytest.mark.parametrize(
    ("headers", "patience"),
    [
        ({}, 60.0),
        ({b"x-stainless-read-timeout": b"600.0"}, 60.0),
        ({b"x-stainless-read-timeout": b"30"}, 15.0),
        ({b"x-stainless-timeout": b"8"}, 4.0),
        ({b"x-stainless-timeout": b"600", b"x-stainless-read-timeout": b"10"}, 5.0),
        ({b"x-stainless-read-timeout": b"None"}, 60.0),
        ({b"x-stainless-read-timeout": b"0"}, 60.0),
        ({b"x-stainless-read-timeout": b"-3"}, 60.0),
        ({b"x-stainless-read-timeout": b"nan"}, 60.0),
        ({b"x-stainless-read-timeout": b"inf"}, 60.0),
        ({b"x-stainless-read-timeout": b"9" * 5000}, 60.0),
        ({b"x-stainless-read-timeout": b"\xff"}, 60.0),
    ],
)
def test_the_baseline_keeps_half_of_the_time_that_the_client_waits(
    headers: dict[bytes, bytes], patience: float
) -> None:
    assert patience_s(headers, 60.0) == patience


@pytest.mark.parametrize(
    ("count", "retry"),
    [(b"0", False), (b"1", True), (b"2", True), (b"", False), (b"x", False), (b"-1", False), (b"00", False)],
)
def test_a_retry_of_an_sdk_is_recognised(count: bytes, retry: bool) -> None:
    assert is_retry({b"x-stainless-retry-count": count}) is retry
    assert not is_retry({})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({b"retry-after": b"12"}, 12.0),
        ({b"retry-after-ms": b"1500"}, 1.5),
        ({b"retry-after": b"Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({b"retry-after": b"-5"}, 0.0),
        ({b"retry-after": b"1e300"}, 86_400.0),
        ({b"retry-after": b"\xff"}, 0.0),
    ],
)
def test_how_long_a_provider_asks_to_be_left_alone(headers: dict[bytes, bytes], seconds: float) -> None:
    assert retry_after_s(headers) == seconds


@given(
    st.dictionaries(
        st.sampled_from((b"x-stainless-read-timeout", b"x-stainless-timeout")), st.binary(max_size=40)
    )
)
def test_no_header_makes_a_candidate_wait_longer_or_for_ever(headers: dict[bytes, bytes]) -> None:
    assert 0 < patience_s(headers, 60.0) <= 60.0

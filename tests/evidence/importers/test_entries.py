from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.importers._entries import (
    Options,
    Part,
    UnreadableError,
    both_sides,
    count,
    decoded,
    feature_of,
    identity,
    mapping,
    number,
    time_ns,
    tokens,
    usd_nanos,
)


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 -- a zone is added
def test_times_come_back_to_the_microsecond(at: datetime) -> None:
    at = at.replace(tzinfo=timezone(timedelta(hours=2)))
    expected = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert time_ns(at.isoformat()) == expected
    assert time_ns(at) == expected
    assert time_ns(expected) == time_ns(str(expected)) == expected


@given(st.integers(10**9, 9 * 10**9))
def test_seconds_and_their_parts_are_told_apart_by_size(seconds: int) -> None:
    assert {time_ns(seconds * scale) for scale in (1, 10**3, 10**6, 10**9)} == {seconds * 10**9}
    assert time_ns(seconds + 0.5) == seconds * 10**9 + 5 * 10**8


@pytest.mark.parametrize(
    "odd",
    [
        None, True, "", "soon", -1, 0, 1e300, float("nan"), [], {}, 10**10,
        "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", datetime(1970, 1, 1, tzinfo=UTC),
    ],
)  # fmt: skip
def test_what_is_no_time_is_unknown(odd: object) -> None:
    assert time_ns(odd) is None


@given(st.integers(0, 10**15))
def test_amounts_are_exact(nanos: int) -> None:
    assert usd_nanos(f"{nanos // 10**9}.{nanos % 10**9:09d}") == nanos


@given(st.one_of(st.none(), st.booleans(), st.text(), st.floats(), st.integers(), st.lists(st.integers())))
def test_no_value_is_too_odd_to_read(value: object) -> None:
    for read in (time_ns, usd_nanos, number, count, decoded, mapping):
        read(value)
    for found in (usd_nanos(value), number(value), count(value)):
        assert found is None or found >= 0


def test_counts_that_are_texts_are_counts() -> None:
    assert count("12") == 12
    assert count("12.5") is None
    usage = tokens("120", 8.0, cached="64")
    assert usage is not None
    assert (usage.input_tokens, usage.cache_read_tokens) == (120, 64)
    assert tokens(10, None) is None
    assert tokens(10, 5, cached=11) is None


def test_an_id_of_its_own_wins() -> None:
    assert identity({}, None, "", "chatcmpl-123456789") == "chatcmpl-123456789"
    assert identity({"a": 1}) == identity({"a": 1})
    assert identity({"a": 1}) != identity({"a": 2})


def test_a_use_case_is_a_short_text() -> None:
    assert feature_of(Options(), {"feature": " triage "}) == "triage"
    assert feature_of(Options(), {"feature": {"a": 1}}) == "untagged"
    assert feature_of(Options(feature_field=("tags",)), {"tags": '["a", "b"]'}) == "a"
    assert feature_of(Options(feature_field=("a.b",)), {"a.b": 7}) == "7"
    assert feature_of(Options(feature_field=("a", "b")), {"a": '{"b": "c"}'}) == "c"
    assert feature_of(Options(feature_field=("x", "y")), {"x.y": "flat"}) == "flat"
    assert len(feature_of(Options(), {"feature": "x" * 999})) == 200


def test_two_sides_make_one() -> None:
    asked, answered = ({"custom_id": "1", side: side} for side in ("body", "response"))
    both = [Part(key="1", kind="input", entry=asked), Part(key="1", kind="output", entry=answered)]
    assert list(both_sides(both)) == [{"custom_id": "1", "body": "body", "response": "response"}]
    with pytest.raises(UnreadableError, match="no_output"):
        both_sides(both[:1])

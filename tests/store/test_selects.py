from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from suffice.store import selects
from suffice.store.schema import STEPS


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    STEPS.migrate(made)
    yield made
    made.close()


SPANS = [(None, None), (1, None), (None, 2), (1, 2)]


@pytest.mark.parametrize(("since_ns", "until_ns"), SPANS)
def test_every_question_can_be_asked_of_every_stretch_of_time(
    connection: sqlite3.Connection, since_ns: int | None, until_ns: int | None
) -> None:
    for select in (
        selects.legs(since_ns, until_ns, served=True),
        selects.legs(since_ns, until_ns, served=False),
        selects.turns(since_ns, until_ns),
        selects.price_versions(since_ns, until_ns),
        selects.grouped(["feature", "day", "hour"], since_ns, until_ns, after=None),
        selects.grouped(["feature"], since_ns, until_ns, after=3),
        selects.answers("faq", since_ns or 0, 5),
    ):
        assert connection.execute(*select).fetchall() == []


def test_what_a_caller_says_is_a_value_and_never_a_part_of_the_statement() -> None:
    hostile = "'; DROP TABLE entries; --"
    statement, values = selects.answers(hostile, 0, 1)
    assert hostile not in statement
    assert hostile in values
    for name in (hostile, "entry", "nothing"):
        with pytest.raises(KeyError):
            selects.grouped([name], None, None, after=None)


def test_a_time_without_bounds_is_no_condition() -> None:
    assert selects.between(None, None) == ("", [])
    assert selects.between(1, 2) == ("WHERE received_ns >= ? AND received_ns < ?", [1, 2])

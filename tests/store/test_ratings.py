from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.store.ratings import Rating, RatingStore

ONE = Rating(unit="req_1", model="mini", value=0.5, rater="a", rated_ns=7)
PAIR = Rating(
    unit="req_1", model="mini", value=-1.0, against="big", digest="d1", against_digest="d2", rater="a"
)


def test_ratings_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "new folder?" / "ratings.db"
    store = RatingStore(path)
    assert store.add([ONE, PAIR]) == 2
    store.close()
    again = RatingStore(path, read_only=True)
    assert sorted(again.of("req_1"), key=lambda one: one.value) == [PAIR, ONE]
    assert again.of("req_2") == []
    assert len(again.all()) == 2
    again.close()


def test_a_second_rating_of_a_person_replaces_the_first(tmp_path: Path) -> None:
    store = RatingStore(tmp_path / "ratings.db")
    store.add([ONE])
    changed = Rating(unit="req_1", model="mini", value=1.0, rater="a", rated_ns=8)
    assert store.add([changed, Rating(unit="req_1", model="mini", value=0.0, rater="b")]) == 1
    assert {one.rater: one.value for one in store.of("req_1")} == {"a": 1.0, "b": 0.0}
    store.close()


def test_a_file_that_is_not_there_has_no_ratings(tmp_path: Path) -> None:
    path = tmp_path / "ratings.db"
    store = RatingStore(path, read_only=True)
    assert store.of("req_1") == store.all() == []
    assert not path.exists()


def test_what_is_no_file_of_ratings_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ratings.db"
    path.write_text("not a database, whatever its name says " * 100)
    with pytest.raises(StoreError, match="cannot be used") as caught:
        RatingStore(path).of("req_1")
    assert caught.value.code == "ratings_unusable"


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ratings.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError) as caught:
        RatingStore(path).add([ONE])
    assert caught.value.code == "newer_ratings"

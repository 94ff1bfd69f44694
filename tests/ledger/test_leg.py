from __future__ import annotations

from entries import entry

from suffice.ledger.leg import FIELDS, leg_of
from suffice.store.schema import COLUMNS


def test_every_field_is_a_column() -> None:
    assert set(FIELDS) <= set(COLUMNS)


def test_a_call_is_routed_where_another_model_was_asked() -> None:
    assert leg_of(entry(sent_model="small")).routed
    assert not leg_of(entry(sent_model="big")).routed
    assert not leg_of(entry()).routed


def test_the_candidate_is_the_same_on_both_arms() -> None:
    for sent in ("", "small"):
        assert leg_of(entry(sent_model=sent, decided_model="small")).candidate == "small"
    assert leg_of(entry(decided_model=None)).candidate == "big"


def test_a_request_without_a_session_is_its_own_unit() -> None:
    assert leg_of(entry(7, session="")).unit == "id-00000007"
    assert leg_of(entry(7, session="s")).unit == "s"

from __future__ import annotations

import msgspec
from entries import entry

from suffice.ledger.entry import Entry
from suffice.ledger.leg import FIELDS, leg_of
from suffice.store.rows import LEG_COLUMNS, encode, leg_of_row, row_of
from suffice.store.schema import COLUMNS

ROUTED = entry(
    3, arm="routed", propensity=0.95, bucket="faq", sent_model="small", served_model="small", expected_nanos=5,
    mode="route",
)  # fmt: skip


def test_a_row_has_a_value_for_every_column_and_the_entry_itself() -> None:
    row = dict(zip(COLUMNS, row_of(ROUTED), strict=True))
    assert msgspec.json.decode(row["entry"], type=Entry) == ROUTED
    assert row["entry"] == encode(ROUTED)
    assert (row["mode"], row["arm"], row["propensity"], row["bucket"]) == ("route", "routed", 0.95, "faq")
    assert (row["baseline_nanos"], row["baseline_grade"]) == (400_000, "modelled")
    assert (row["shadow_nanos"], row["shadow_grade"]) == (None, None)


def test_an_entry_joined_with_the_outcome_that_the_worker_wrote_is_the_same_to_the_byte() -> None:
    for one in (ROUTED, entry(1), entry(2, decided_model="small"), entry(3, usage=None)):
        assert row_of(one, encode(one.outcome)) == row_of(one)


def test_a_call_read_from_its_columns_is_what_the_entry_says() -> None:
    for one in (ROUTED, entry(1), entry(2, usage=None, leg="shadow", parent="id-00000001")):
        row = dict(zip(COLUMNS, row_of(one), strict=True))
        assert leg_of_row(row[name] for name in FIELDS) == leg_of(one)
    assert LEG_COLUMNS.startswith("entries.id, entries.received_ns")

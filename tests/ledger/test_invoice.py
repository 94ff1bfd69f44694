from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoices import busy, invoice, savings_of

from routed import World, play
from suffice.errors import StoreError
from suffice.ledger.invoice import NANOS_PER_CENT, Invoice, month_of
from suffice.ledger.lost_cache import LostCache
from suffice.ledger.savings import Range, _lost
from suffice.ledger.zero import WHY_ZERO


def test_the_lines_add_up_to_the_nano_dollar_and_the_fee_follows() -> None:
    made = invoice()
    assert made.verified_nanos == sum(item.nanos for item in made.items)
    assert made.verified_nanos == savings_of(busy()).verified_nanos
    assert made.fee_nanos == (made.verified_nanos or 0) * 20 // 100
    assert made.due_cents == made.fee_nanos // NANOS_PER_CENT
    assert made.why_zero is None
    assert {item.kind for item in made.items} == {"saved", "chance", "overhead"}
    assert [item.name for item in made.items if item.kind == "saved"] == ["faq"], (
        "certified and measured alone"
    )
    assert next(item for item in made.items if item.kind == "chance").nanos <= 0


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**12))
def test_any_lower_end_adds_up(low: int, reach: int) -> None:
    found = savings_of(play(World(sessions=60)).outcomes)
    ends = Range(nanos=low + reach, low_nanos=low, high_nanos=low + 2 * reach)
    made = invoice(savings=msgspec.structs.replace(found, certified_difference=ends))
    assert sum(item.nanos for item in made.items) == made.verified_nanos == low - found.overhead_nanos
    assert made.fee_nanos == max(0, low - found.overhead_nanos) // 5
    assert 0 <= made.fee_nanos - made.due_cents * NANOS_PER_CENT < NANOS_PER_CENT


def test_an_invoice_of_an_earlier_version_is_as_good_as_it_was() -> None:
    fields = msgspec.to_builtins(invoice([])) | {"why_zero": "not_above_zero", "digest": ""}
    del fields["because"]
    sealed = hashlib.sha256(msgspec.json.encode(fields)).hexdigest()
    made = Invoice.decode(msgspec.json.encode(fields | {"digest": sealed}), name="it")
    assert (made.because, made.why_zero) == ("", "not_above_zero")
    with pytest.raises(StoreError, match="was changed after it was issued"):
        Invoice.decode(msgspec.json.encode(fields | {"digest": sealed, "discount": 5}), name="it")


def test_prompt_cache_that_the_measured_cost_holds_is_a_line_of_nothing() -> None:
    lost = LostCache(bucket="faq", baseline="big", turns=4, unknown=2, paid_nanos=5_000, unrouted_nanos=700)
    found = savings_of(busy())
    sessions = msgspec.structs.replace(found, overhead=(*found.overhead[:-2], *_lost((lost,), 1)))
    made = invoice(savings=sessions)
    lines = {item.name: item for item in made.items}
    assert lines["lost_cache"].nanos == 0
    assert lines["lost_cache"].text.startswith(
        "$0.000005000, not known of 2 calls; it is in what these calls cost"
    )
    assert lines["lost_cache_unrouted"].nanos == -700
    assert sum(item.nanos for item in made.items) == made.verified_nanos


def test_what_is_due_says_why_it_is_nothing() -> None:
    assert invoice().because == ""
    made = invoice([])
    assert made.because.startswith(WHY_ZERO["nothing_routed"])
    assert msgspec.json.decode(made.encode())["because"] == made.because


def test_an_invoice_that_was_changed_is_found_out() -> None:
    made = invoice()
    assert Invoice.decode(made.encode(), name="it") == made
    for old, new in ((b'"due_cents": ', b'"due_cents": 1'), (b'"faq"', b'"fax"')):
        with pytest.raises(StoreError, match="was changed after it was issued") as caught:
            Invoice.decode(made.encode().replace(old, new, 1), name="it")
        assert caught.value.code == "forged_invoice"
    with pytest.raises(StoreError, match="is no invoice"):
        Invoice.decode(b"[]", name="it")


def test_months_are_whole_and_in_utc() -> None:
    march, december = month_of("2026-03"), month_of("2026-12")
    assert march is not None
    assert december is not None
    after = month_of("2027-01")
    assert after is not None
    assert december.until_ns == after.since_ns
    assert invoice().period == "March 2026 (UTC)"
    assert invoice(until_ns=march.since_ns + 60 * 10**9).period == "2026-03-01 00:00 to 2026-03-01 00:01 UTC"  # type: ignore[operator] -- it is set
    for bad in ("2026-13", "march", "", "2026-00"):
        assert month_of(bad) is None

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoices import busy, invoice, savings_of

from routed import World, extra, play
from suffice.errors import StoreError
from suffice.ledger.invoice import NANOS_PER_CENT, WHY_ZERO, Invoice, month_of
from suffice.ledger.savings import Range, Savings


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


def without_bound(found: Savings) -> Savings:
    overhead = tuple(msgspec.structs.replace(one, unknown=1, allowance_nanos=None) for one in found.overhead)
    return msgspec.structs.replace(found, overhead=overhead)


BURDEN = [extra(number, leg="discarded") for number in range(99)]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (savings_of([]), "nothing_routed"),
        (savings_of(play(World()).outcomes, certified=lambda *_: False), "nothing_certified"),
        (savings_of(play(World(holdout=0.0)).outcomes), "no_holdout"),
        (savings_of(play(World(verbosity=12.0)).outcomes), "not_above_zero"),
        (savings_of([*play(World(sessions=30)).outcomes, *BURDEN]), "not_above_zero"),
        (without_bound(savings_of(play(World()).outcomes)), "overhead_unknown"),
    ],
)  # fmt: skip
def test_a_month_without_savings_is_a_zero_invoice_that_says_why(found: Savings, why: str) -> None:
    made = invoice(savings=found)
    assert (made.fee_nanos, made.due_cents, made.why_zero) == (0, 0, why)
    assert why in WHY_ZERO


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

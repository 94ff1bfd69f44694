from __future__ import annotations

import msgspec
import pytest
from invoices import invoice, savings_of

from routed import World, extra, play
from suffice.ledger.savings import Range, Savings
from suffice.ledger.zero import KINDS, WHY_ZERO, because, why_zero
from suffice.report.invoice_page import render, sentence
from suffice.report.invoice_pdf import _rows


def without_bound(found: Savings) -> Savings:
    overhead = tuple(msgspec.structs.replace(one, unknown=1, allowance_nanos=None) for one in found.overhead)
    return msgspec.structs.replace(found, overhead=overhead)


def ending_at(found: Savings, low: int) -> Savings:
    return msgspec.structs.replace(
        found, certified_difference=Range(nanos=low + 10, low_nanos=low, high_nanos=low + 30)
    )


BURDEN = [extra(number, leg="discarded") for number in range(9_999)]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (savings_of([]), "nothing_routed"),
        (savings_of(play(World()).outcomes, certified=lambda *_: False), "nothing_certified"),
        (savings_of(play(World(holdout=0.0)).outcomes), "no_holdout"),
        (savings_of(play(World(verbosity=12.0)).outcomes), "not_above_zero"),
        (savings_of([*play(World()).outcomes, *BURDEN]), "overhead_larger"),
        (ending_at(savings_of([]), 1_239 + 45_000_000), "below_a_cent"),
        (without_bound(savings_of(play(World()).outcomes)), "overhead_unknown"),
    ],
)  # fmt: skip
def test_a_month_without_savings_is_a_zero_invoice_that_says_why(found: Savings, why: str) -> None:
    made = invoice(savings=found)
    assert (made.due_cents, made.why_zero) == (0, why)
    assert made.because.startswith(WHY_ZERO[why])


def test_overhead_that_is_larger_than_the_savings_is_said_by_kind_in_every_form() -> None:
    found = savings_of([*play(World()).outcomes, *BURDEN])
    made = invoice(savings=found)
    thrown = next(one.nanos for one in found.overhead if one.kind == "discarded")
    page = " ".join(render(made).replace("&#39;", "'").split())
    pdf = " ".join(" ".join(row.text for row in _rows(made)).split())
    assert found.certified_difference is not None
    for said in (
        f"{KINDS['discarded']} $3.999600000, {KINDS['trial']} $0.000001234",
        "Overhead in this period: $3.999601234 (",
        f"lower end of its 95% interval ${found.certified_difference.low_nanos / 1e9:.9f}, before overhead",
        "neither charged nor carried to another period",
    ):
        assert said in made.because
        assert said in sentence(made)
        assert said in page
        assert said in pdf
    assert thrown == 3_999_600_000
    assert [item.nanos for item in made.items if item.name == "discarded"] == [-thrown]
    assert made.verified_nanos == sum(item.nanos for item in made.items) < 0


def test_a_month_with_nothing_but_a_bake_off_says_what_that_cost() -> None:
    made = invoice([])
    assert made.verified_nanos is None
    assert f"({KINDS['trial']} $0.000001234)" in made.because
    assert "Verified savings: nothing can be verified" in render(made)


def test_a_fee_of_less_than_a_cent_is_named() -> None:
    made = invoice(savings=ending_at(savings_of([]), 1_234 + 45_000_000))
    assert made.fee_nanos == 9_000_000
    assert "It is $0.009000000" in made.because
    assert sentence(made).startswith("Nothing is due. 20% of the verified savings")


def test_something_to_pay_needs_no_reason() -> None:
    found = savings_of(play(World()).outcomes)
    assert why_zero(found, due_cents=1) is None
    assert because(found, None, fee_nanos=10**7) == ""

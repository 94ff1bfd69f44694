from __future__ import annotations

from invoices import invoice

from suffice.report.invoice_page import due, lines_of, price_books, render, sentence


def test_every_line_is_shown_to_the_nano_dollar_and_they_add_up() -> None:
    made = invoice()
    lines = dict(lines_of(made))
    shown = [int(amount.replace("$", "").replace(",", "").replace(".", "")) for amount in lines.values()]
    assert sum(shown[:-3]) == shown[-3] == made.verified_nanos
    assert shown[-2] == made.fee_nanos
    assert lines["Due"] == due(made)
    page = render(made)
    for name, amount in lines.items():
        assert amount in page
        assert name.replace("'", "&#39;") in page


def test_it_shows_what_it_rests_on() -> None:
    made = invoice()
    page = render(made)
    for text in (made.number, made.head, made.digest, "tests 1", "0a1b2c3d4e5f", "never billed", "<script>"):
        assert (text in page) is (text != "<script>")
    assert price_books(made) == ["tests 1"]


def test_it_says_what_its_amounts_are() -> None:
    assert "Amounts are in US dollars. Taxes are not in them. Rule: fee = 20%" in render(invoice())


def test_nothing_due_says_why() -> None:
    made = invoice([])
    assert sentence(made).startswith("Nothing is due. Nothing was routed")
    assert "Nothing was routed in this period" in render(made)
    assert due(made) == "$0.00"

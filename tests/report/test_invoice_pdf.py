from __future__ import annotations

import re
import zlib

import msgspec
from invoices import HELD, invoice

from suffice.report.invoice_pdf import _rows, pdf_of


def test_it_is_a_pdf_that_is_the_same_each_time() -> None:
    made = invoice()
    data = pdf_of(made)
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert pdf_of(made) == data
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") == 1
    streams = [
        zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", data, re.DOTALL)
    ]
    assert any(b"Tj" in part or b"TJ" in part for part in streams), "text that can be selected, not a picture"


def test_it_says_what_the_page_says() -> None:
    made = invoice()
    text = " ".join(row.text + row.amount for row in _rows(made))
    for said in (made.number, made.digest, made.head, "never billed", "$x$"):
        assert said in text.replace("\n", " ")


def test_a_preview_is_headed_as_one() -> None:
    made = msgspec.structs.replace(invoice(), number="preview-20260301-20260401-0a1b2c3d")
    assert next(row.text for row in _rows(made)) == "Preview of an invoice"
    assert b"Preview of an invoice preview-2026" in pdf_of(made)


def test_a_long_invoice_has_several_pages() -> None:
    many = tuple(msgspec.structs.replace(HELD, bucket=f"case {number}") for number in range(60))
    data = pdf_of(invoice(certificates=many))
    assert len(re.findall(rb"/Type /Page\b(?!s)", data)) == 4

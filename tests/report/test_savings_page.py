from __future__ import annotations

from invoices import savings_report

from suffice.report.savings_page import render


def test_a_hostile_use_case_is_text_also_in_the_plot() -> None:
    page = render(savings_report())
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; $x$") == 2, "in both tables"
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $…" in page[page.index("<svg") : page.index("</svg>")]


def test_a_period_without_routing_is_a_page_too() -> None:
    page = render(savings_report([], forecast=None, certificates=()))
    assert "Nothing was routed in this period" in page
    assert "<svg" not in page

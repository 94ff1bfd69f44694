from __future__ import annotations

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._lines import of_buckets, of_rows
from suffice.evidence.statements.openai_usage import bounds, line_of
from suffice.ledger.statement import Flaw, Line


def test_a_bucket_without_results_is_a_day_without_usage() -> None:
    page = {"data": [{"start_time": 0, "end_time": 86_400, "results": []}]}
    (line,) = of_buckets(Document(file="f", pages=(page,)), bounds, line_of)
    assert line == Line(where="bucket 1", file="f", start_ns=0, end_ns=86_400 * 10**9)


def test_what_cannot_be_read_is_kept_aside_with_its_place() -> None:
    results = [{"input_tokens": 1, "model": "m"}, "text", {"input_tokens": -1}, {}]
    pages = (
        {"data": [{"start_time": 0, "end_time": 1, "results": results}, {"start_time": 5, "end_time": 5}]},
    )
    found = list(of_buckets(Document(file="f", pages=pages), bounds, line_of))
    assert isinstance(found[0], Line)
    assert [(one.where, one.reason) for one in found if isinstance(one, Flaw)] == [
        ("bucket 1, result 2", "it is no object"),
        ("bucket 1, result 3", "input_tokens is below 0: -1"),
        ("bucket 1, result 4", "input_tokens is missing"),
        ("bucket 2", "its bucket ends before it begins"),
    ]


def test_rows_have_the_number_of_their_line() -> None:
    document = Document(file="f", rows=((2, {"input_tokens": "3"}), (3, {"input_tokens": "x"})))
    first, second = of_rows(document, None, line_of)
    assert (first.where, second.where) == ("line 2", "line 3")

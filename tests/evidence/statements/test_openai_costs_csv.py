from __future__ import annotations

from suffice.evidence.statements import FORMATS
from suffice.evidence.statements._document import opened
from suffice.ledger.statement import Line

FORM = FORMATS["openai-costs-csv"]
TABLE = """\
start_time\tend_time\tstart_time_iso\tend_time_iso\tamount_value\tamount_currency\tline_item\tproject_id
1793491200\t1793577600\t2026-11-01T00:00:00+00:00\t2026-11-02T00:00:00+00:00\t0.8958740000000000\tusd\t\t
1793577600\t1793664000\t2026-11-02T00:00:00+00:00\t2026-11-03T00:00:00+00:00\t\t\t\t
"""


def test_rows_are_amounts_and_a_row_of_times_is_a_day_without_costs() -> None:
    document = opened("f", TABLE.encode())
    assert FORM.recognises(document)
    first, empty = FORM.read(document)
    assert isinstance(first, Line)
    assert isinstance(empty, Line)
    assert (first.nanos, first.half_unit_nanos, first.model) == (895_874_000, 1, "")
    assert empty.nanos is None

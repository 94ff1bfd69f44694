from __future__ import annotations

from suffice.evidence.statements import FORMATS
from suffice.evidence.statements._document import opened
from suffice.ledger.statement import Line

FORM = FORMATS["openai-usage-csv"]
TABLE = """\
start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens
1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,proj_a,10.0,gpt-5.4-2026-03-05,FALSE,default,59200.0,10646.0,5760.0,53440.0
1793577600,1793664000,2026-11-02T00:00:00+00:00,2026-11-03T00:00:00+00:00,,,,,,,,,
1793664000,1793750400,2026-11-03T00:00:00+00:00,2026-11-04T00:00:00+00:00,proj_a,2.0,gpt-5.4-2026-03-05,TRUE,,100.0,10.0,0.0,100.0
"""


def test_rows_are_lines_and_a_row_of_times_is_a_day_without_usage() -> None:
    document = opened("f", TABLE.encode())
    assert FORM.recognises(document)
    first, empty, batch = FORM.read(document)
    assert isinstance(first, Line)
    assert isinstance(empty, Line)
    assert isinstance(batch, Line)
    assert (first.where, first.requests, first.input_tokens, first.cache_read_tokens) == (
        "line 2",
        10,
        59_200,
        5_760,
    )
    assert (empty.input_tokens, empty.model) == (None, "")
    assert batch.tier == "batch"


def test_a_table_of_costs_is_none_of_usage() -> None:
    assert not FORM.recognises(opened("f", b"start_time,start_time_iso,amount_value\n1,2,3\n"))

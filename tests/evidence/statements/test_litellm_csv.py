from __future__ import annotations

from suffice.evidence.statements import FORMATS
from suffice.evidence.statements._document import opened
from suffice.ledger.statement import Flaw, Line

FORM = FORMATS["litellm-csv"]
TABLE = """\
date,model,prompt_tokens,completion_tokens,spend,team_id,comment
2026-11-01,openai/gpt-5.4,1000,100,0.004,team,hello
2026-11-01,openai/gpt-5.4,-5,100,0.004,team,
2026-11-01,,5,100,0.004,team,
November,gpt-5.4,5,100,0.004,team,
2026-11-02,gpt-5.4,5,1,,team,
"""


def test_rows_are_lines_and_bad_ones_are_kept_aside_with_their_number() -> None:
    document = opened("f", TABLE.encode())
    assert FORM.recognises(document)
    found = list(FORM.read(document))
    first, last = found[0], found[-1]
    assert isinstance(first, Line)
    assert isinstance(last, Line)
    assert (first.day, first.model, first.input_tokens, first.nanos) == (
        "2026-11-01",
        "gpt-5.4",
        1000,
        4_000_000,
    )
    assert (first.cache_read_tokens, first.requests) == (None, None)
    assert last.nanos is None
    assert [(one.where, one.reason) for one in found if isinstance(one, Flaw)] == [
        ("line 3", "prompt_tokens is below 0: -5"),
        ("line 4", "model is missing"),
        ("line 5", "'November' is no day such as 2026-11-03"),
    ]

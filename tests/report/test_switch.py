from __future__ import annotations

import io

from certified import AT_NS, issued
from narrow import CANDIDATES, USE_CASE, expect_whole
from rich.console import Console

from suffice.policy.policy import Policy
from suffice.policy.switch import Setting, Switch
from suffice.report.switch import OTHERS, rows_of, table

DAY_NS = 86_400_000_000_000
POLICY = Policy(certificates=(issued().held, issued(bucket="[letters]").held))
SWITCH = Switch(
    default=Setting(mode="observe", since_ns=0),
    buckets={
        "tickets": Setting(mode="route", since_ns=AT_NS - 9 * DAY_NS, reason="ana"),
        "code": Setting(mode="off", since_ns=0),
    },
    holdout=0.2,
)


def test_each_use_case_with_a_setting_or_a_certificate_has_a_row() -> None:
    rows = {row.bucket: row for row in rows_of(SWITCH, POLICY, AT_NS + DAY_NS)}
    assert list(rows) == ["[letters]", "code", "tickets", OTHERS]
    tickets = rows["tickets"]
    assert (tickets.step, tickets.share, tickets.since_ns) == (2, 0.25 * 0.8, AT_NS), (
        "a new certificate ramps"
    )
    assert tickets.certified == ("gpt-5.4-nano",)
    assert (rows["[letters]"].mode, rows["[letters]"].share) == ("observe", None)


def test_a_certificate_that_has_expired_is_none() -> None:
    rows = {row.bucket: row for row in rows_of(SWITCH, POLICY, AT_NS + 40 * DAY_NS)}
    assert "[letters]" not in rows
    assert (rows["tickets"].certified, rows["tickets"].step) == ((), 3)


def test_the_table_says_it_in_words() -> None:
    out = io.StringIO()
    Console(file=out, width=160).print(table(rows_of(SWITCH, POLICY, AT_NS + DAY_NS)))
    text = out.getvalue()
    for words in ("all others", "[letters]", "step 2 of the ramp 5%, 25%, 100%", "20.0%", "2026-11-24 12:00"):
        assert words in text


def test_long_names_are_whole_on_eighty_columns() -> None:
    setting = Setting(
        mode="route", since_ns=AT_NS, ramp=(0.005, 0.125, 1.0), reason="ana: the bake-off went well"
    )
    held = tuple(issued(bucket=USE_CASE, candidate=one).held for one in CANDIDATES)
    switch = Switch(default=Setting(mode="observe", since_ns=0), buckets={USE_CASE: setting})
    rows = rows_of(switch, Policy(certificates=held), AT_NS)
    expected = (USE_CASE, *CANDIDATES, "step 1 of the ramp 0.5%, 12.5%, 100%", setting.reason)
    expect_whole(lambda console: console.print(table(rows)), *expected)

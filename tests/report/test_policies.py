from __future__ import annotations

import io
from datetime import timedelta

from certified import AT, AT_NS, DAY_NS, issued, policy
from narrow import BASELINE, CANDIDATES, USE_CASE, expect_whole
from rich.console import Console

from suffice.evidence.certificate import without
from suffice.policy.published import BucketTerms, Published
from suffice.report.policies import as_json, certificates_table, changes, changes_table, grounds_of

KEY = ("tickets", "gpt-5.4", "gpt-5.4-nano")


def printed(thing: object) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(thing)
    return out.getvalue()


def test_every_kind_of_change_is_named() -> None:
    old = policy(
        issued(), issued(bucket="letters"), issued(bucket="notes"), terms={"faq": BucketTerms(bar=0.9)}
    )
    new = without(
        policy(
            issued(trial="t2"),
            issued(bucket="letters"),
            issued(bucket="new"),
            issued(bucket="notes"),
            scheme="a" * 12,
        ),
        {issued(bucket="letters").key: "served: x"},
        at=AT,
    )
    new = Published(
        certificates=tuple(one for one in new.certificates if one.bucket != "notes"),
        voided=new.voided,
        scheme=new.scheme,
    )
    found = {(one.change, one.bucket) for one in changes(old, new)}
    assert found == {
        ("renewed", "tickets"),
        ("voided", "letters"),
        ("removed", "notes"),
        ("added", "new"),
        ("terms", "faq"),
        ("scheme", ""),
    }
    assert changes(new, new) == []
    text = printed(changes_table(changes(old, new)))
    assert "bar 0.9 -> as the settings say" in text
    assert "none -> aaaaaaaaaaaa" in text


def test_the_table_says_which_certificates_hold() -> None:
    shown = without(
        policy(issued(), issued(bucket="old", expires=AT + timedelta(days=1)), issued(bucket="<gone>[red]")),
        {issued(bucket="<gone>[red]").key: "prompts: shifted"},
        at=AT,
    )
    text = printed(certificates_table(shown, AT_NS + 2 * DAY_NS))
    for said in (
        "until 2026-12-24",
        "expired",
        "void: prompts: shifted",
        "<gone>[red]",
        "+0.001 (-0.021 to +0.031)",
    ):
        assert said in text, said
    told = as_json(shown, AT_NS + 2 * DAY_NS)
    states = {one["bucket"]: one["state"] for one in told["states"]}
    assert states == {"tickets": "valid", "old": "expired"}
    assert told["fingerprint"] == shown.fingerprint


def test_the_certificate_that_counted_or_why_none_did() -> None:
    held = grounds_of(policy(issued()), KEY, AT_NS)
    assert held.certificate == issued()
    assert "trial t1" in held.text
    void = without(policy(issued()), {KEY: "prompts: shifted"}, at=AT)
    reasons = [
        (None, AT_NS, "no policy has been published"),
        (policy(issued()), AT_NS - 1, "holds only from 2026-11-24"),
        (policy(issued()), AT_NS + 31 * DAY_NS, "expired on 2026-12-24"),
        (void, AT_NS, "voided on 2026-11-24 12:00 UTC: prompts: shifted"),
        (policy(issued(bucket="letters")), AT_NS, "no certificate in 'tickets', only in 'letters'"),
        (policy(issued(baseline="gpt-4o")), AT_NS, "no trial has certified it"),
    ]
    for published, at_ns, said in reasons:
        found = grounds_of(published, KEY, at_ns)
        assert found.certificate is None
        assert said in found.text


def test_long_names_are_whole_on_eighty_columns() -> None:
    held = policy(*(issued(bucket=USE_CASE, baseline=BASELINE, candidate=one) for one in CANDIDATES))
    names = (USE_CASE, BASELINE, *CANDIDATES)
    figures = ("+0.001 (-0.021 to +0.031)", "$360.00", "until 2026-12-24")
    expect_whole(lambda console: console.print(certificates_table(held, AT_NS)), *names, *figures)
    expect_whole(lambda console: console.print(changes_table(changes(policy(), held))), *names)

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from certified import AT, AT_NS, DAY_NS, issued, policy
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import PolicyError
from suffice.policy.policy import Policy, Rule
from suffice.policy.published import (
    BucketTerms,
    Published,
    Voided,
    VoidIf,
    fingerprint_of,
    moment_of,
    unix_ns,
    with_published,
)

TWO = (issued(), issued(bucket="letters", candidate="gpt-5.4-mini"))


def changed(data: bytes, **fields: object) -> bytes:
    """The artifact with other fields in its first certificate, or at the top for those that are no certificate's."""
    told = json.loads(data)
    for name, value in fields.items():
        (told["certificates"][0] if name in told["certificates"][0] else told)[name] = value
    return json.dumps(told).encode()


def test_what_is_written_is_read_back() -> None:
    full = policy(
        *TWO,
        voided=(
            Voided(
                bucket="faq",
                baseline="a",
                candidate="b",
                issued=AT,
                expires=AT,
                voided=AT,
                because="served: x",
            ),
        ),
        terms={"faq": BucketTerms(bar=0.9)},
        scheme="0123456789ab",
    )
    back = Published.decode(full.encode())
    assert [one.key for one in back.certificates] == sorted(one.key for one in TWO)
    assert all(one in full.certificates for one in back.certificates)
    assert msgspec.structs.replace(back, certificates=()) == msgspec.structs.replace(full, certificates=())
    assert back.encode() == full.encode()
    assert full.fingerprint == fingerprint_of(full.encode())


def test_the_artifact_reads_line_by_line() -> None:
    text = policy(*TWO).encode().decode()
    assert text.endswith("}\n")
    assert '      "bucket": "tickets",\n' in text
    assert '      "expires": "2026-12-24T12:00:00Z",\n' in text
    told = json.loads(text)
    assert list(told) == sorted(told)
    assert [list(one) for one in told["certificates"]] == [sorted(one) for one in told["certificates"]]


@given(st.permutations(range(4)))
def test_one_content_has_one_name_in_any_order(order: list[int]) -> None:
    several = [issued(bucket=bucket, candidate=model) for bucket in ("a", "b") for model in ("m", "n")]
    assert policy(*(several[place] for place in order)).fingerprint == policy(*several).fingerprint


def test_the_cheapest_candidate_of_a_use_case_comes_first() -> None:
    dear, cheap, unknown = (
        issued(candidate=name, costs=msgspec.structs.replace(issued().costs, candidate_nanos=nanos))
        for name, nanos in (("a", 900), ("b", 20), ("c", None))
    )
    told = json.loads(policy(unknown, dear, cheap).encode())
    assert [one["candidate"] for one in told["certificates"]] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"artifact": "something"}, "no policy artifact"),
        ({"version": 2}, "version 2 of the format"),
        ({"delta": 0}, "delta 0"),
        ({"alpha": 1.5}, "alpha"),
        ({"lower": -0.06}, "does not show a loss below 0.05"),
        ({"upper": 0.0}, "do not enclose its mean"),
        ({"n": 500}, "500 of 400"),
        ({"expires": "2026-11-01T00:00:00Z"}, "expires before"),
        ({"issued": "2026-11-24T12:00:00"}, "without a zone"),
        ({"scheme": "0123456789ab"}, None),
        ({"surprise": 1}, "surprise"),
        ({"bucket": 7}, "bucket"),
    ],
)
def test_what_cannot_be_is_refused_and_named(fields: dict[str, object], said: str | None) -> None:
    data = changed(policy(*TWO).encode(), **fields)
    if said is None:
        data = changed(policy(*TWO).encode()).replace(b'"scheme": null', b'"scheme": "0123456789ab"', 1)
        said = "needs the scheme 0123456789ab"
    with pytest.raises(PolicyError, match=said):
        Published.decode(data, name="draft.json")


@pytest.mark.parametrize("name", ["issued", "expires", "voided"])
def test_a_note_on_what_was_voided_needs_its_zones(name: str) -> None:
    note = Voided(
        bucket="faq", baseline="a", candidate="b", issued=AT, expires=AT, voided=AT, because="served: x"
    )
    told = json.loads(policy(voided=(note,)).encode())
    told["voided"][0][name] = "2026-11-24T12:00:00"
    with pytest.raises(PolicyError, match="the note on b in 'faq' has a time without a zone"):
        Published.decode(json.dumps(told).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"certificates": 1}', b"[" * 5_000])
def test_garbage_is_no_policy(data: bytes) -> None:
    with pytest.raises(PolicyError, match="no policy artifact"):
        Published.decode(data)


def test_two_certificates_of_one_candidate_and_impossible_bars_are_refused() -> None:
    with pytest.raises(PolicyError, match="two certificates"):
        Published.decode(policy(issued(), issued(trial="t2")).encode())
    with pytest.raises(PolicyError, match="not from 0 to 1"):
        Published.decode(policy(terms={"faq": BucketTerms(bar=1.5)}).encode())


def test_the_state_of_a_certificate_is_judged_at_a_moment() -> None:
    one = issued()
    states = [one.state(at_ns) for at_ns in (AT_NS - 1, AT_NS, AT_NS + 30 * DAY_NS - 1, AT_NS + 30 * DAY_NS)]
    assert states == ["not_yet_valid", "valid", "valid", "expired"]


def test_a_note_is_about_one_certificate_and_not_about_a_later_one() -> None:
    note = Voided(
        bucket="tickets",
        baseline="gpt-5.4",
        candidate="gpt-5.4-nano",
        issued=AT,
        expires=AT + timedelta(days=30),
        voided=AT,
        because="served: x",
    )
    assert note.covers(issued())
    assert not note.covers(issued(issued=AT + timedelta(seconds=1)))
    assert not note.covers(issued(bucket="letters"))


def test_settings_stay_the_operators_word() -> None:
    configured = Policy(
        bar=0.8,
        deny=frozenset({"gpt-5.4-nano"}),
        features={"tickets": Rule(bar=0.99, stakes_nanos=5), "letters": Rule(evidence="certified")},
    )
    terms = {
        name: BucketTerms(evidence="calibrated", bar=0.5) for name in ("tickets", "letters", "task:proof")
    }
    merged = with_published(configured, policy(*TWO, terms=terms))
    assert merged.deny == configured.deny
    assert merged.stakes_nanos("tickets") == 5
    assert not merged.allows("gpt-5.4-nano", "tickets"), "a certificate overrules no deny list"
    assert (merged.terms("tickets", "tickets").bar, merged.terms("tickets", "tickets").evidence) == (
        0.99,
        "calibrated",
    )
    assert (merged.terms("letters", "letters").bar, merged.terms("letters", "letters").evidence) == (
        0.5,
        "certified",
    )
    assert merged.terms("untagged", "task:proof").bar == 0.5
    assert merged.terms("untagged", "other") == configured.terms("untagged")
    assert merged.certified("tickets", "gpt-5.4", "gpt-5.4-nano", at_ns=AT_NS)
    assert merged.published == policy(*TWO, terms=terms).fingerprint
    assert merged.fingerprint != configured.fingerprint
    assert with_published(configured, None) is configured


def test_a_policy_names_the_candidates_that_have_a_certificate() -> None:
    merged = with_published(Policy(), policy(*TWO))
    assert merged.certified_for("tickets", "gpt-5.4", at_ns=AT_NS) == ("gpt-5.4-nano",)
    assert merged.certified_for("tickets", "gpt-5.4", at_ns=AT_NS - 1) == ()
    assert merged.certified_for("tickets", "gpt-4o", at_ns=AT_NS) == ()


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 -- a zone is added
def test_moments_are_exact(moment: datetime) -> None:
    whole = moment.replace(microsecond=0, tzinfo=AT.tzinfo)
    assert moment_of(unix_ns(whole)) == whole
    assert moment_of(unix_ns(whole) + 999_999_999) == whole


def test_the_example_of_the_documentation_is_an_artifact() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
    example = page.split("```json\n")[1].split("```")[0].encode()
    found = Published.decode(example)
    assert found.encode() == example
    assert found.certificates[0].void_if != VoidIf()

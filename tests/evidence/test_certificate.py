from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest
from certified import AT, AT_NS, issued, policy, row

from suffice.evidence.certificate import (
    REFUSALS,
    Issuing,
    Reference,
    draft,
    issue,
    judge,
    needed,
    void,
    voided_since,
    without,
)
from suffice.policy.published import BucketTerms, Published, VoidIf

NO_REFERENCE = Reference(void_if=VoidIf())
ISSUING = Issuing(fdr=0.05, at=AT)


def refusals(*rows: object, fdr: float = 0.05) -> list[str | None]:
    return [one.refused for one in judge(rows, fdr=fdr)]  # type: ignore[arg-type] -- rows


def test_every_other_row_is_told_why() -> None:
    rows = [
        row(),
        row(candidate="a", verdict="WORSE", e_value=0.0),
        row(candidate="b", verdict="INCONCLUSIVE", e_value=3.0),
        row(candidate="c", advisory=True),
        row(candidate="gpt-5.4"),
        row(candidate="d", e_value=21.0),
        row(candidate="e", verdict="INCONCLUSIVE", mean=None, n=0, e_value=1.0),
    ]
    found = refusals(*rows)
    assert found == [
        None,
        "worse",
        "inconclusive",
        "advisory_grader",
        "same_model",
        "not_discovered",
        "inconclusive",
    ]
    assert {why for why in found if why} <= REFUSALS.keys()


def test_equal_at_nothing_is_no_evidence() -> None:
    assert refusals(row(baseline_score=0.0, candidate_score=0.0)) == ["nothing_right"]
    assert refusals(row(baseline_score=0.01, candidate_score=0.0)) == [None]
    assert refusals(row(baseline_score=None, candidate_score=None)) == [None], "pairs have no scores"
    sure = row(baseline_score=0.0, candidate_score=0.0)
    assert refusals(row(candidate="b", e_value=25.0), sure) == ["not_discovered", "nothing_right"]


def test_rows_are_judged_together() -> None:
    one = row(e_value=25.0)
    assert refusals(one) == [None]
    assert refusals(one, row(candidate="b", verdict="INCONCLUSIVE", e_value=1.0)) == [
        "not_discovered",
        "inconclusive",
    ]
    assert refusals(one, row(candidate="b", e_value=25.0)) == [None, None]


def test_a_row_that_may_not_be_certified_lowers_no_bar_for_the_others() -> None:
    sure = row(candidate="b", advisory=True, e_value=1e9)
    assert refusals(row(e_value=25.0), sure) == ["not_discovered", "advisory_grader"]
    assert needed([row(e_value=25.0), sure], 0, fdr=0.05) == pytest.approx(40)


def test_what_was_voided_since_a_trial_was_planned_is_not_certified_by_it() -> None:
    before = without(policy(issued()), {issued().key: "guard_worse: it lost"}, at=AT)
    assert voided_since(before, AT_NS) == {issued().key}
    assert voided_since(before, AT_NS + 1) == frozenset()
    assert voided_since(None, 0) == frozenset()
    other = row(candidate="b", e_value=25.0)
    rulings = judge([row(), other], fdr=0.05, void={issued().key})
    assert [one.refused for one in rulings] == ["voided", "not_discovered"]
    assert needed([row(), other], 1, fdr=0.05, void={issued().key}) == pytest.approx(40)
    assert "voided" in REFUSALS


def test_no_rows_have_no_rulings() -> None:
    assert judge([], fdr=0.05) == ()


def test_false_certificates_stay_below_the_rate() -> None:
    """Half of the hypotheses are true; e-values are likelihood ratios, of mean 1 where the null hypothesis is true."""
    rng = random.Random(3)
    shares, found = [], 0
    for _ in range(400):
        rows, false = [], set()
        for number in range(20):
            null = number % 2 == 0
            heads = sum(rng.random() < (0.5 if null else 0.8) for _ in range(30))
            e_value = (0.8 / 0.5) ** heads * (0.2 / 0.5) ** (30 - heads)
            rows.append(row(candidate=str(number), e_value=e_value))
            if null:
                false.add(str(number))
        certified = [one.row.candidate for one in judge(rows, fdr=0.1) if one.refused is None]
        shares.append(sum(name in false for name in certified) / max(len(certified), 1))
        found += len(certified)
    assert sum(shares) / len(shares) <= 0.1
    assert found > 400, "or nothing was tested"


def test_a_certificate_holds_all_that_it_rests_on() -> None:
    one = issue(row(), ISSUING, scheme=None, reference=Reference(void_if=VoidIf(prompts="ab"), prompts="ab"))
    assert (one.bucket, one.baseline, one.candidate) == ("tickets", "gpt-5.4", "gpt-5.4-nano")
    assert (one.delta, one.alpha, one.fdr, one.n, one.population) == (0.05, 0.05, 0.05, 160, 400)
    assert (one.noise_floor.n, one.noise_floor.mean_absolute) == (16, 0.05)
    assert (one.grader.name, one.grader.version, one.price_date) == ("exact", "1", "2026-11-24")
    assert (one.trial, one.sample, one.prompts, one.void_if.prompts) == ("t1", "0a1b2c3d4e5f", "ab", "ab")
    assert (one.issued, one.expires) == (AT, AT + timedelta(days=30))
    assert one.costs.output_ratio == 1.25
    assert Published.decode(policy(one).encode()).certificates == (one,)


def test_bounds_are_rounded_outwards_and_no_zero_is_negative() -> None:
    one = issue(row(), ISSUING, scheme=None, reference=NO_REFERENCE)
    assert (one.mean, one.lower, one.upper) == (0.001235, -0.021235, 0.031235)
    exact = issue(row(mean=0.0, lower=0.0, upper=0.0), ISSUING, scheme=None, reference=NO_REFERENCE)
    assert [str(value) for value in (exact.mean, exact.lower, exact.upper)] == ["0.0", "0.0", "0.0"]
    whole = issue(row(mean=1.0, lower=1.0, upper=1.0), ISSUING, scheme=None, reference=NO_REFERENCE)
    assert (whole.lower, whole.upper) == (1.0, 1.0)


def test_what_was_missing_is_on_the_certificate() -> None:
    one = issue(row(no_verdict=9, lower_if_lost=-0.0441234567), ISSUING, scheme=None, reference=NO_REFERENCE)
    assert (one.no_verdict, one.lower_if_lost) == (9, -0.044124)


def test_a_draft_renews_keeps_and_takes_away() -> None:
    later = AT + timedelta(days=1)
    old = policy(
        issued(),
        issued(bucket="letters"),
        issued(bucket="notes"),
        issued(bucket="old", expires=later),
        issued(bucket="task:proof", scheme="aaaaaaaaaaaa"),
        scheme="aaaaaaaaaaaa",
        terms={"faq": BucketTerms(bar=0.9)},
    )
    rulings = judge(
        [
            row(trial="t2"),
            row(trial="t2", bucket="letters", verdict="WORSE"),
            row(trial="t2", bucket="notes", verdict="INCONCLUSIVE"),
        ],
        fdr=0.05,
    )
    new = issue(rulings[0].row, Issuing(fdr=0.05, at=later), scheme=None, reference=NO_REFERENCE)
    made = draft([new], rulings, current=old, scheme=None, at=later)
    assert {(one.bucket, one.trial) for one in made.certificates} == {
        ("tickets", "t2"),
        ("notes", "t1"),
        ("task:proof", "t1"),
    }
    assert [(one.bucket, one.because) for one in made.voided] == [("letters", "found_worse: by trial t2")]
    assert (made.terms, made.scheme) == (old.terms, old.scheme)
    assert Published.decode(made.encode()).fingerprint == made.fingerprint
    other = draft([], rulings, current=old, scheme="bbbbbbbbbbbb", at=later)
    assert "task:proof" not in {one.bucket for one in other.certificates}
    assert draft([new], rulings, current=None, scheme=None, at=later).certificates == (new,)


def test_what_is_void_leaves_a_note() -> None:
    made = without(policy(issued(), issued(bucket="letters")), {issued().key: "prompts: shifted"}, at=AT)
    assert [one.bucket for one in made.certificates] == ["letters"]
    assert made.voided == (void(issued(), at=AT, because="prompts: shifted"),)
    assert made.voided[0].covers(issued())


def test_a_note_is_dropped_when_its_certificate_would_have_ended() -> None:
    old = Published(voided=(void(issued(), at=AT, because="served: x"),))
    kept = draft([], [], current=old, scheme=None, at=AT + timedelta(days=29))
    gone = draft([], [], current=old, scheme=None, at=AT + timedelta(days=31))
    assert (len(kept.voided), len(gone.voided)) == (1, 0)


def test_a_row_without_a_mean_cannot_be_issued() -> None:
    with pytest.raises(ValueError, match="mean"):
        issue(msgspec.structs.replace(row(), mean=None), ISSUING, scheme=None, reference=NO_REFERENCE)

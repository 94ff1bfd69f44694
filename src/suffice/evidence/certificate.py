"""LEARN: which rows of a trial become certificates, and why every other one does not.

All rows that were tested together are judged together. Each brings an e-value against "the candidate loses delta or
more"; e-BH (Wang & Ramdas, "False discovery rate control with e-values", JRSS-B 2022) keeps the expected share of false
certificates among those issued at most at alpha, whatever depends on what. A row that may not be certified for another
reason (no EQUIVALENT verdict, an advisory grader) enters with an e-value of 0: that lowers no bar for the others,
as leaving it out would, and keeps the guarantee, because 0 is an e-value of any hypothesis.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from suffice.evidence.result import TrialResult
from suffice.policy.published import (
    Costs,
    Grader,
    Issued,
    NoiseFloor,
    Published,
    Voided,
    VoidIf,
    unix_ns,
)
from suffice.stats.e_values import e_bh
from suffice.stats.e_values import needed as enough

DAYS = 30
"""How long a certificate holds unless somebody says otherwise."""
_DIGITS = 1_000_000


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row."""

    row: TrialResult
    refused: str | None
    """Why it gets no certificate: a key of `REFUSALS`; `None` if it gets one."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a use case's traffic at issue: what drift is measured against."""

    void_if: VoidIf
    prompts: str | None = None
    """Digest of the kept fingerprints."""


class Issuing(msgspec.Struct, frozen=True, kw_only=True):
    """What certificates that are issued together share."""

    fdr: float
    """What the rows were judged with."""
    at: datetime
    """When, with a zone; whole seconds."""
    days: float = DAYS
    """How long they hold."""


REFUSALS: Mapping[str, str] = {
    "worse": "it is worse than the baseline by more than the tolerance",
    "inconclusive": "neither equivalence nor its opposite is shown yet",
    "advisory_grader": "its grader may inform, but no certificate rests on it",
    "nothing_right": "its grader found nothing right in any answer, the baseline's included: look at its settings",
    "same_model": "candidate and baseline are one model",
    "voided": "its certificate was voided since this trial was planned: run a new trial",
    "not_discovered": "equivalent by itself, but not certain enough among all rows that were tested together",
}
"""Why a row gets no certificate, in words."""


def judge(
    rows: Sequence[TrialResult], *, fdr: float, void: Collection[tuple[str, str, str]] = ()
) -> tuple[Ruling, ...]:
    """Returns a ruling for each row, in their order.

    Args:
        rows: All that were tested together, also those without a verdict.
        fdr: False discovery rate, in (0, 1).
        void: As `voided_since` has it.
    """
    found = e_bh([_counted(row, void) for row in rows], alpha=fdr)
    return tuple(
        Ruling(row=row, refused=_barred(row, void) or (None if certain else "not_discovered"))
        for row, certain in zip(rows, found, strict=True)
    )


def voided_since(published: Published | None, planned_ns: int) -> frozenset[tuple[str, str, str]]:
    """Returns the use cases and pairs of models that a trial can no longer certify: traffic was against them since.

    Args:
        published: The policy in use.
        planned_ns: Unix time at which the trial drew its requests.
    """
    notes = () if published is None else published.voided
    return frozenset(
        (one.bucket, one.baseline, one.candidate) for one in notes if unix_ns(one.voided) >= planned_ns
    )


def needed(
    rows: Sequence[TrialResult], index: int, *, fdr: float, void: Collection[tuple[str, str, str]] = ()
) -> float:
    """Returns the e-value that one row would have to reach to be certified, the others as they are.

    Args:
        rows: All that were tested together.
        index: Which one.
        fdr: False discovery rate, in (0, 1).
        void: As `voided_since` has it.
    """
    return enough([_counted(row, void) for row in rows], index, alpha=fdr)


def issue(row: TrialResult, issuing: Issuing, *, scheme: str | None, reference: Reference) -> Issued:
    """Returns the certificate of a row that was certified.

    Args:
        row: Its verdict is EQUIVALENT.
        issuing: What is the same for all that are issued together.
        scheme: That the use case is found by; `None` for a client's tag.
        reference: The traffic that it was drawn from.
    """
    if row.mean is None:
        raise ValueError("a certified row has a mean")
    return Issued(
        bucket=row.bucket,
        baseline=row.baseline,
        candidate=row.candidate,
        scheme=scheme,
        delta=row.delta,
        alpha=row.alpha,
        fdr=issuing.fdr,
        n=row.n,
        population=row.population,
        no_verdict=row.no_verdict,
        mean=round(row.mean, 6),
        # To six digits, outwards: what is rounded must not claim more than was shown.
        lower=_below(min(row.lower, row.mean)),
        upper=0.0 - _below(-max(row.upper, row.mean)),
        lower_if_lost=None if row.lower_if_lost is None else _below(row.lower_if_lost),
        noise_floor=NoiseFloor(n=row.noise.n, mean_absolute=_short(row.noise.mean_absolute)),
        grader=Grader(name=row.grader, version=row.grader_version),
        costs=Costs(
            baseline_nanos=row.baseline_cost_nanos,
            candidate_nanos=row.candidate_cost_nanos,
            monthly_saving_nanos=row.monthly_saving_nanos,
            output_ratio=_short(row.output_ratio),
        ),
        price_date=row.price_date,
        trial=row.trial,
        sample=row.sample_digest,
        prompts=reference.prompts,
        issued=issuing.at,
        expires=issuing.at + timedelta(seconds=round(issuing.days * 86_400)),
        void_if=reference.void_if,
    )


def draft(
    issued: Sequence[Issued],
    rulings: Sequence[Ruling],
    *,
    current: Published | None,
    scheme: str | None,
    at: datetime,
) -> Published:
    """Returns the policy that follows from a trial: what it certified, and what still holds of the current one.

    A use case and pair of models that this trial certified anew has the new certificate alone. One that it found WORSE
    loses the old one: later evidence counts. One that it left open keeps it until it expires. What rests on
    another scheme than the new one is dropped: its use cases may no longer mean the same.

    Args:
        issued: New certificates.
        rulings: On all rows of the trial.
        current: The policy in use.
        scheme: Of the new certificates; `None` keeps the current one.
        at: Now.
    """
    old = Published() if current is None else current
    named = old.scheme if scheme is None else scheme
    new = {one.key for one in issued}
    worse = {
        (one.row.bucket, one.row.baseline, one.row.candidate): one.row.trial
        for one in rulings
        if one.refused == "worse"
    }
    kept = [
        one
        for one in old.certificates
        if one.expires > at and one.key not in new and one.scheme in {None, named}
    ]
    voided = [one for one in old.voided if one.expires > at]
    voided += [
        void(one, at=at, because=f"found_worse: by trial {worse[one.key]}")
        for one in kept
        if one.key in worse
    ]
    return Published(
        certificates=(*issued, *(one for one in kept if one.key not in worse)),
        voided=tuple(voided),
        scheme=named,
        terms=old.terms,
    )


def without(published: Published, reasons: Mapping[tuple[str, str, str], str], *, at: datetime) -> Published:
    """Returns a policy without the certificates that are void from now on, and with a note of each.

    Args:
        published: As it is.
        reasons: By the key of a certificate.
        at: Now.
    """
    gone = [one for one in published.certificates if one.key in reasons]
    return msgspec.structs.replace(
        published,
        certificates=tuple(one for one in published.certificates if one.key not in reasons),
        voided=(*published.voided, *(void(one, at=at, because=reasons[one.key]) for one in gone)),
    )


def void(one: Issued, *, at: datetime, because: str) -> Voided:
    """Returns the note of a certificate that no longer counts."""
    return Voided(
        bucket=one.bucket,
        baseline=one.baseline,
        candidate=one.candidate,
        issued=one.issued,
        expires=one.expires,
        voided=at,
        because=because,
    )


def _counted(row: TrialResult, void: Collection[tuple[str, str, str]]) -> float:
    return row.e_value if _barred(row, void) is None else 0.0


def _barred(row: TrialResult, void: Collection[tuple[str, str, str]]) -> str | None:
    if row.advisory:
        return "advisory_grader"
    if row.candidate == row.baseline:
        return "same_model"
    if row.baseline_score == 0 == row.candidate_score:
        return "nothing_right"
    if row.verdict != "EQUIVALENT" or row.mean is None:
        return "worse" if row.verdict == "WORSE" else "inconclusive"
    return "voided" if (row.bucket, row.baseline, row.candidate) in void else None


def _below(value: float) -> float:
    # Plus 0, so that no zero is a negative one.
    return max(-1.0, math.floor(value * _DIGITS) / _DIGITS) + 0.0


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 6)

"""How each use case stands, as a document and as a table in the terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from rich.console import Console
from rich.text import Text

from suffice.evidence.guard import ArmCounts
from suffice.evidence.guarding import Health
from suffice.money import usd
from suffice.policy.published import Issued, Published, Voided, moment_of, unix_ns
from suffice.policy.switch import Switch
from suffice.report.budgets import Budgets, show_budgets
from suffice.report.figures import Figures, Line
from suffice.report.summary import as_set
from suffice.store.events import Happened

_STYLES = {"fine": "green", "watch": "yellow", "demote": "bold red", "voided": "red", "expired": "red"}
_LEGEND = (
    "pairs: requests that both models answered, graded. difference: candidate minus baseline, with its bounds. "
    "signals: share of sessions that show one, routed / holdout. docs/safety.md says what they lead to."
)


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate, or what became of it."""

    baseline: str
    candidate: str
    state: str
    """fine, watch, demote; expired, not_yet_valid, voided."""
    reason: str = ""
    expires: datetime
    share: float = 0.0
    """Of the sessions outside of the holdout that are routed now."""
    pairs: int = 0
    no_verdict: int = 0
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    delta: float | None = None
    routed: ArmCounts | None = None
    holdout: ArmCounts | None = None


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """One use case."""

    bucket: str
    mode: str
    reason: str
    """Why it is in this mode."""
    candidates: tuple[Candidate, ...]
    last_event: Happened | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything."""

    at: datetime
    mode: str
    """Of use cases without a setting of their own."""
    holdout: float
    policy: str | None
    shadow_spent_nanos: int
    """Today, grading included."""
    unknown_feedback: int
    """On ids that are not in the ledger."""
    buckets: tuple[Bucket, ...]
    budgets: Budgets = Budgets()


def status_of(  # noqa: PLR0913 -- what a status is made of
    switch: Switch,
    published: Published | None,
    health: Sequence[Health],
    events: Mapping[str, Happened],
    *,
    now_ns: int,
    spent_nanos: int = 0,
    unknown_feedback: int = 0,
) -> Status:
    """Returns how each use case stands that has a certificate, had one, has a setting of its own or an event.

    Args:
        switch: That counts.
        published: The policy in use.
        health: Of its valid certificates.
        events: The last of each use case.
        now_ns: The clock, Unix time.
        spent_nanos: In the shadow today.
        unknown_feedback: How much could not be told whose it is.
    """
    found: dict[str, list[Candidate]] = {bucket: [] for bucket in (*switch.buckets, *events)}
    states = {one.certificate.key: one for one in health}
    if published is not None:
        for certificate in published.certificates:
            one = _candidate(certificate, states.get(certificate.key), switch, now_ns)
            found.setdefault(certificate.bucket, []).append(one)
        for note in published.voided:
            found.setdefault(note.bucket, []).append(_voided(note))
    buckets = tuple(
        Bucket(
            bucket=bucket,
            mode=switch.of(bucket).mode,
            reason=switch.of(bucket).reason,
            candidates=tuple(candidates),
            last_event=events.get(bucket),
        )
        for bucket, candidates in sorted(found.items())
    )
    return Status(
        at=moment_of(now_ns),
        mode=switch.default.mode,
        holdout=switch.holdout,
        policy=None if published is None else published.fingerprint,
        shadow_spent_nanos=spent_nanos,
        unknown_feedback=unknown_feedback,
        buckets=buckets,
    )


def _candidate(one: Issued, health: Health | None, switch: Switch, now_ns: int) -> Candidate:
    if health is None:
        return Candidate(
            baseline=one.baseline,
            candidate=one.candidate,
            state=one.state(now_ns),
            expires=one.expires,
            delta=one.delta,
        )
    verdict = health.verdict
    return Candidate(
        baseline=one.baseline,
        candidate=one.candidate,
        state=verdict.state,
        reason=verdict.reason,
        expires=one.expires,
        share=switch.of(one.bucket).share(now_ns, certified_ns=unix_ns(one.issued)),
        pairs=verdict.pairs,
        no_verdict=verdict.no_verdict,
        mean=verdict.mean,
        lower=verdict.lower,
        upper=verdict.upper,
        delta=one.delta,
        routed=verdict.routed,
        holdout=verdict.holdout,
    )


def _voided(note: Voided) -> Candidate:
    return Candidate(
        baseline=note.baseline,
        candidate=note.candidate,
        state="voided",
        reason=note.because,
        expires=note.expires,
    )


def show(status: Status, console: Console) -> None:
    """Prints a status for a person.

    Args:
        status: What is shown.
        console: Where to.
    """
    console.print(
        f"mode {status.mode}, holdout {as_set(status.holdout)}, policy {status.policy or 'none'}; "
        f"shadow calls today {usd(status.shadow_spent_nanos, places=4)}\n",
        highlight=False,
    )
    show_budgets(status.budgets, console)
    if not status.buckets:
        console.print("No use case has a certificate yet: `suffice bakeoff plan` begins one.")
        return
    lines = [line for bucket in status.buckets for line in _lines(bucket)]
    columns = ("use case, candidate", "state", "pairs", "difference")
    console.print(Figures(columns, lines, words=("state",)))
    if any(bucket.candidates for bucket in status.buckets):
        console.print(_LEGEND, style="dim", highlight=False)
    if status.unknown_feedback:
        console.print(
            f"{status.unknown_feedback:,} pieces of feedback name decisions that are not in the ledger"
        )


def _lines(bucket: Bucket) -> list[Line]:
    notes = [f"{bucket.mode}: {bucket.reason}" if bucket.reason else bucket.mode]
    if bucket.last_event is not None:
        event = bucket.last_event
        # The switch that a demotion sets says why already.
        because = "" if event.because in bucket.reason else f": {event.because}"
        notes.append(f"{event.at:%Y-%m-%d %H:%M} {event.what}{because}")
    head = Line(name=bucket.bucket, notes=tuple(notes))
    return [head, *(_line(one) for one in bucket.candidates)]


def _line(one: Candidate) -> Line:
    difference = "-"
    if one.mean is not None and one.lower is not None and one.upper is not None:
        difference = f"{one.mean:+.3f} ({one.lower:+.3f} to {one.upper:+.3f})"
    return Line(
        name=one.candidate,
        cells=(Text(one.state, style=_STYLES.get(one.state, "")), f"{one.pairs:,}", difference),
        notes=tuple(_notes(one)),
        depth=1,
    )


def _notes(one: Candidate) -> Iterator[str]:
    about = [f"for {one.baseline}", f"until {one.expires:%Y-%m-%d}"]
    if one.share:
        about.insert(1, f"{as_set(one.share)} of the sessions")
    if one.no_verdict:
        about.append(f"{one.no_verdict:,} more without a verdict")
    yield ", ".join(about)
    if one.reason:
        yield one.reason
    if one.routed is not None and one.holdout is not None:
        yield f"signals: {_signals(one.routed, one.holdout)}"


def _signals(routed: ArmCounts, holdout: ArmCounts) -> str:
    """Of each signal that was seen, its share of the sessions of either arm."""
    names = sorted({*routed.with_signal, *holdout.with_signal})
    said = [f"{name} {_share(routed, name)} / {_share(holdout, name)}" for name in names]
    return ", ".join(said) or f"none in {routed.sessions:,} / {holdout.sessions:,} sessions"


def _share(arm: ArmCounts, name: str) -> str:
    return f"{arm.with_signal.get(name, 0) / arm.sessions:.1%}" if arm.sessions else "-"

"""What is said of policies: which certificates one holds, and what differs between two; as JSON and for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from rich.markup import escape
from rich.table import Table

from suffice.money import usd
from suffice.policy.published import BucketTerms, Issued, Published
from suffice.report.figures import Figures, Line
from suffice.report.summary import shown


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that differs."""

    change: str
    """added, removed, renewed, voided, scheme or terms."""
    bucket: str = ""
    text: str
    """In words."""


def changes(old: Published, new: Published) -> list[Change]:
    """Returns what differs from one policy to another, by use case; empty if nothing does."""
    before = {one.key: one for one in old.certificates}
    after = {one.key: one for one in new.certificates}
    notes = {(one.bucket, one.baseline, one.candidate): one for one in new.voided if one not in old.voided}
    found = []
    for key in sorted(before.keys() | after.keys() | notes.keys()):
        if key in after and after[key] != before.get(key):
            found.append(_taken_up(before.get(key), after[key]))
        elif key in notes:
            note = notes[key]
            text = f"{note.candidate} in the place of {note.baseline}: void, {note.because}"
            found.append(Change(change="voided", bucket=note.bucket, text=text))
        elif key in before and key not in after:
            found.append(Change(change="removed", bucket=key[0], text=f"{key[2]} in the place of {key[1]}"))
    for bucket in sorted(old.terms.keys() | new.terms.keys()):
        was, now = old.terms.get(bucket), new.terms.get(bucket)
        if was != now:
            text = f"{_terms(was)} -> {_terms(now)}"
            found.append(Change(change="terms", bucket=bucket, text=text))
    if old.scheme != new.scheme:
        found.append(Change(change="scheme", text=f"{old.scheme or 'none'} -> {new.scheme or 'none'}"))
    return found


def changes_table(found: Iterable[Change]) -> Table:
    """Returns the changes for a terminal."""
    styles = {"added": "green", "renewed": "cyan", "removed": "yellow", "voided": "red"}
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in found:
        table.add_row(
            one.change, escape(shown(one.bucket)), escape(shown(one.text)), style=styles.get(one.change)
        )
    return table


def certificates_table(published: Published, now_ns: int) -> Figures:
    """Returns the certificates of a policy, and what was voided: a line a use case, then one a candidate."""
    lines: list[Line] = []
    seen: tuple[str, ...] = ()
    for one in published.certificates:
        ground = (one.bucket, one.baseline, f"{one.delta:g}", f"{one.grader.name} {one.grader.version}")
        if ground != seen:
            seen = ground
            about = f"for {one.baseline}, tolerance {one.delta:g}, {ground[3]}"
            lines.append(Line(name=one.bucket, notes=(about,)))
        state, saves = one.state(now_ns), one.costs.monthly_saving_nanos
        lines.append(
            Line(
                name=one.candidate,
                cells=(
                    f"{one.n:,}",
                    f"{one.mean:+.3f} ({one.lower:+.3f} to {one.upper:+.3f})",
                    "-" if saves is None else usd(saves),
                ),
                notes=(f"until {one.expires:%Y-%m-%d}" if state == "valid" else state.replace("_", " "),),
                style="" if state == "valid" else "yellow",
                depth=1,
            )
        )
    lines += [
        Line(
            name=note.bucket,
            notes=(f"{note.candidate} for {note.baseline}: void: {note.because}",),
            style="red",
        )
        for note in published.voided
    ]
    return Figures(("use case, candidate", "n", "difference (bounds)", "a month"), lines)


def as_json(published: Published, now_ns: int) -> dict[str, Any]:
    """Returns a policy as JSON: the artifact, its fingerprint, and the state of each certificate."""
    return {
        "fingerprint": published.fingerprint,
        "policy": msgspec.to_builtins(published),
        "states": [
            {
                "bucket": one.bucket,
                "baseline": one.baseline,
                "candidate": one.candidate,
                "state": one.state(now_ns),
            }
            for one in published.certificates
        ],
    }


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a candidate is certified in a use case, and why or why not."""

    certificate: Issued | None
    """The one that counts; `None` if none does."""
    text: str
    """In words."""


def grounds_of(published: Published | None, key: tuple[str, str, str], at_ns: int) -> Grounds:
    """Returns which certificate counts for a candidate, or why none does.

    Args:
        published: The policy; `None` if nothing has been published.
        key: Use case, baseline and candidate, as the catalog names them.
        at_ns: When.
    """
    if published is None:
        return Grounds(certificate=None, text="no policy has been published")
    here = next((one for one in published.certificates if one.key == key), None)
    if here is None:
        return Grounds(certificate=None, text=_why_none(published, key))
    state = here.state(at_ns)
    if state == "valid":
        text = f"certified by trial {here.trial}, n = {here.n:,}, until {here.expires:%Y-%m-%d %H:%M} UTC"
        return Grounds(certificate=here, text=text)
    when = here.issued if state == "not_yet_valid" else here.expires
    said = "holds only from" if state == "not_yet_valid" else "expired on"
    return Grounds(certificate=None, text=f"its certificate {said} {when:%Y-%m-%d %H:%M} UTC")


def _why_none(published: Published, key: tuple[str, str, str]) -> str:
    bucket, baseline, candidate = key
    notes = [one for one in published.voided if (one.bucket, one.baseline, one.candidate) == key]
    if notes:
        last = max(notes, key=lambda one: one.voided)
        return f"its certificate was voided on {last.voided:%Y-%m-%d %H:%M} UTC: {last.because}"
    others = sorted({one.bucket for one in published.certificates if one.key[1:] == (baseline, candidate)})
    if others:
        return f"it has no certificate in {bucket!r}, only in {', '.join(map(repr, others[:5]))}"
    return "no trial has certified it in the place of this baseline"


def _taken_up(before: Issued | None, after: Issued) -> Change:
    text = (
        f"{after.candidate} in the place of {after.baseline}: {after.mean:+.3f} "
        f"({after.lower:+.3f} to {after.upper:+.3f}), n = {after.n:,}, until {after.expires:%Y-%m-%d}"
    )
    return Change(change="added" if before is None else "renewed", bucket=after.bucket, text=text)


def _terms(terms: BucketTerms | None) -> str:
    if terms is None:
        return "as the settings say"
    said = [
        f'evidence "{terms.evidence}"' if terms.evidence else "",
        "" if terms.bar is None else f"bar {terms.bar:g}",
    ]
    return ", ".join(filter(None, said)) or "as the settings say"

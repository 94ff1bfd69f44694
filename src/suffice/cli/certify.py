"""`suffice certify`: turns what a trial has shown into certificates, as a draft of a policy."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
import numpy as np
from rich.console import Console

from suffice.app import policies_from, references_from, schemes_from, settings_from, traffic_from, trials_from
from suffice.catalog import Catalog
from suffice.cli._options import config_option
from suffice.config import Settings
from suffice.errors import PolicyError, StoreError
from suffice.evidence.certificate import (
    DAYS,
    REFUSALS,
    Issuing,
    Reference,
    Ruling,
    draft,
    issue,
    judge,
    needed,
    voided_since,
)
from suffice.evidence.publish import in_use
from suffice.evidence.reference import keep, pick, seen_in
from suffice.evidence.result import TrialResult
from suffice.policy.published import Issued, Published, VoidIf, moment_of
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.scheme import BucketScheme
from suffice.report.figures import Figures, Line
from suffice.report.policies import changes, changes_table
from suffice.report.summary import as_set
from suffice.store.traffic import TrafficStore

_SOME = 20
"""Calls of a use case that are looked at to tell whether it is a client's tag."""


@click.command(
    epilog="""\b
Examples:
  suffice certify                           # the newest trial
  suffice certify 3f2a --days 14 --out policy.json
  suffice policy diff && suffice policy publish --note "ticket triage"
"""
)
@config_option
@click.argument("trial", required=False)
@click.option(
    "--fdr",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Share of false ones among the certificates, in expectation at most (e-BH over all rows of the trial).",
)
@click.option(
    "--days",
    type=click.FloatRange(0, 366, min_open=True),
    default=float(DAYS),
    show_default=True,
    help="How long they hold.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the draft here, to review it in a pull request.",
)
@click.option(
    "--fresh", is_flag=True, help="Leave out what the policy in use holds: this trial's certificates alone."
)
@click.option("--json", "json_", is_flag=True, help="Print JSON: what became of each row, and the draft.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    trial: str | None,
    fdr: float,
    days: float,
    out: Path | None,
    fresh: bool,
    json_: bool,
) -> None:
    """Issue certificates for what TRIAL has shown, and write them as a draft policy. Nothing is put to use.

    TRIAL is a trial's id; without it the newest. All of its rows are judged together: the false discovery rate
    among the certificates stays below --fdr however many rows there are and whenever the trial was stopped.
    """
    settings = settings_from(config)
    rows, planned_ns = _rows(settings, trial)
    in_force = in_use(policies_from(settings))[1]
    void = voided_since(in_force, planned_ns)
    rulings = judge(rows, fdr=fdr, void=void)
    least = [needed(rows, place, fdr=fdr, void=void) for place in range(len(rows))]
    now_ns = time.time_ns()
    at = moment_of(now_ns)
    work = _Issuing(settings, now_ns)
    issuing = Issuing(fdr=fdr, at=at, days=days)
    issued = [work.issue(one.row, issuing) for one in rulings if one.refused is None]
    # What was voided stays so: a fresh draft leaves out certificates, not what speaks against them.
    current = Published(voided=in_force.voided) if fresh and in_force is not None else in_force
    scheme = work.scheme_name if any(one.scheme for one in issued) else None
    proposed = draft(issued, rulings, current=current, scheme=scheme, at=at)
    # Read back as whoever publishes it will: what could not be used is told now.
    proposed = Published.decode(proposed.encode(), name="the draft")
    path = out or policies_from(settings).draft
    _write(path, proposed.encode())
    if json_:
        told = {
            "trial": rows[0].trial,
            "rows": [_told(one, enough) for one, enough in zip(rulings, least, strict=True)],
            "draft": str(path),
            "fingerprint": proposed.fingerprint,
            "policy": proposed,
            "notes": work.remarks(),
        }
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
        return
    _print(Console(), rulings, fdr, least, (current or Published(), proposed))
    console = Console()
    for note in work.remarks():
        console.print(f"- {note}", highlight=False, markup=False)
    console.print(f"\nDraft {proposed.fingerprint}: {path}", highlight=False, markup=False, soft_wrap=True)


class _Issuing:
    """Issues certificates, and takes a reference of each use case's traffic on the way."""

    def __init__(self, settings: Settings, now_ns: int) -> None:
        self._notes: list[str] = []
        self._settings = settings
        self._catalog = Catalog.load(at_ns=now_ns)
        self._traffic = self._open_traffic()
        self._references: dict[tuple[str, str], Reference] = {}
        self._out_of_reach: dict[tuple[str, str], list[str]] = {}
        schemes = schemes_from(settings)
        self.scheme_name = schemes.current()
        self._scheme = (
            None if self.scheme_name is None else BucketScheme.decode(schemes.read(self.scheme_name))
        )

    def issue(self, row: TrialResult, issuing: Issuing) -> Issued:
        """Returns the certificate of a row."""
        key = (row.bucket, row.baseline)
        if key not in self._references:
            self._references[key] = self._reference(*key)
        if not self._in_reach(row):
            self._out_of_reach.setdefault((row.candidate, row.baseline), []).append(row.bucket)
        scheme = self.scheme_name if self._needs_scheme(row.bucket) else None
        return issue(row, issuing, scheme=scheme, reference=self._references[key])

    def remarks(self) -> list[str]:
        """Returns what whoever reads the draft should know, in words."""
        return self._notes + [
            f"no provider has both {candidate} and {baseline}: its certificates ({', '.join(buckets)}) stand, "
            "but let it serve only where across_providers of [route] names its provider, for chat completions"
            for (candidate, baseline), buckets in self._out_of_reach.items()
        ]

    def _open_traffic(self) -> TrafficStore | None:
        store = traffic_from(self._settings, read_only=True)
        try:
            store.span()
        except StoreError as error:
            self._notes.append(f"drift of prompts and lengths cannot be watched: {error.message}")
            return None
        return store

    def _reference(self, bucket: str, baseline: str) -> Reference:
        if self._traffic is None:
            return Reference(void_if=VoidIf())
        rng = np.random.default_rng(len(self._references))
        name_of = self._catalog.name_of
        heads = list(self._traffic.heads(bucket=bucket)) or self._traffic.heads()
        ids = pick(heads, (bucket, baseline), name_of=name_of, rng=rng)
        calls = self._traffic.get(ids)
        if not calls:
            self._notes.append(
                f"drift in {bucket!r} cannot be watched: none of its calls are in the traffic store"
            )
            return Reference(void_if=VoidIf())
        last_ns = self._traffic.span().last_ns
        digest, data, reference = keep(seen_in(calls), last_ns=last_ns)
        references_from(self._settings).keep(digest, data)
        return reference

    def _needs_scheme(self, bucket: str) -> bool:
        """Whether a use case is one of untagged traffic, which only a scheme can tell."""
        if self._scheme is None:
            return False
        if bucket in self._scheme.names or bucket.startswith((f"{UNTAGGED}/", "task:", "route:")):
            return True
        heads = [] if self._traffic is None else self._traffic.heads(bucket=bucket)
        return any(head.feature == UNTAGGED for _, head in zip(range(_SOME), heads, strict=False))

    def _in_reach(self, row: TrialResult) -> bool:
        providers = self._catalog.providers_of
        may = {*providers(row.baseline), *self._settings.route.across_providers}
        return bool(may & set(providers(row.candidate)))


def _rows(settings: Settings, trial: str | None) -> tuple[list[TrialResult], int]:
    """Returns what a trial has shown, and when it was planned."""
    store = trials_from(settings, read_only=True)
    if trial is None:
        heads = store.heads()
        if not heads:
            raise StoreError("there is no trial: `suffice bakeoff plan` makes one", code="no_trial")
        trial = heads[0].id
    head = store.head(trial)
    rows = [msgspec.json.decode(row, type=TrialResult) for row in store.results(head.id)]
    store.close()
    if not rows:
        raise PolicyError(
            f"trial {head.id} has shown nothing yet: `suffice bakeoff run {head.id}`", code="no_results"
        )
    return rows, head.created_ns


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}", code="not_written") from error


def _told(ruling: Ruling, least: float) -> dict[str, object]:
    row = ruling.row
    return {
        "bucket": row.bucket,
        "baseline": row.baseline,
        "candidate": row.candidate,
        "verdict": row.verdict,
        "e_value": row.e_value,
        "e_value_needed": least,
        "certified": ruling.refused is None,
        "refused": ruling.refused,
    }


def _print(
    console: Console,
    rulings: Sequence[Ruling],
    fdr: float,
    least: Sequence[float],
    drafts: tuple[Published, Published],
) -> None:
    lines: list[Line] = []
    seen = None
    for place, ruling in sorted(enumerate(rulings), key=lambda one: _cheapest_first(one[1].row)):
        row, certified = ruling.row, ruling.refused is None
        if row.bucket != seen:
            seen = row.bucket
            lines.append(Line(name=seen))
        mean = "-" if row.mean is None else f"{row.mean:+.3f} "
        lines.append(
            Line(
                name=row.candidate,
                cells=(
                    f"{row.n:,}",
                    f"{mean}({row.lower:+.3f} to {row.upper:+.3f})",
                    f"{row.e_value:.3g} ({least[place]:.3g})",
                ),
                notes=("certified" if certified else f"no: {_why(ruling)}",),
                style="green" if certified else "",
                depth=1,
            )
        )
    granted = sum(one.refused is None for one in rulings)
    columns = ("use case, candidate", "n", "difference (bounds)", "e-value (needed)")
    console.print(Figures(columns, lines))
    console.print(
        f"{granted} of {len(rulings)} rows are certified; at most {as_set(fdr)} of these are false, in expectation.",
        highlight=False,
    )
    found = changes(*drafts)
    if found:
        console.print("\nThe draft against the policy in use:")
        console.print(changes_table(found))


def _why(ruling: Ruling) -> str:
    row, said = ruling.row, REFUSALS[ruling.refused or ""]
    if ruling.refused == "inconclusive" and row.expected_more is not None:
        return f"{said}; about {row.expected_more:,} more samples are expected to decide it"
    if ruling.refused == "advisory_grader":
        return f"{said} ({row.grader})"
    return said


def _cheapest_first(row: TrialResult) -> tuple[str, bool, int, str]:
    cost = row.candidate_cost_nanos
    return row.bucket, cost is None, cost or 0, row.candidate

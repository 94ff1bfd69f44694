"""What `suffice report` and `suffice savings` share: what routing would have saved on traffic that was only watched."""

from __future__ import annotations

from suffice.app import artifacts_from, output_rate_from
from suffice.catalog import Catalog
from suffice.config import Settings
from suffice.errors import PolicyError
from suffice.evidence.lengths import lengths, seen_in_trials
from suffice.ledger.lengths import LengthOf
from suffice.ledger.projection import GROUP_BY, Projection, groups_of, project
from suffice.ledger.sessions import Period
from suffice.quality.verbosity import EVERYWHERE
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import TRIALS, TrialStore


def projection_of(
    settings: Settings,
    store: SqliteStore,
    period: Period,
    *,
    now_ns: int,
    as_of_ns: int | None = None,
) -> Projection:
    """Returns what a period's watched traffic would have cost less.

    Args:
        settings: All of them.
        store: The ledger.
        period: What is looked at.
        now_ns: The clock, Unix time: whose prices count.
        as_of_ns: Only what trials that were planned before this have seen of answers' lengths; `None` is all that is
            known.

    Raises:
        StoreError: The ledger or the trials cannot be read.
    """
    rows = store.grouped(GROUP_BY, since_ns=period.since_ns, until_ns=period.until_ns)
    return project(
        groups_of(rows), output_rate_from(settings, now_ns=now_ns), _length_of(settings, now_ns, as_of_ns)
    )


def _length_of(settings: Settings, now_ns: int, as_of_ns: int | None) -> LengthOf:
    path, seen = settings.data.directory / TRIALS, {}
    if path.exists():
        trials = TrialStore(path, read_only=True)
        try:
            seen = seen_in_trials(trials, before_ns=as_of_ns)
        finally:
            trials.close()
    # What was fitted bears no date: it may have been learned later.
    fitted = {} if as_of_ns is not None else _fitted(settings)

    def factor(bucket: str, model: str) -> float | None:
        return next((fitted[key] for key in ((bucket, model), (EVERYWHERE, model)) if key in fitted), None)

    return lengths(seen, factor, Catalog.load(at_ns=now_ns).name_of)


def _fitted(settings: Settings) -> dict[tuple[str, str], float]:
    """By use case and model."""
    # Here, because it brings what fitting needs.
    from suffice.quality.artifact import Artifact  # noqa: PLC0415 -- see above

    artifacts = artifacts_from(settings)
    try:
        current = artifacts.current()
        if current is None:
            return {}
        found = Artifact.decode(artifacts.read(current)).verbosity
    except PolicyError:
        # What cannot be used decides nothing either, and `/healthz` says so.
        return {}
    return {(bucket, model): factor for bucket, models in found.items() for model, factor in models.items()}

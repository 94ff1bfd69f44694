"""`suffice fit`: learns from graded answers how good each cheaper model is, and writes it as an artifact."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from suffice.app import artifacts_from, settings_from
from suffice.catalog import Catalog
from suffice.cli._options import config_option
from suffice.errors import ConfigError, StoreError
from suffice.evidence.outcome_table import OutcomeTable, read_outcomes
from suffice.quality.ability_fit import fit_abilities, scores_of
from suffice.quality.artifact import Artifact, Pair
from suffice.quality.clustering import fit_clusters
from suffice.quality.clusters import Clusters
from suffice.quality.clusters import bucket_of as bucket_with_clusters
from suffice.quality.fingerprint import embed
from suffice.quality.fingerprint import load as fingerprint_table
from suffice.quality.fit import FitOptions, fit
from suffice.quality.outcomes import UNTAGGED, Example
from suffice.report.figures import Figures, Line

_FEWEST_TO_CLUSTER = 200
_ANY_TIME = 0
_files = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(
    epilog="""\b
Examples:
  suffice fit --outcomes graded.parquet --baseline gpt-5.4 --candidate gpt-5.4-mini
  suffice fit --outcomes week.jsonl --outcomes trial.csv --publish
  suffice fit --outcomes today.jsonl --onto 1f2e3d4c5b6a.artifact --publish
"""
)
@config_option
@click.option(
    "--outcomes",
    type=_files,
    multiple=True,
    required=True,
    help="Parquet, CSV or JSON lines with a row for each prompt and model: prompt (or messages, or request), model, "
    "score from 0 to 1; optionally bucket (or feature, or task), prompt_id and output_tokens. Repeatable.",
)
@click.option("--baseline", help="The model to stand in for. Without it: the one with the best mean score.")
@click.option(
    "--candidate", multiple=True, help="A model that may stand in. Without it: all others. Repeatable."
)
@click.option(
    "--delta",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="How much lower than the baseline's a score may be and still be good.",
)
@click.option(
    "--onto", type=_files, help="Add the outcomes to what this artifact learned; no head is fitted again."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder of the artifact."
)
@click.option("--publish", is_flag=True, help="Put it to use in the proxy of this configuration.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    outcomes: tuple[Path, ...],
    baseline: str | None,
    candidate: tuple[str, ...],
    delta: float,
    onto: Path | None,
    out: Path,
    publish: bool,
) -> None:
    """Learn from graded answers how good each cheaper model is, for each use case and prompt."""
    console = Console()
    catalog = Catalog.load(at_ns=_ANY_TIME)
    with _progress(console) as progress:
        table = _read(progress, outcomes, catalog)
        if onto is None:
            pairs = _pairs(table, catalog, baseline, candidate)
            artifact = _fit(progress, table, pairs, delta, catalog)
        else:
            if baseline or candidate or delta:
                raise ConfigError(
                    "--onto takes models and tolerance from the artifact: leave the options out"
                )
            artifact = _onto(onto, table)
    data = artifact.encode()
    path = out / f"{artifact.fingerprint}.artifact"
    _write(path, data)
    _print(console, table, artifact)
    console.print(f"\n{path}, {len(data):,} bytes", highlight=False)
    if publish:
        artifacts_from(settings_from(config)).publish(artifact.fingerprint, data)
        console.print("Published: the proxy takes it within a second.", highlight=False)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _read(progress: Progress, paths: Sequence[Path], catalog: Catalog) -> OutcomeTable:
    bar = progress.add_task("Reading outcomes", total=None)
    table = read_outcomes(
        paths,
        name_of=catalog.name_of,
        progress=lambda done, of: progress.update(bar, completed=done, total=of),
    )
    progress.remove_task(bar)
    return table


def _fit(
    progress: Progress,
    table: OutcomeTable,
    pairs: Sequence[tuple[str, str]],
    delta: float,
    catalog: Catalog,
) -> Artifact:
    bar = progress.add_task("Finding like prompts", total=None)
    clusters = _clusters(table.examples)
    examples = table.examples if table.tagged else _in_clusters(table.examples, clusters)
    artifact = fit(
        examples,
        pairs,
        FitOptions(delta=delta, clusters=clusters),
        told=lambda what: progress.update(bar, description=f"Fitting: {what}"),
    )
    progress.update(bar, description="Learning what benchmark profiles say")
    models = [model for one in catalog.candidates().values() for model in one]
    abilities = fit_abilities(scores_of(examples, models))
    progress.remove_task(bar)
    return msgspec.structs.replace(artifact, abilities=abilities.encode())


def _clusters(examples: Sequence[Example]) -> Clusters | None:
    if len(examples) < _FEWEST_TO_CLUSTER:
        return None
    vectors = np.stack([embed(example.features.hashes) for example in examples])
    return fit_clusters(vectors, version=fingerprint_table().version)


def _in_clusters(examples: Sequence[Example], clusters: Clusters | None) -> list[Example]:
    """Examples without a tag, in the use cases that their task and cluster make."""
    if clusters is None:
        return list(examples)
    return [
        msgspec.structs.replace(example, bucket=bucket_with_clusters(example.features, clusters))
        if example.features.feature == UNTAGGED
        else example
        for example in examples
    ]


def _onto(path: Path, table: OutcomeTable) -> Artifact:
    old = Artifact.decode(path.read_bytes())
    known = {(pair.baseline, pair.candidate) for pair in old.pairs}
    if not any({*pair} <= table.means.keys() for pair in known):
        raise ConfigError(f"{path.name} knows no pair of the models in the table: {', '.join(table.means)}")
    return old.updated(_in_clusters(table.examples, old.known_clusters()))


def _pairs(
    table: OutcomeTable, catalog: Catalog, baseline: str | None, candidates: Sequence[str]
) -> list[tuple[str, str]]:
    best = next(iter(table.means))
    first = best if baseline is None else _graded(table, catalog, baseline, "--baseline")
    others = [_graded(table, catalog, one, "--candidate") for one in candidates]
    pairs = [(first, one) for one in others or table.means if one != first]
    if not pairs:
        raise ConfigError(f"there is no candidate beside the baseline {first}")
    return pairs


def _graded(table: OutcomeTable, catalog: Catalog, model: str, option: str) -> str:
    name = catalog.name_of(model)
    if name not in table.means:
        raise ConfigError(f"{option} {model} is not in the table; there are: {', '.join(table.means)}")
    return name


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}", code="not_written") from error


def _print(console: Console, table: OutcomeTable, artifact: Artifact) -> None:
    tally = table.tally
    console.print(
        f"{tally.rows:,} rows, {len(table.examples):,} prompts, {len(table.means)} models", highlight=False
    )
    notes = (
        (tally.unreadable, "rows cannot be read and are left out"),
        (tally.no_verdict, "rows have no score and are left out"),
        (tally.repeated, "scores are of a prompt and model seen before: their mean counts"),
    )
    for count, what in notes:
        if count:
            console.print(f"  {count:,} {what}", highlight=False)
    for baseline in dict.fromkeys(pair.baseline for pair in artifact.pairs):
        console.print()
        console.print(
            Figures(
                ("candidate", "n", "gain (95% interval)", "AUC", "Brier", "ECE", "sure", "right"),
                [_line(pair) for pair in artifact.pairs if pair.baseline == baseline],
                title=f"In the place of {baseline}, tolerance {artifact.delta:g}",
            )
        )
    console.print(
        "Out of fold, at the last fit. sure: share of prompts with p_good of 0.9 or more; right: how many of these "
        "were as good.",
        style="dim",
    )


def _line(pair: Pair) -> Line:
    report = pair.report
    outcomes = sum(moments.count for moments in pair.good.values())
    cells = (
        f"{outcomes:,.0f}",
        f"{report.mean_gain:+.3f} ({report.mean_low:+.3f} to {report.mean_high:+.3f})",
        "-" if report.auc is None else f"{report.auc:.3f}",
        f"{report.brier:.3f}",
        f"{report.calibration_error:.3f}",
        f"{report.sure:.0%}",
        "-" if report.sure_good is None else f"{report.sure_good:.1%}",
    )
    return Line(name=pair.candidate, cells=cells)

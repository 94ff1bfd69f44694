"""`suffice replay-upstream`: a provider made of recorded answers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from suffice.errors import ConfigError
from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.faults import FAULT_NAMES
from suffice.testing.replay_upstream.options import ReplayOptions
from suffice.testing.replay_upstream.serve import serve
from suffice.testing.replay_upstream.server import ReplayServer


@click.command(
    short_help="Serve recorded answers as a provider would.",
    epilog=f"""\b
Examples:
  suffice replay-upstream --answers recorded --port 9090
  suffice replay-upstream --answers recorded --latency-ms 300 --fault 429=0.01 --fault cut:5=0.02

A request can ask for its own fault with the header x-replay-fault, several with a comma between. Faults:
{FAULT_NAMES}.
""",
)
@click.option(
    "--answers",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder with week.jsonl[.zst] and answers.parquet or answers.jsonl.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=9090, show_default=True, help="0 picks a free one."
)
@click.option("--latency-ms", type=click.FloatRange(0), default=0.0, help="Wait before every answer.")
@click.option(
    "--latency-chunk-ms",
    "chunk_latency_ms",
    type=click.FloatRange(0),
    default=0.0,
    help="Wait between events of a stream.",
)
@click.option(
    "--fault", "fault_rates", multiple=True, metavar="FAULT=SHARE", help="A fault and its share of requests."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw of faults.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append a JSON line for every request: no prompt, no key.",
)
def command(answers: Path, **given: Any) -> None:
    """Serve recorded answers as a provider would: chat completions, Responses, Messages and embeddings.

    The same prompt finds its answer in any of the three APIs, for every model that was recorded. Any other
    prompt gets a 404 in the shape of the API.
    """
    options = ReplayOptions(**given)
    try:
        with suppress(KeyboardInterrupt):
            serve(answers, options, _announce)
    except ValueError as error:
        raise ConfigError(str(error), code="bad_fault") from error


def _announce(url: str, recording: Recording, _: ReplayServer) -> None:
    Console(stderr=True).print(
        f"replays {len(recording):,} prompts of {len(recording.models)} models on {url}", highlight=False
    )

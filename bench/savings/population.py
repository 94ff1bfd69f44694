"""Sessions of known cost with both models, drawn from a recorded week."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suffice.catalog import Catalog
from suffice.features import read
from suffice.policy.cost import expected_cost, tokens_of
from suffice.testing.recorded_week import read_week as read_requests
from suffice.types import Request

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BASELINE, CANDIDATE = "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"
AT_NS = 1_773_014_400_000_000_000
"""9 March 2026: when the recorded week begins."""
TAILS = ("as recorded", "long answers", "large sessions")
_MEAN_CALLS = 3.0
_PARETO = 2.2
_SIGMA = 1.2


@dataclass(frozen=True)
class Side:
    """One model's calls: input and output in nano-dollars, each of shape (calls,)."""

    input: Floats
    output: Floats


@dataclass(frozen=True)
class Week:
    """The recorded calls. All arrays have the shape (calls,)."""

    use_case: Ints
    use_cases: int
    predicted: Floats
    """What the product expects the baseline's answer to cost, before it is given."""
    baseline: Side
    candidate: Side
    modelled_output: Floats
    """The candidate's output tokens at the baseline's price."""


@dataclass(frozen=True)
class Sessions:
    """Drawn sessions; costs in nano-dollars. All arrays have the shape (sessions,)."""

    use_case: Ints
    predicted: Floats
    """Of a session's first call."""
    baseline: Floats
    candidate: Floats
    modelled: Floats
    """The candidate's tokens at the baseline's prices."""


def read_week(data: Path) -> Week:
    """Returns the calls of a recorded week."""
    answers = pl.read_parquet(data / "answers.parquet")
    requests = list(read_requests(data))
    names = sorted({request.feature for request in requests})
    catalog = Catalog.load(at_ns=AT_NS)
    rates = {}
    for model in (BASELINE, CANDIDATE):
        known = catalog.resolve("openai", model)
        assert known is not None, model
        rates[model] = known

    def side(model: str) -> tuple[Side, Floats]:
        rows = {row[0]: row[1:] for row in answers.filter(pl.col("model") == model)
                .select("request_id", "input_tokens", "output_tokens").iter_rows()}  # fmt: skip
        tokens = np.array([rows[request.id] for request in requests], float)
        rate = rates[model].rates[-1]
        return Side(tokens[:, 0] * rate.input / 1e3, tokens[:, 1] * rate.output / 1e3), tokens[:, 1]

    baseline, _ = side(BASELINE)
    candidate, generated = side(CANDIDATE)
    predicted = []
    for request in requests:
        asked = Request(api="chat_completions", provider="openai", model=BASELINE, body=request.request)
        predicted.append(expected_cost(tokens_of(read(asked)), rates[BASELINE]))
    return Week(
        use_case=np.array([names.index(request.feature) for request in requests]),
        use_cases=len(names),
        predicted=np.array(predicted, float),
        baseline=baseline,
        candidate=candidate,
        modelled_output=generated * rates[BASELINE].rates[-1].output / 1e3,
    )


def draw(week: Week, sessions: int, tail: str, verbosity: float, rng: np.random.Generator) -> Sessions:
    """Returns sessions: each a few calls of one use case.

    Args:
        week: The recorded calls.
        sessions: How many.
        tail: One of `TAILS`. "long answers": every call's output is stretched by a Pareto variable (index 2.2), the
            same with both models. "large sessions": calls per session are log-normal (sigma 1.2).
        verbosity: Output tokens of the candidate for one recorded.
        rng: Dice.
    """
    if tail == "large sessions":
        calls = np.ceil(rng.lognormal(0.4, _SIGMA, sessions)).astype(int)
    else:
        calls = rng.geometric(1 / _MEAN_CALLS, sessions)
    session = np.repeat(np.arange(sessions), calls)
    first = rng.integers(0, len(week.use_case), sessions)
    use_case = week.use_case[first]
    call = np.empty(len(session), int)
    for number in range(week.use_cases):
        places = np.flatnonzero(use_case[session] == number)
        call[places] = rng.choice(np.flatnonzero(week.use_case == number), len(places))
    starts = np.cumsum(calls) - calls
    call[starts] = first
    stretch = rng.pareto(_PARETO, len(call)) + 0.3 if tail == "long answers" else np.ones(len(call))

    def total(values: Floats) -> Floats:
        return np.bincount(session, values, sessions)

    sent = week.candidate.input[call] / week.baseline.input[call]
    return Sessions(
        use_case=use_case,
        predicted=week.predicted[first],
        baseline=total(week.baseline.input[call] + stretch * week.baseline.output[call]),
        candidate=total(week.candidate.input[call] + verbosity * stretch * week.candidate.output[call]),
        # Both models count the same input tokens here: only its price differs.
        modelled=total(
            week.candidate.input[call] / np.where(sent > 0, sent, 1)
            + verbosity * stretch * week.modelled_output[call]
        ),
    )

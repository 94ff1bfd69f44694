"""LEARN: which use cases a trial asks which candidates, what that should cost, and what cannot be tried and why.

A plan is a value: the sample is drawn when it is made, so a trial that is interrupted goes on with the same units in
the same order.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from suffice.config import GraderSettings
from suffice.errors import StoreError
from suffice.evidence.sample import Unit
from suffice.types import ClientApi

FEWEST = 20
"""Requests that a use case must have: one round. Twenty of twenty alike still leave a failure rate of 13.9% open."""


class PlannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate for one use case."""

    candidate: str
    """`provider/model`."""
    name: str
    """The catalog's name."""
    cannot: str | None = None
    """Why it cannot be tried, in words; `None` if it can."""
    expected_units: int | None = None
    """Requests to a verdict, in half of the cases; `None` where there is none within the bucket."""
    cautious_units: int | None = None
    """The same in nine cases of ten."""
    expected_calls: int | None = None
    """Calls to providers for `expected_units`: its own, and its share of the baseline's."""
    expected_nanos: int | None = None
    """What those cost, at the tokens of the logged answers, grading not included; `None` is unknown."""
    guess: str = ""
    """What the forecast rests on, in words."""

    @property
    def tried(self) -> bool:
        """Whether the trial asks it."""
        return self.cannot is None


class PlannedBucket(msgspec.Struct, frozen=True, kw_only=True):
    """One use case: its sample, its grader and its candidates."""

    bucket: str
    baseline: str = ""
    """`provider/model`: what its requests ask for; empty where none can be told."""
    baseline_name: str = ""
    """The catalog's name."""
    api: ClientApi = "chat_completions"
    calls: int
    """Logged calls, of whatever model."""
    population: int = 0
    """Calls that could be drawn."""
    set_aside: int = 0
    strata: int = 1
    whole: bool = True
    """Whether every call of the population is among the units."""
    left_out: dict[str, int] = {}
    """Calls that are not in the population, by reason in words."""
    units: tuple[Unit, ...] = ()
    """In the order in which they are asked."""
    grader: GraderSettings | None = None
    grader_name: str = ""
    grader_version: str = ""
    advisory: bool = False
    calls_per_month: float | None = None
    """Of the baseline's; `None` where the log covers less than a day."""
    cannot: str | None = None
    """Why nothing can be tried here, in words."""
    rows: tuple[PlannedRow, ...] = ()

    @property
    def tried(self) -> tuple[PlannedRow, ...]:
        """The rows that the trial asks."""
        return () if self.cannot is not None else tuple(row for row in self.rows if row.tried)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A trial before it is run."""

    id: str
    created_ns: int
    seed: int
    delta: float
    alpha: float
    price_date: str
    """ISO date of the prices."""
    reuse_logged: bool = False
    """The baseline's logged answers stand for new ones."""
    twice_share: float = 0.1
    buckets: tuple[PlannedBucket, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows are tried."""
        return sum(len(bucket.tried) for bucket in self.buckets)

    def encode(self) -> bytes:
        """Returns the plan as JSON."""
        return msgspec.json.encode(self, enc_hook=_encode)

    @staticmethod
    def decode(data: bytes) -> Plan:
        """Reads a plan.

        Raises:
            StoreError: It is none, or one of another version.
        """
        try:
            return msgspec.json.decode(data, type=Plan, dec_hook=_decode)
        except msgspec.MsgspecError as error:
            raise StoreError(f"the plan cannot be read: {error}; make a new one", code="bad_plan") from error


def plan_of_any_version(data: bytes) -> Plan | None:
    """Reads the plan of an earlier trial; `None` for one of another version, of which nothing can be told."""
    try:
        return Plan.decode(data)
    except StoreError:
        return None


def _encode(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a plan holds no {type(value).__name__}")


def _decode(kind: type, value: Any) -> object:
    return Path(value) if kind is Path else value

"""What every section works with: the data, what was read of it, and how thorough to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from routing.outcomes import Outcomes, load
from routing.pairs import GPT_4, MIXTRAL, PAIRS, STAND_INS
from routing.reading import Read, read_all
from routing.resampling import REPEATS, rng_of
from routing.routers import Forecast, OurRouter, forecast
from routing.rows import Rows, rows_of, together

MOST_ROWS, QUICK_ROWS = 4000, 1500
"""Prompts of a pair that are looked at outside of RouteLLM's evaluations, drawn at random: a whole run has to end."""
FOLDS = 5


@dataclass(kw_only=True)
class Bench:
    """One run of the measurement."""

    data: Path
    out: Path
    quick: bool = False
    """Few rows, few samples: to see that everything runs. Its figures are never written to the page."""
    seed: int = 3
    _forecasts: dict[tuple[str, tuple[str, str]], Forecast] = field(default_factory=dict)
    _sets: dict[str, tuple[Outcomes, list[Read]]] = field(default_factory=dict)

    @property
    def repeats(self) -> int:
        """Bootstrap samples."""
        return 50 if self.quick else REPEATS

    def outcomes(self, name: str) -> Outcomes:
        """Returns one set."""
        return self._set(name)[0]

    def reads(self, name: str) -> list[Read]:
        """Returns its prompts as the layers see them."""
        return self._set(name)[1]

    def rows(
        self, name: str, pair: tuple[str, str], keep: np.ndarray | None = None, most: int | None = MOST_ROWS
    ) -> Rows:
        """Returns the prompts of a set that both models answered; of more than `most` so many, drawn at random."""
        rows = rows_of(self.outcomes(name), self.reads(name), pair, keep)
        most = QUICK_ROWS if self.quick else most
        if most is None or len(rows) <= most:
            return rows
        return rows.take(np.sort(np.random.default_rng(self.seed).permutation(len(rows))[:most]))

    def pairs(self) -> list[tuple[str, tuple[str, str]]]:
        """Returns every pair that is measured in domain; in a quick run one of each set."""
        return [
            (name, pair) for name, pairs in PAIRS.items() for pair in (pairs[:1] if self.quick else pairs)
        ]

    def forecast(self, name: str, pair: tuple[str, str], rows: Rows) -> Forecast:
        """Returns what the product's predictor says of a pair's rows out of fold; once for all sections."""
        if (name, pair) not in self._forecasts:
            rng = rng_of(self.seed, "folds", name, *pair)
            self._forecasts[name, pair] = forecast(OurRouter(), rows, FOLDS, rng)
        return self._forecasts[name, pair]

    def routellm(self, benchmark: str) -> Rows:
        """Returns the test prompts of one of RouteLLM's evaluations: mt_bench, mmlu or gsm8k."""
        outcomes = self.outcomes("routellm_evals")
        keep = np.array(
            [
                split == "test" and bucket.split("/")[0] == benchmark
                for split, bucket in zip(outcomes.splits, outcomes.buckets, strict=True)
            ]
        )
        return self.rows("routellm_evals", (GPT_4, MIXTRAL), keep, None)

    def elsewhere(self, *, overlapping: bool) -> Rows:
        """Returns the rows of all other sets' stand-ins for RouteLLM's pair.

        Args:
            overlapping: Whether prompts that RouteLLM's evaluations hold too are among them.
        """
        return together(
            [
                self.rows(name, pair, None if overlapping else ~self.outcomes(name).overlaps, None)
                for name, pair in STAND_INS.items()
            ]
        )

    def _set(self, name: str) -> tuple[Outcomes, list[Read]]:
        if name not in self._sets:
            outcomes = load(self.data, name)
            self._sets[name] = outcomes, read_all(outcomes, self.out)
        return self._sets[name]

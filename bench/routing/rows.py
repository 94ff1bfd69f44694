"""The rows of one pair of models: what a router is fitted on and tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from routing.outcomes import Outcomes
from routing.reading import Read
from suffice.quality.outcomes import Example

BASELINE, CANDIDATE = "baseline", "candidate"
"""The names that every pair's models have in its examples, so that sets of other models can stand in for them."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Prompts that both models of a pair answered."""

    prompts: list[str]
    examples: list[Example]
    baseline: np.ndarray
    """(n,), scores in [0, 1]."""
    candidate: np.ndarray
    """(n,)."""

    @cached_property
    def gain(self) -> np.ndarray:
        """(n,), the candidate's score minus the baseline's."""
        return self.candidate - self.baseline

    @cached_property
    def good(self) -> np.ndarray:
        """(n,), 1 where the candidate is at least as good."""
        return (self.candidate >= self.baseline - 1e-9).astype(float)

    @property
    def pair(self) -> tuple[np.ndarray, np.ndarray]:
        """The scores of the baseline and of the candidate."""
        return self.baseline, self.candidate

    @property
    def buckets(self) -> list[str]:
        """(n,)."""
        return [example.bucket for example in self.examples]

    @property
    def groups(self) -> list[str]:
        """(n,)."""
        return [example.group for example in self.examples]

    def __len__(self) -> int:
        return len(self.examples)

    def take(self, at: np.ndarray) -> Rows:
        """Returns some of the rows, in the order asked for."""
        return Rows(
            prompts=[self.prompts[row] for row in at],
            examples=[self.examples[row] for row in at],
            baseline=self.baseline[at],
            candidate=self.candidate[at],
        )


def rows_of(
    outcomes: Outcomes, reads: Sequence[Read], pair: tuple[str, str], keep: np.ndarray | None = None
) -> Rows:
    """Returns the prompts that both models of a pair answered.

    Args:
        outcomes: The set.
        reads: Its prompts, read, (n,).
        pair: (baseline, candidate), models of the set.
        keep: (n,), which prompts to look at; all by default.
    """
    baseline, candidate = (outcomes.of(model) for model in pair)
    known = np.isfinite(baseline) & np.isfinite(candidate) & (True if keep is None else keep)
    at = np.flatnonzero(known)
    examples = [
        Example(
            features=reads[row].features,
            scores=reads[row].scores,
            bucket=outcomes.buckets[row],
            quality={BASELINE: float(baseline[row]), CANDIDATE: float(candidate[row])},
            group=outcomes.groups[row],
        )
        for row in at
    ]
    return Rows(
        prompts=[outcomes.prompts[row] for row in at],
        examples=examples,
        baseline=baseline[at],
        candidate=candidate[at],
    )


def together(parts: Sequence[Rows]) -> Rows:
    """Returns the rows of several sets as one."""
    return Rows(
        prompts=[prompt for part in parts for prompt in part.prompts],
        examples=[example for part in parts for example in part.examples],
        baseline=np.concatenate([part.baseline for part in parts]),
        candidate=np.concatenate([part.candidate for part in parts]),
    )

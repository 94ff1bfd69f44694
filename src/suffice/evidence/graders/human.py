"""What people say of the answers, as their ratings were stored (`suffice bakeoff rate`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.grading import Answered, PairScorer, Sample, Score, Scorer, digest_of, no_verdict
from suffice.store.ratings import Rated, Rating

VERSION = "1"
READS = frozenset({"style"})
NEEDS: frozenset[str] = frozenset()
REFERENCES: tuple[str, ...] = ()


class Absolute(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of what people gave an answer, from 0 to 1."""

    NAME: ClassVar[str] = "human"
    VERSION: ClassVar[str] = VERSION
    ratings: Rated
    name_of: Callable[[str], str] = str
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns the mean; no verdict without a rating."""
        return _mean(
            [
                one.value
                for one in self.ratings.of(sample.id)
                if not one.against and _is_of(one.model, one.digest, answer, self.name_of)
            ]
        )


class Pairwise(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of people's preferences between two answers."""

    NAME: ClassVar[str] = "human"
    VERSION: ClassVar[str] = VERSION
    ratings: Rated
    name_of: Callable[[str], str] = str
    advisory: bool = False

    async def compare(self, sample: Sample, baseline: Answered, candidate: Answered) -> Score:
        """Returns the mean, above 0 where the candidate's is preferred; no verdict without a rating."""
        return _mean(_preferences(self.ratings.of(sample.id), baseline, candidate, self.name_of))


def preference(
    ratings: Sequence[Rating],
    baseline: Answered,
    candidate: Answered,
    name_of: Callable[[str], str] = str,
) -> float | None:
    """Returns people's mean preference between two answers, above 0 for the candidate's; `None` without a rating.

    Args:
        ratings: Of the unit.
        baseline: The baseline's answer.
        candidate: The candidate's.
        name_of: Tells the catalog's name of a model by any that it goes by.
    """
    return _mean(_preferences(ratings, baseline, candidate, name_of)).value


def _preferences(
    ratings: Sequence[Rating], baseline: Answered, candidate: Answered, name_of: Callable[[str], str]
) -> list[float]:
    found = []
    for one in ratings:
        for sign, first, second in ((1.0, candidate, baseline), (-1.0, baseline, candidate)):
            if (
                one.against
                and _is_of(one.model, one.digest, first, name_of)
                and _is_of(one.against, one.against_digest, second, name_of)
            ):
                found.append(sign * one.value)
                break
    return found


def _is_of(name: str, digest: str, answer: Answered, name_of: Callable[[str], str]) -> bool:
    """Tells whether a rating is of this very answer, or of any answer of its model."""
    return digest == digest_of(answer) if digest else name_of(name) == name_of(answer.model)


def _mean(values: Sequence[float]) -> Score:
    if not values:
        return no_verdict("not_rated", "nobody has rated this answer yet")
    people = "1 rating" if len(values) == 1 else f"the mean of {len(values)} ratings"
    return Score(value=sum(values) / len(values), reason=people)


def grader(settings: GraderSettings, parts: Parts) -> Scorer | PairScorer:
    """Returns the grader of some settings.

    Raises:
        ValueError: There are no ratings to go by.
    """
    if parts.ratings is None:
        raise ValueError("there are no ratings: import them with `suffice bakeoff rate FILE`")
    if settings.style == "pairwise":
        return Pairwise(ratings=parts.ratings, name_of=parts.name_of)
    return Absolute(ratings=parts.ratings, name_of=parts.name_of)

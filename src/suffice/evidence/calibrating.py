"""LEARN: how far a judge can be trusted: bias of position, agreement with people, and what its verdicts are worth.

A judge sees each pair in both orders. Where people have rated the same pairs, their mean rating for each verdict of
the judge is what that verdict is worth: a judge that cries "better" half the time at random is pulled towards 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from suffice.stats.agreement import cohen_kappa, observed_agreement

Side = Literal["candidate", "baseline", "tie"]
"""Which of the two answers is better."""

WORTH: Mapping[Side, int] = {"candidate": 1, "tie": 0, "baseline": -1}
TAKEN_AT_ITS_WORD = 10
"""A verdict counts as so many ratings that agree with it, until people say otherwise. House heuristic."""
_ORDERS = re.compile(r"orders: (candidate|baseline|tie), (candidate|baseline|tie)")


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a judge said of one pair, and what people did."""

    first: Side
    """With the baseline's answer shown first."""
    second: Side
    """With the candidate's answer shown first."""
    human: float | None = None
    """Mean preference of people in [-1, 1], above 0 for the candidate; `None` if nobody rated the pair."""

    @property
    def verdict(self) -> Side:
        """The judge's: what both orders say, else a tie."""
        return self.first if self.first == self.second else "tie"


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What each verdict of a judge is worth, in [-1, 1]."""

    candidate: float = 1.0
    tie: float = 0.0
    baseline: float = -1.0
    ratings: int = 0
    """Pairs that it rests on."""

    def worth(self, verdict: Side) -> float:
        """Returns what a verdict is worth."""
        return {"candidate": self.candidate, "tie": self.tie, "baseline": self.baseline}[verdict]


class JudgeReport(msgspec.Struct, frozen=True, kw_only=True):
    """How far a judge can be trusted."""

    pairs: int
    consistent: float | None
    """Share of pairs where both orders say the same."""
    prefers_first: int
    """Pairs where it preferred whichever answer was shown first, in both orders."""
    prefers_second: int
    """The same for the one shown second."""
    verdicts: Mapping[Side, int]
    rated: int
    """Pairs that people have rated as well."""
    agreement: float | None
    """Share of them where the judge says what people say."""
    kappa: float | None
    """Cohen's, over better, tie and worse; `None` if it cannot be said."""


def report(pairs: Sequence[Judged]) -> JudgeReport:
    """Returns how far a judge can be trusted, by what it said of some pairs."""
    verdicts = [pair.verdict for pair in pairs]
    rated = [(pair.verdict, _side(pair.human)) for pair in pairs if pair.human is not None]
    judge, people = [one for one, _ in rated], [other for _, other in rated]
    return JudgeReport(
        pairs=len(pairs),
        consistent=sum(pair.first == pair.second for pair in pairs) / len(pairs) if pairs else None,
        prefers_first=sum((pair.first, pair.second) == ("baseline", "candidate") for pair in pairs),
        prefers_second=sum((pair.first, pair.second) == ("candidate", "baseline") for pair in pairs),
        verdicts={side: verdicts.count(side) for side in WORTH},
        rated=len(rated),
        agreement=observed_agreement(judge, people),
        kappa=cohen_kappa(judge, people),
    )


def calibrate(pairs: Sequence[Judged]) -> Calibration:
    """Returns what a judge's verdicts are worth, by what people said of the same pairs.

    For each verdict: the mean of people's ratings of the pairs that got it, shrunk towards the verdict as if so many
    more ratings agreed with it (`TAKEN_AT_ITS_WORD`). Source: house heuristic.

    >>> calibrate([]).worth("candidate")
    1.0
    """
    worth: dict[str, float] = {}
    rated = [pair for pair in pairs if pair.human is not None]
    for side, value in WORTH.items():
        said = [pair.human for pair in rated if pair.verdict == side and pair.human is not None]
        worth[side] = (sum(said) + TAKEN_AT_ITS_WORD * value) / (len(said) + TAKEN_AT_ITS_WORD)
    return Calibration(**worth, ratings=len(rated))


def orders_in(reason: str) -> tuple[Side, Side] | None:
    """Returns what a judge said in each order, out of the reason that it gave (`orders_told`).

    >>> orders_in(orders_told("candidate", "tie"))
    ('candidate', 'tie')
    """
    found = _ORDERS.search(reason)
    if found is None:
        return None
    sides = [side for word in found.groups() for side in WORTH if side == word]
    return sides[0], sides[1]


def orders_told(first: Side, second: Side) -> str:
    """Returns what a judge said in each order, as part of a reason."""
    return f"orders: {first}, {second}"


def _side(human: float) -> Side:
    return "tie" if human == 0 else "candidate" if human > 0 else "baseline"

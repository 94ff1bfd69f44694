"""LEARN: does a certificate stay true while its candidate serves? Pure: takes what is seen, says what it shows.

Two kinds of evidence, for each certificate:

1. *Shadow pairs*. A random share of requests is answered by the other model too, and both answers are graded. Live
   requests are taken for draws with replacement. The trial's own sequence is not carried on: it is about the week that
   was tried, and was picked for having gone well. The guard's begins with the certificate, with an error of its own.
2. *Signals* of the two random arms: who had to ask again, whose answers were cut off or failed the request's own
   contract. Of a session's calls the first with a signal counts. If routing does not make the signal more frequent,
   such a session was in the routed arm with at most the probability that the dice gave it: that is bet against.

**Error.** `ALPHA` = 5% for the whole life of all certificates of one use case: half for pairs, half for signals, each
divided among the use case's candidates. By the union bound a use case whose candidates are, at every moment, no worse
than the tolerance and no more often complained of than the baseline is ever demoted with a probability of at most 5%.
It comes on top of the certificate's: the trial's error is about being issued wrongly, this one about being taken away
wrongly. Neither is spent by the other.

The evidence of pairs is the mean of two e-values against "the mean difference is at least -delta": of all pairs since
the certificate, and of bets that begin again with every pair (`suffice.stats.change`), so that a month of good pairs
does not hide a bad day. Whenever the upper bound of all pairs, at half of the pairs' error, lies below -delta, the
first of the two is large enough by itself: that demotes, and so does the same since a later day.

Source: pairs, Waudby-Smith and Ramdas, JRSS-B 2024; signals, the conditional test of Lindon and Malek, "Anytime-valid
inference for multinomial count data", NeurIPS 2022, for two arms of known propensity. Several signals: the mean of
their e-values (Vovk and Wang, Annals of Statistics 2021).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

import msgspec

from suffice.stats.betting import BettingSequence
from suffice.stats.change import ChangeCapital, average
from suffice.types import Arm

ALPHA = 0.05
"""Of all certificates of a use case together, over their whole life."""
WATCH_AT = 5.0
"""Evidence from which a use case is said to be watched; it changes nothing. House heuristic."""
LEAST_EXCESS = 0.01
"""A signal counts as harm only if it is seen in this much more of the routed sessions than of the holdout's: with
enough sessions any two models differ in something. It can only lower the rate of false demotions. House heuristic."""

SIGNALS: Mapping[str, str] = {
    "retry": "calls that failed and were sent again",
    "regenerate": "answers that were asked for again",
    "length": "answers cut off by their length",
    "contract": "answers that break the request's own schema or tools, that are empty or refuse",
    "feedback": "bad feedback",
}
"""What is compared between the arms."""
KIND: Mapping[str, str] = {"empty": "contract", "refusal": "contract"} | {name: name for name in SIGNALS}
"""A call's signal to the one that it is counted as; others are not compared."""

State = Literal["fine", "watch", "demote"]


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What is guarded: one certificate."""

    bucket: str
    baseline: str
    candidate: str
    delta: float
    alpha: float = ALPHA
    """This certificate's part of the use case's."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One call of an arm, as far as the guard needs it."""

    session: str
    """Or the call's own id, where it has none."""
    arm: Arm
    propensity: float
    signals: tuple[str, ...] = ()


class ArmCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of one arm."""

    sessions: int
    with_signal: Mapping[str, int]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the evidence shows so far."""

    state: State
    reason: str
    """A snake_case code, a colon and words; empty where all is fine."""
    pairs: int
    """With a verdict."""
    no_verdict: int
    mean: float | None
    """Of the differences, candidate minus baseline."""
    lower: float
    upper: float
    """One-sided bounds of it over all pairs since the certificate, each valid at every moment."""
    e_pairs: float
    e_signals: float
    needed: float
    """The e-value that demotes, of either."""
    routed: ArmCounts
    holdout: ArmCounts


class BucketGuard:
    """The sequential state of one certificate: add what was seen, ask what it shows.

    Args:
        watched: What is guarded.
    """

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self._half = watched.alpha / 2
        # In the mean of two e-values each needs twice as much to reach the bar by itself.
        self._sequence = BettingSequence(low=-1.0, high=1.0, alpha=self._half / 2)
        self._lately = ChangeCapital(from_the_start=0.0)
        self._e_pairs = 1.0
        self._no_verdict = 0
        self._signals = {name: ChangeCapital() for name in SIGNALS}
        self._sessions: dict[str, set[str]] = {"routed": set(), "holdout": set()}
        self._counts: dict[str, Counter[str]] = {"routed": Counter(), "holdout": Counter()}
        self._counted: set[tuple[str, str]] = set()

    def take(self, difference: float | None) -> None:
        """Takes a graded pair: candidate minus baseline, in [-1, 1]; `None` is no verdict, and in no mean."""
        if difference is None:
            self._no_verdict += 1
            return
        self._sequence.update([difference])
        delta = self.watched.delta
        self._lately.update((1.0 - difference) / 2.0, at_most=min(1.0, (1.0 + delta) / 2.0))
        now = average([self._sequence.against_at_least(-delta), self._lately.total])
        # Whoever looks later must see what was certain once.
        self._e_pairs = max(self._e_pairs, now)

    def see(self, call: Seen) -> None:
        """Takes a call of either arm; of a session's calls the first with a signal counts for that signal."""
        if call.arm not in self._sessions:
            return
        self._sessions[call.arm].add(call.session)
        for name in dict.fromkeys(KIND[one] for one in call.signals if one in KIND):
            if (name, call.session) in self._counted:
                continue
            self._counted.add((name, call.session))
            self._counts[call.arm][name] += 1
            if 0.0 < call.propensity <= 1.0:
                routed = 1.0 if call.arm == "routed" else 0.0
                self._signals[name].update(routed, at_most=call.propensity)

    @property
    def verdict(self) -> Verdict:
        """What has been shown so far."""
        e_signals = average([capital.total for capital in self._signals.values()])
        e_pairs = self._e_pairs
        needed = 1.0 / self._half
        state, reason = self._judged(e_pairs, needed)
        return Verdict(
            state=state,
            reason=reason,
            pairs=self._sequence.n,
            no_verdict=self._no_verdict,
            mean=self._sequence.mean,
            lower=self._sequence.lower,
            upper=self._sequence.upper,
            e_pairs=e_pairs,
            e_signals=e_signals,
            needed=needed,
            routed=self._arm("routed"),
            holdout=self._arm("holdout"),
        )

    def _judged(self, e_pairs: float, needed: float) -> tuple[State, str]:
        signal, e_harm = self._harmful()
        delta = self.watched.delta
        if e_pairs >= needed:
            return "demote", f"worse: {self._pairs_in_words()}, beyond the tolerance of {delta:g}"
        if signal is not None and e_harm >= needed:
            return "demote", f"signals: {self._signal_in_words(signal)}"
        if e_pairs >= WATCH_AT:
            return "watch", f"worse: {self._pairs_in_words()}; not certain yet"
        if signal is not None and e_harm >= WATCH_AT:
            return "watch", f"signals: {self._signal_in_words(signal)}; not certain yet"
        return "fine", ""

    def _harmful(self) -> tuple[str | None, float]:
        """Of the signals whose excess is large enough to matter: the one with the most evidence, and that of them all.

        The others count as 0 in the mean: a certain but tiny excess of one is not to speak for another.
        """
        large = {name: one.total for name, one in self._signals.items() if self._excess(name) >= LEAST_EXCESS}
        return max(large, key=large.__getitem__, default=None), sum(large.values()) / len(self._signals)

    def _excess(self, name: str) -> float:
        return self._share("routed", name) - self._share("holdout", name)

    def _share(self, arm: str, name: str) -> float:
        sessions = len(self._sessions[arm])
        return self._counts[arm][name] / sessions if sessions else 0.0

    def _pairs_in_words(self) -> str:
        sequence = self._sequence
        return (
            f"over {sequence.n:,} shadow pairs its mean score is {sequence.mean or 0.0:+.3f} against the baseline's "
            f"(from {sequence.lower:+.3f} to {sequence.upper:+.3f}, evidence {self._e_pairs:,.0f} to 1)"
        )

    def _signal_in_words(self, name: str) -> str:
        return (
            f"{SIGNALS[name]}: in {self._share('routed', name):.1%} of {len(self._sessions['routed']):,} routed "
            f"sessions, in {self._share('holdout', name):.1%} of {len(self._sessions['holdout']):,} on the baseline"
        )

    def _arm(self, arm: str) -> ArmCounts:
        return ArmCounts(
            sessions=len(self._sessions[arm]), with_signal=dict(sorted(self._counts[arm].items()))
        )

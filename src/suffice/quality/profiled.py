"""PREDICT: what to expect of a model that no outcome is known of, on its first day, from its benchmark profile.

The expected gain in a use case comes from the abilities of models (`suffice.quality.ability`). How probable a good
answer is at such a gain is read off the pair of models that was measured and is most like it: of the same baseline if
there is one, with the nearest gain in the use case. The interval is wide, and the choice asks its lower end to reach
the bar. Source: house heuristic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from suffice.features import Features
from suffice.layers import fingerprint, predicted_quality, use_case_evidence
from suffice.quality.ability import TIER, Abilities, Profile, profile_of
from suffice.quality.calibration import Curve
from suffice.quality.predictor import Predictor
from suffice.types import Candidate, Estimate, Score, Weight

_DIGITS = 4
_ELSEWHERE = ""
"""The item of every use case without outcomes: tags are the client's to invent, and must not fill the memory."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of models that was measured: its curve, and where it stands in each use case."""

    baseline: str
    curve: Curve
    use_cases: Mapping[str, tuple[float, float]]
    """Use case to the expected gain and the log-odds of the rate of good answers."""
    other: tuple[float, float]
    """The same for a use case without outcomes."""


class ProfilePredictor:
    """Estimates candidates from their profiles, with evidence `prior`: nothing of it was measured on this traffic.

    Args:
        abilities: What is known of models in general.
        references: Pairs that were measured; at least one.
        bucket_of: Tells a request's use case.
        otherwise: Estimates candidates that have neither outcomes nor benchmarks.
    """

    def __init__(
        self,
        abilities: Abilities,
        references: Sequence[Reference],
        bucket_of: Callable[[Features], str],
        otherwise: Predictor,
    ) -> None:
        self._abilities = abilities
        self._references = tuple(references)
        self._bucket_of = bucket_of
        self._otherwise = otherwise
        self._items = frozenset(abilities.items)
        self._found: dict[tuple[str, str, str], Estimate] = {}

    @property
    def fingerprint(self) -> str:
        """Of what stands behind it: the artifact's own name says the rest."""
        return self._otherwise.fingerprint

    def weights(self, candidate: Candidate, baseline: Candidate) -> Mapping[str, Weight]:
        """Returns nothing for a model with a profile: it says nothing of single requests."""
        return {} if self._profile(candidate) else self._otherwise.weights(candidate, baseline)

    def predict(
        self,
        features: Features,
        scores: Mapping[str, Score],
        candidates: Sequence[Candidate],
        baseline: Candidate,
    ) -> tuple[Estimate, ...]:
        """Returns one estimate for each candidate, in their order."""
        others = [candidate for candidate in candidates if not self._profile(candidate)]
        rest = iter(self._otherwise.predict(features, scores, others, baseline) if others else ())
        if len(others) == len(candidates):
            return tuple(rest)
        bucket = self._bucket_of(features)
        item = bucket if bucket in self._items else _ELSEWHERE
        return tuple(
            self._estimate(candidate, baseline, item) if self._profile(candidate) else next(rest)
            for candidate in candidates
        )

    def _profile(self, candidate: Candidate) -> Profile:
        """What is known of a model beside its tier; empty if that is nothing."""
        found = {**profile_of(candidate), **self._abilities.known.get(candidate.model, {})}
        return found if found.keys() - {TIER} else {}

    def _estimate(self, candidate: Candidate, baseline: Candidate, item: str) -> Estimate:
        key = (candidate.model, baseline.model, item)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._work_out(candidate, baseline, item)
        return found

    def _work_out(self, candidate: Candidate, baseline: Candidate, item: str) -> Estimate:
        profile = self._profile(candidate)
        gain, sd = self._abilities.gain(profile, self._profile(baseline) or profile_of(baseline), item)
        curve, rate_odds = self._most_alike(baseline.model, item, gain)
        p_good = curve.interval(gain, sd, rate_odds)
        return Estimate(
            model=candidate.model,
            p_good=round(p_good.p, _DIGITS),
            p_low=round(p_good.low, _DIGITS),
            p_high=round(p_good.high, _DIGITS),
            opinions=(
                fingerprint.opine(None, None),
                predicted_quality.opine_new(gain, sd, len(profile.keys() - {TIER})),
                use_case_evidence.opine(None),
            ),
        )

    def _most_alike(self, baseline: str, item: str, gain: float) -> tuple[Curve, float]:
        same = [one for one in self._references if one.baseline == baseline] or self._references
        found = [(one.use_cases.get(item, one.other), one.curve) for one in same]
        (_, rate_odds), curve = min(found, key=lambda one: abs(one[0][0] - gain))
        return curve, rate_odds

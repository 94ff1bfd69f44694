"""The candidates of a baseline, with what of them no request changes: worked out once, looked up for each request."""

from __future__ import annotations

from suffice.features.recent import Recent
from suffice.policy.constraints import room
from suffice.policy.cost import whole_prices
from suffice.policy.parameters import Parameters, Vetoes, memory
from suffice.policy.proposing import Across, Resolve, proposed
from suffice.types import Candidate, ClientApi

_MOST = 1_024


class Lineup:
    """One baseline's candidates.

    Args:
        baseline: The model that the client asked for.
        candidates: Those that are proposed for it.
        certified: Names of those that are certified in its place.
        recent: Where what was found of sets of parameters is remembered.
    """

    __slots__ = (
        "_parameters", "_recent", "able", "answer_tokens", "baseline", "candidates", "places", "priced_tokens",
        "prices", "room",
    )  # fmt: skip

    def __init__(
        self,
        baseline: Candidate,
        candidates: list[Candidate],
        certified: tuple[str, ...],
        recent: Recent[Vetoes],
    ) -> None:
        self.baseline, self.candidates = baseline, tuple(candidates)
        self.places = tuple(
            [
                ("" if one.provider == baseline.provider else one.provider, one.model in certified)
                for one in candidates
            ]
        )
        """The provider of each candidate if that is not the baseline's, else "", and whether it is certified."""
        able = [one.capabilities for one in candidates]
        self.able: frozenset[str] = frozenset.intersection(*able) if able else frozenset()
        """The capabilities that all have."""
        self.room = room(min([one.context_tokens or 0 for one in candidates], default=0))
        """How many tokens may be used of the context of all; 0 where that is not known of each."""
        self.answer_tokens = min([one.max_output_tokens or 0 for one in candidates], default=0)
        """How long an answer all can give; 0 where that is not known of each."""
        self.prices, self.priced_tokens = whole_prices((baseline, *candidates))
        """Of the baseline and each candidate, in nano-dollars, and the longest prompt that they hold for."""
        self._recent = recent
        self._parameters: dict[ClientApi, Parameters] = {}

    def parameters(self, api: ClientApi) -> Parameters:
        """Returns what stands in the way of each candidate on a client API."""
        found = self._parameters.get(api)
        if found is None:
            found = Parameters(api, self.baseline, self.candidates, self._recent)
            self._parameters[api] = found
        return found


class Lineups:
    """The candidates of every baseline that was asked for.

    Args:
        resolve: The catalog.
        across: Models of other providers that may serve.
    """

    __slots__ = ("_across", "_found", "_recent", "_resolve")

    def __init__(self, resolve: Resolve, across: Across) -> None:
        self._resolve, self._across = resolve, across
        self._found: dict[tuple[str, str, tuple[str, ...]], Lineup] = {}
        self._recent = memory()

    def __len__(self) -> int:
        return len(self._found)

    def of(self, baseline: Candidate, certified: tuple[str, ...]) -> Lineup:
        """Returns the candidates of a baseline.

        Args:
            baseline: A model of the catalog.
            certified: Names of the models that are certified in its place.
        """
        key = (baseline.provider, baseline.model, certified)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST:
                self._found.clear()
            candidates = proposed(baseline, certified, self._resolve, self._across)
            found = self._found[key] = Lineup(baseline, candidates, certified, self._recent)
        return found

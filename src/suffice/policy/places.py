"""What no text of a request changes, worked out once for a model and a use case: an app asks for the same again."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from suffice.policy.economy import Economy
from suffice.policy.judge import UseCase, use_case_of
from suffice.policy.lineup import Lineup, Lineups
from suffice.policy.policy import Policy
from suffice.policy.proposing import Resolve
from suffice.types import Candidate, Request

MOST = 1_024
"""So many are remembered."""

Key = tuple[str, str, str, str]
"""Provider and model that are asked for, the tag of the use case, and its bucket."""
Place = tuple[UseCase, Candidate | None, Lineup | None]
"""What is decided by, the model, and its candidates; no candidates where the model is not known, or where some serve by
certificates, which end."""


class Places(dict[Key, Place]):
    """Places by key; one that is not there yet is made when it is asked for.

    Args:
        policy_of: Returns the policy of a bucket.
        resolve: Returns the model of a provider by its name.
        lineups: Where candidates are found.
    """

    def __init__(self, policy_of: Callable[[str], Policy], resolve: Resolve, lineups: Lineups) -> None:
        super().__init__()
        self._policy_of, self._resolve, self._lineups = policy_of, resolve, lineups

    def __missing__(self, key: Key) -> Place:
        """Returns the place of a key, and keeps it if the model is known: another name can be anything."""
        provider, model, feature, bucket = key
        policy, baseline = self._policy_of(bucket), self._resolve(provider, model)
        use_case = use_case_of(bucket, policy, feature)
        if baseline is None:
            return use_case, None, None
        lineup = None if policy.certifies(bucket, baseline.model) else self._lineups.of(baseline, ())
        if len(self) >= MOST:
            self.clear()
        found = self[key] = (use_case, baseline, lineup)
        return found


def lowered(use_case: UseCase, request: Request, economy: Economy) -> UseCase:
    """Returns a use case with the evidence that a spent budget asks for at the moment of a request."""
    terms = economy.lowered(use_case.terms, request.feature, request.received_ns)
    return msgspec.structs.replace(use_case, terms=terms)

"""What a spent budget changes in the terms of a choice: the evidence that it asks for, until the period ends. Pure.

Everything else holds as before: constraints, lists, the stakes rule, the bar, the dice and the holdout. The cheapest
candidate that passes serves, with the reason `budget_spent` if the usual terms would not have let it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from suffice.policy.choose import RANK
from suffice.types import Evidence, Terms


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which less evidence is enough."""

    evidence: Evidence
    """As the operator has named it."""
    since_ns: int
    """Unix time, included."""
    until_ns: int
    """Not reached."""


class Economy(msgspec.Struct, frozen=True, kw_only=True):
    """Where budgets are spent that economise."""

    features: Mapping[str, tuple[Spell, ...]] = {}
    """By the tag of the use case."""
    everywhere: tuple[Spell, ...] = ()

    def lowered(self, terms: Terms, feature: str, at_ns: int) -> Terms:
        """Returns the terms of a choice at a moment.

        Args:
            terms: As they usually are.
            feature: The client's tag.
            at_ns: Unix time.

        >>> spent = Economy(features={"faq": (Spell(evidence="prior", since_ns=10, until_ns=20),)})
        >>> [spent.lowered(Terms(), "faq", at_ns).evidence for at_ns in (9, 10, 20)]
        ['certified', 'prior', 'certified']
        """
        spells = self.features.get(feature, ()) + self.everywhere
        levels = [spell.evidence for spell in spells if spell.since_ns <= at_ns < spell.until_ns]
        least = min(levels, key=RANK.__getitem__, default=terms.evidence)
        if RANK[least] >= RANK[terms.evidence]:
            return terms
        return msgspec.structs.replace(terms, evidence=least, usual_evidence=terms.evidence)

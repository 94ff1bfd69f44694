from __future__ import annotations

import pytest

from suffice.policy.economy import Economy, Spell
from suffice.types import Evidence, Terms

SPENT = Spell(evidence="prior", since_ns=10, until_ns=20)
SOME = Spell(evidence="calibrated", since_ns=0, until_ns=100)
ECONOMY = Economy(features={"faq": (SPENT,)}, everywhere=(SOME,))


@pytest.mark.parametrize(
    ("feature", "at_ns", "evidence"),
    [
        ("faq", 9, "calibrated"),
        ("faq", 10, "prior"),
        ("faq", 19, "prior"),
        ("faq", 20, "calibrated"),
        ("other", 15, "calibrated"),
        ("other", 100, "certified"),
    ],
)
def test_the_least_that_any_spent_budget_names_holds_in_its_period(
    feature: str, at_ns: int, evidence: Evidence
) -> None:
    found = ECONOMY.lowered(Terms(bar=0.9, stakes_ratio=3.0), feature, at_ns)
    assert found.evidence == evidence
    assert found.usual_evidence == (None if evidence == "certified" else "certified")
    assert (found.bar, found.stakes_ratio) == (0.9, 3.0)


def test_nothing_is_raised() -> None:
    usual = Terms(evidence="prior")
    assert ECONOMY.lowered(usual, "other", 15) is usual

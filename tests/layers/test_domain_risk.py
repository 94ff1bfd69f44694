from __future__ import annotations

import pytest
from conversations import demand, scored


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("The patient has diabetes and takes insulin.", "medical"),
        ("Does the contract limit the liability of the plaintiff?", "legal"),
        ("Compare a mortgage with a loan at this interest rate.", "financial"),
        ("The chemical is flammable and toxic.", "safety"),
        ("El médico cambió la dosis y el tratamiento.", "medical"),
        ("Der Rechtsanwalt prüft den Vertrag vor Gericht.", "legal"),
        ("投资股票要交多少税", "financial"),
    ],
)
def test_each_subject_is_seen_and_named(question: str, subject: str) -> None:
    found = scored("domain_risk", question)
    assert (found.demand or 0.0) >= 0.4
    assert subject in found.reason


def test_more_signs_and_advice_demand_more() -> None:
    two = demand("domain_risk", "A patient with a fever.")
    four = demand("domain_risk", "A patient with a fever, an allergy and a prescription.")
    advice = demand("domain_risk", "Should I give my child with an allergy and a fever a prescription drug?")
    assert two < four < advice <= 0.9


def test_one_sign_is_enough_where_advice_is_asked() -> None:
    assert scored("domain_risk", "The stock is in aisle four.").demand is None
    assert demand("domain_risk", "Should I stop my medication?") >= 0.6


def test_what_costs_nothing_abstains() -> None:
    assert scored("domain_risk", "Should I wear my blue hat?").demand is None

from __future__ import annotations

import pytest
from asks import chat

from suffice.features import read
from suffice.policy import reasons
from suffice.policy.choose import choose
from suffice.policy.policy import Policy
from suffice.types import Estimate

SUMMARY, PROOF, HELLO = "Summarize this thread.", "Prove the theorem.", "Hello!"


def estimate(model: str, p_good: float | None, cost: int | None, veto: str | None = None) -> Estimate:
    return Estimate(model=model, p_good=p_good, cost_nanos=cost, veto=veto)


@pytest.mark.parametrize(
    ("question", "estimates", "model", "reason"),
    [
        (SUMMARY, [estimate("a", 0.9, 50), estimate("b", 0.99, 60)], "a", reasons.PRIOR_SUFFICES),
        (SUMMARY, [estimate("a", 0.84, 50), estimate("b", 0.85, 60)], "b", reasons.PRIOR_SUFFICES),
        (SUMMARY, [estimate("a", 0.9, 50, "context"), estimate("b", 0.9, 60)], "b", reasons.PRIOR_SUFFICES),
        (SUMMARY, [estimate("a", 0.5, 50)], None, reasons.BELOW_BAR),
        (PROOF, [estimate("a", 0.5, 50)], None, reasons.TASK_NEEDS_FLAGSHIP),
        (HELLO, [estimate("a", None, 50)], None, reasons.TASK_UNKNOWN),
        (SUMMARY, [estimate("a", 0.9, 50, "no_tools")], None, reasons.CANDIDATES_VETOED),
        (SUMMARY, [estimate("a", 0.9, 100)], None, reasons.NO_CHEAPER_CANDIDATE),
        (SUMMARY, [estimate("a", 0.9, None)], None, reasons.NO_CHEAPER_CANDIDATE),
        (SUMMARY, [], None, reasons.NO_CHEAPER_CANDIDATE),
    ],
)
def test_the_cheapest_that_is_allowed_and_good_enough_is_chosen(
    question: str, estimates: list[Estimate], model: str | None, reason: str
) -> None:
    assert choose(read(chat(question)), estimates, Policy(bar=0.85), 100) == (model, reason)


def test_nothing_is_cheaper_than_an_unknown_price() -> None:
    chosen = choose(read(chat(SUMMARY)), [estimate("a", 0.9, 1)], Policy(), None)
    assert chosen == (None, reasons.NO_CHEAPER_CANDIDATE)

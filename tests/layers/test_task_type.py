from __future__ import annotations

from asks import chat

from suffice.features import read
from suffice.layers.task_type import score


def test_the_demand_is_that_of_the_kinds_default_tier() -> None:
    assert score(read(chat("What is the sentiment of this?"))).demand == 0.15
    assert score(read(chat("Summarize this thread."))).demand == 0.45
    assert score(read(chat("Prove the theorem."))).demand == 0.9


def test_the_reason_names_the_kind_and_its_tier() -> None:
    assert score(read(chat("Prove the theorem."))).reason == "math proof: flagship work by default"


def test_an_unknown_kind_abstains() -> None:
    assert score(read(chat("Hello!"))).demand is None

from __future__ import annotations

import pytest
from asks import chat, request

from suffice.features import read
from suffice.layers.input_length import score


@pytest.mark.parametrize(("words", "demand"), [(10, 0.0), (4_000, 0.42), (400_000, 1.0)])
def test_demand_grows_with_the_logarithm_of_the_prompt(words: int, demand: float) -> None:
    assert score(read(chat("word " * words))).demand == pytest.approx(demand, abs=0.06)


def test_the_reason_names_who_sent_most() -> None:
    features = read(chat("Hi", system="Follow all of these rules. " * 200))
    assert "from the system" in score(features).reason


def test_no_text_abstains() -> None:
    assert score(read(request({}))).demand is None

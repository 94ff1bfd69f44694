from __future__ import annotations

import pytest
from asks import candidate, chat

from suffice.features import read
from suffice.layers import LAYERS
from suffice.quality.predictor import PriorPredictor
from suffice.types import Estimate

BIG = candidate("big", "flagship", 10)
SMALL = [candidate("mini", "mini", 2), candidate("nano", "nano", 1)]


def predict(question: str, baseline: object = BIG, **more: object) -> dict[str, Estimate]:
    features = read(chat(question, **more))
    scores = {name: layer(features) for name, layer in LAYERS.items()}
    found = PriorPredictor().predict(features, scores, SMALL, baseline)  # type: ignore[arg-type] -- a candidate
    return {estimate.model: estimate for estimate in found}


def p_good(question: str, model: str) -> float:
    found = predict(question)[model].p_good
    assert found is not None
    return found


def test_nano_work_suits_all_mini_work_only_the_mini_and_flagship_work_neither() -> None:
    bar = 0.85
    assert p_good("What is the sentiment of this?", "nano") >= bar
    assert p_good("What is the sentiment of this?", "mini") >= bar
    assert p_good("Summarize this thread.", "mini") >= bar > p_good("Summarize this thread.", "nano")
    assert p_good("Prove the theorem.", "mini") < 0.1


def test_a_longer_answer_is_less_probable_to_be_good() -> None:
    assert p_good("Summarize this in detail.", "mini") < p_good("Summarize this briefly.", "mini")


def test_the_interval_is_wide_and_holds_the_estimate() -> None:
    found = predict("Summarize this thread.")["mini"]
    assert found.p_low is not None
    assert found.p_high is not None
    assert found.p_good is not None
    assert 0 <= found.p_low < found.p_good < found.p_high <= 1
    assert found.p_high - found.p_low > 0.15
    assert found.evidence == "prior"


def test_an_unknown_kind_of_task_has_no_estimate_but_a_cost() -> None:
    found = predict("Hello!")["mini"]
    assert found.p_good is None
    assert found.cost_nanos is not None


def test_no_request_needs_more_than_its_baseline() -> None:
    small = predict("Prove the theorem.", SMALL[0])["mini"].p_good
    big = predict("Prove the theorem.")["mini"].p_good
    assert small is not None
    assert big is not None
    assert small > big


def test_expected_cost_is_tokens_times_rates() -> None:
    features = read(chat("Hi", max_tokens=10))
    assert expected_cost(features, BIG) == (features.input_tokens * 10_000_000 + 10 * 60_000_000) // 1000
    assert expected_cost(features, candidate("free", "nano", 0, rates=())) is None


def test_nothing_known_of_the_length_is_the_usual_length() -> None:
    assert expected_cost(read(chat("Hi")), BIG) == pytest.approx(300 * 60_000, rel=0.1)


def test_the_weights_are_those_that_the_prediction_follows() -> None:
    weights = PriorPredictor().weights(SMALL[0], BIG)
    assert weights.keys() < LAYERS.keys()
    assert all(weight.per_demand < 0 and 0 < weight.usual < 1 for weight in weights.values())
    assert PriorPredictor().fingerprint == "prior"

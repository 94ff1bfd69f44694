from __future__ import annotations

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


def test_an_unknown_kind_of_task_has_no_estimate() -> None:
    assert predict("Hello!")["mini"].p_good is None


def test_costs_and_vetoes_are_left_to_the_policy() -> None:
    found = predict("Summarize this thread.")["mini"]
    assert (found.cost_nanos, found.veto, found.certified) == (None, None, False)


def test_no_request_needs_more_than_its_baseline() -> None:
    small = predict("Prove the theorem.", SMALL[0])["mini"].p_good
    big = predict("Prove the theorem.")["mini"].p_good
    assert small is not None
    assert big is not None
    assert small > big


def test_the_weights_are_those_that_the_prediction_follows() -> None:
    weights = PriorPredictor().weights(SMALL[0], BIG)
    assert weights.keys() < LAYERS.keys()
    assert all(weight.per_demand < 0 and 0 < weight.usual < 1 for weight in weights.values())
    assert PriorPredictor().fingerprint == "prior"

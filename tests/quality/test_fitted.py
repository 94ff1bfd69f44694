from __future__ import annotations

import math
import subprocess
import sys

import msgspec
import numpy as np
import pytest
from asks import candidate
from graded import BIG, SMALL, example, learned, world

from suffice.errors import PolicyError
from suffice.layers import LEARNED
from suffice.quality.clustering import fit_clusters
from suffice.quality.fingerprint import embed, load
from suffice.quality.fit import FitOptions, fit
from suffice.quality.fitted import FittedPredictor
from suffice.quality.predictor import PriorPredictor
from suffice.types import Estimate, Score

EXAMPLES, ARTIFACT = learned()
PREDICTOR = FittedPredictor(ARTIFACT)
BASELINE, CANDIDATE, STRANGER = (
    candidate(BIG, "flagship", 10),
    candidate(SMALL, "mini", 2),
    candidate("stranger", "nano", 1),
)
NEW = world(40, seed=3)


def predict(one: object, predictor: FittedPredictor = PREDICTOR) -> Estimate:
    return predictor.predict(one.features, one.scores, [CANDIDATE], BASELINE)[0]  # type: ignore[attr-defined] -- an example


def test_one_request_is_predicted_as_a_batch_is() -> None:
    gains, p_good = PREDICTOR.gains(NEW, BIG, SMALL), PREDICTOR.p_good(NEW, BIG, SMALL)
    for one, gain, p in zip(NEW, gains, p_good, strict=True):
        found = predict(one)
        assert found.p_good == pytest.approx(p, abs=5.1e-5)
        assert sum(opinion.gain or 0.0 for opinion in found.opinions) == pytest.approx(gain, abs=1e-9)
        assert found.evidence == "calibrated"


def test_every_learned_layer_has_an_opinion_with_a_reason() -> None:
    found = predict(NEW[0])
    assert [opinion.layer for opinion in found.opinions] == list(LEARNED)
    assert all(opinion.reason for opinion in found.opinions)
    assert found.p_low is not None
    assert found.p_high is not None
    assert found.p_good is not None
    assert found.p_low < found.p_good < found.p_high


def test_the_interval_narrows_as_outcomes_come_and_is_wide_where_there_is_none() -> None:
    def width(found: Estimate) -> float:
        low, high = (math.log(p / (1 - p)) for p in (found.p_low or 0.0, found.p_high or 0.0))
        return high - low

    few = FittedPredictor(fit(EXAMPLES[:30], [(BIG, SMALL)]))
    text = NEW[1].features.question
    elsewhere = example(text, {}, bucket="never seen")
    there = example(text, {}, bucket="triage")
    assert width(predict(there)) < width(predict(there, few))
    assert width(predict(there)) < width(predict(elsewhere))


def test_a_pair_that_is_not_known_is_the_priors_in_its_place_among_the_others() -> None:
    features, scores = NEW[0].features, NEW[0].scores
    found = PREDICTOR.predict(features, scores, [STRANGER, CANDIDATE, STRANGER], BASELINE)
    prior = PriorPredictor().predict(features, scores, [STRANGER], BASELINE)[0]
    assert [one.model for one in found] == ["stranger", SMALL, "stranger"]
    assert found[0] == found[2] == prior
    assert PREDICTOR.predict(features, scores, [STRANGER], BASELINE) == (prior,)
    assert PREDICTOR.predict(features, scores, [], BASELINE) == ()
    assert PREDICTOR.weights(STRANGER, BASELINE) == PriorPredictor().weights(STRANGER, BASELINE)
    with pytest.raises(PolicyError, match="nothing was learned"):
        PREDICTOR.gains(NEW, BIG, "stranger")


def odds(estimate: Estimate) -> float:
    assert estimate.p_good is not None
    return math.log(estimate.p_good / (1 - estimate.p_good))


def test_the_weights_are_those_that_the_prediction_follows() -> None:
    one = NEW[2]
    for layer, weight in PREDICTOR.weights(CANDIDATE, BASELINE).items():
        low, usual, high = (
            PREDICTOR.predict(
                one.features, {**one.scores, layer: Score(demand, "set")}, [CANDIDATE], BASELINE
            )[0]
            for demand in (0.0, None, 1.0)
        )
        assert odds(high) - odds(low) == pytest.approx(weight.per_demand, abs=2e-3)
        assert odds(usual) - odds(low) == pytest.approx(weight.per_demand * weight.usual, abs=2e-3)


def test_without_a_head_the_use_case_speaks_alone() -> None:
    pair = msgspec.structs.replace(ARTIFACT.pairs[0], head=None)
    predictor = FittedPredictor(msgspec.structs.replace(ARTIFACT, pairs=(pair,)))
    found = predict(NEW[0], predictor)
    assert [opinion.gain is None for opinion in found.opinions] == [True, True, False]
    assert predictor.weights(CANDIDATE, BASELINE) == {}


def test_like_prompts_speak_where_there_are_clusters() -> None:
    examples = [
        example(f"{text} {number}", {BIG: 1.0, SMALL: float(right)}, bucket="all")
        for number in range(150)
        for text, right in (
            ("refund for my parcel order", 1),
            ("integral of the polynomial function", number % 3 == 0),
        )
    ]
    vectors = np.stack([embed(one.features.hashes) for one in examples])
    clusters = fit_clusters(vectors, version=load().version)
    artifact = fit(examples, [(BIG, SMALL)], FitOptions(clusters=clusters))
    predictor = FittedPredictor(type(artifact).decode(artifact.encode()))
    found = predict(examples[0], predictor).opinions[0]
    assert found.layer == "fingerprint"
    assert found.gain is not None
    assert found.labels > 100
    untagged = example("refund for my parcel order", {}, bucket="untagged")
    assert predict(untagged, predictor).opinions[0].labels == found.labels
    strange = msgspec.structs.replace(
        artifact, clusters=msgspec.structs.replace(clusters, version="0").encode()
    )
    assert predict(examples[0], FittedPredictor(strange)).opinions[0].gain is None


def test_a_worker_imports_neither_scipy_nor_scikit_learn() -> None:
    code = (
        "import sys, suffice.quality.fitted;"
        "print([name for name in ('scipy', 'sklearn', 'polars') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"

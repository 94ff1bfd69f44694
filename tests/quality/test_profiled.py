from __future__ import annotations

import msgspec
from asks import candidate, chat
from learned import artifact

from suffice.features import Features, read
from suffice.layers import LAYERS
from suffice.quality.ability import Abilities, profile_of
from suffice.quality.ability_fit import fit_abilities
from suffice.quality.calibration import Curve
from suffice.quality.fitted import FittedPredictor
from suffice.quality.predictor import PriorPredictor
from suffice.quality.profiled import ProfilePredictor, Reference
from suffice.types import Candidate, Estimate, Opinion, Tier

BIG = candidate("big", "flagship", 10, benchmarks={"exam": 0.9})
BEFORE = Reference(
    baseline="big", curve=Curve(8.0, 0.5, 0.5), use_cases={"faq": (-0.02, 2.0)}, other=(-0.1, 1.0)
)
WORSE = Reference(
    baseline="big", curve=Curve(8.0, 0.5, 0.0), use_cases={"faq": (-0.4, -1.0)}, other=(-0.4, -1.0)
)


def new(name: str, exam: float | None, tier: Tier = "mini") -> Candidate:
    return candidate(name, tier, 1, benchmarks={} if exam is None else {"exam": exam})


def abilities(answers: float = 0.0) -> Abilities:
    """Eight models that do as well in the use case as on the exam; `answers` of "known" in it, all good."""
    scores = {
        f"m{number}": {"exam": (number / 10, 500.0), "faq": (number / 10, 500.0)} for number in range(1, 9)
    }
    scores["big"] = {"exam": (0.9, 500.0), "faq": (0.9, 500.0)}
    if answers:
        scores["known"] = {"exam": (0.5, 100.0), "faq": (0.95, answers)}
    return fit_abilities(scores)


def predict(
    *candidates: Candidate, known: Abilities | None = None, feature: str = "faq", text: str = "Hello!"
) -> tuple[Estimate, ...]:
    def bucket_of(features: Features) -> str:
        return features.feature

    predictor = ProfilePredictor(known or abilities(), [BEFORE, WORSE], bucket_of, PriorPredictor())
    features = read(msgspec.structs.replace(chat(text), feature=feature))
    scores = {name: layer(features) for name, layer in LAYERS.items()}
    return predictor.predict(features, scores, candidates, BIG)


def opinion(estimate: Estimate) -> Opinion:
    return next(one for one in estimate.opinions if one.layer == "predicted_quality")


def test_a_better_profile_is_expected_to_answer_better() -> None:
    good, poor = predict(new("good", 0.88), new("poor", 0.2))
    assert (opinion(good).gain or 0) > (opinion(poor).gain or 0)
    assert (good.p_good or 0) > (poor.p_good or 0)
    assert (good.p_low or 0) < (good.p_good or 0) < (good.p_high or 0)
    assert good.evidence == "prior"
    assert opinion(good).reason.endswith("from one score elsewhere")


def test_an_unknown_use_case_is_less_certain() -> None:
    (here,), (elsewhere,) = (predict(new("good", 0.88), feature=name) for name in ("faq", "never-seen"))
    assert (opinion(elsewhere).sd or 0) > (opinion(here).sd or 0)


def test_tags_that_clients_invent_are_remembered_as_one() -> None:
    found = {predict(new("good", 0.88), feature=name) for name in ("a", "b", "c")}
    assert len(found) == 1


def test_uncertainty_shrinks_as_its_own_outcomes_come() -> None:
    model = new("known", 0.5)
    few, many = (opinion(predict(model, known=abilities(answers))[0]) for answers in (5.0, 2_000.0))
    assert (many.sd or 0) < (few.sd or 0)
    assert abs((many.gain or 0) - 0.05) < 0.02


def test_a_model_without_benchmarks_is_the_priors() -> None:
    plain, profiled = predict(new("plain", None), new("good", 0.88), text="What is the sentiment? Cold soup.")
    assert not plain.opinions
    assert plain.model == "plain"
    assert profiled.opinions
    predictor = ProfilePredictor(abilities(), [BEFORE], lambda _: "faq", PriorPredictor())
    assert predictor.weights(new("good", 0.88), BIG) == {}
    assert predictor.weights(new("plain", None), BIG)
    assert predictor.fingerprint == "prior"


def test_an_artifact_with_abilities_estimates_models_that_it_has_no_outcomes_of() -> None:
    models = [
        candidate("gpt-5.4", "flagship", 10, benchmarks={"exam": 0.9}),
        candidate("gpt-5.4-mini", "mini", 2, benchmarks={"exam": 0.8}),
        candidate("gpt-5.4-nano", "nano", 1, benchmarks={"exam": 0.4}),
    ]
    newcomer = candidate("newcomer", "mini", 1, benchmarks={"exam": 0.85})
    known = fit_abilities({one.model: dict(profile_of(one)) for one in models})
    learned = msgspec.structs.replace(artifact(), abilities=known.encode())
    assert type(learned).decode(learned.encode()) == learned
    features = read(chat("Summarize the thread about the soup."))
    scores = {name: layer(features) for name, layer in LAYERS.items()}
    measured, expected = FittedPredictor(learned).predict(features, scores, [models[1], newcomer], models[0])
    assert (measured.evidence, expected.evidence) == ("calibrated", "prior")
    assert opinion(expected).labels == 0
    (before,) = FittedPredictor(artifact()).predict(features, scores, [newcomer], models[0])
    assert not before.opinions

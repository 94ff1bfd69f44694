from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from graded import BIG, HARM, SMALL, TRUTH, chance, example, is_hard, learned, world

from suffice.errors import PolicyError
from suffice.quality.fit import FitOptions, fit
from suffice.quality.fitted import FittedPredictor
from suffice.stats.scoring import calibration_error

EXAMPLES, ARTIFACT = learned()
PAIR = (BIG, SMALL)
NEW = world(900, seed=2)


def test_a_known_truth_is_recovered() -> None:
    gains = FittedPredictor(ARTIFACT).gains(NEW, BIG, SMALL)
    truth = np.array([chance(one.bucket, hard=is_hard(one)) - 1.0 for one in NEW])
    assert np.corrcoef(gains, truth)[0, 1] > 0.9
    assert abs(gains - truth).mean() < 0.1
    hard = np.array([is_hard(one) for one in NEW])
    assert gains[~hard].mean() - gains[hard].mean() > HARM / 3


def test_probabilities_are_calibrated_on_what_was_not_learned_from() -> None:
    p_good = FittedPredictor(ARTIFACT).p_good(NEW, BIG, SMALL)
    good = np.array([one.quality[SMALL] >= one.quality[BIG] for one in NEW])
    assert calibration_error(p_good, good, bins=5) < 0.08
    report = ARTIFACT.pairs[0].report
    assert report.count == len(EXAMPLES)
    assert report.auc is not None
    assert report.auc > 0.7
    assert report.brier < 0.2
    assert report.mean_low < report.mean_gain < report.mean_high


def test_the_tolerance_decides_what_is_good() -> None:
    examples = [example(f"parcel {number}", {BIG: 0.9, SMALL: 0.8}) for number in range(20)]
    strict, tolerant = (fit(examples, [PAIR], FitOptions(delta=delta)) for delta in (0.0, 0.1))
    assert strict.pairs[0].good["faq"].mean == 0.0
    assert tolerant.pairs[0].good["faq"].mean == 1.0
    p_strict, p_tolerant = (FittedPredictor(one).p_good(examples[:1], *PAIR)[0] for one in (strict, tolerant))
    assert p_strict < 0.2
    assert p_tolerant > 0.8


def test_pairs_that_share_their_examples_are_fitted_as_if_alone() -> None:
    examples = [
        example(
            f"{one.features.question}", {**one.quality, "other": 1 - one.quality[SMALL]}, bucket=one.bucket
        )
        for one in EXAMPLES[:200]
    ]
    both = fit(examples, [(BIG, SMALL), (BIG, "other")])
    alone = fit(examples, [(BIG, "other")])
    gains = [FittedPredictor(one).gains(examples[:50], BIG, "other") for one in (both, alone)]
    assert gains[0] == pytest.approx(gains[1], abs=2e-3)


def test_examples_that_lack_a_model_are_left_out_for_its_pairs() -> None:
    found = fit([*EXAMPLES[:30], example("summer", {BIG: 1.0})], [PAIR])
    assert found.pairs[0].report.count == 30


@pytest.mark.parametrize(
    ("pairs", "what"), [([(BIG, "nobody")], "no request was answered"), ([(BIG, BIG)], "cannot stand in")]
)
def test_a_pair_without_outcomes_is_an_error(pairs: list[tuple[str, str]], what: str) -> None:
    with pytest.raises(PolicyError, match=what):
        fit(EXAMPLES[:5], pairs)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_handful_of_outcomes_teaches_little_and_breaks_nothing(count: int) -> None:
    predictor = FittedPredictor(fit(EXAMPLES[:count], [PAIR]))
    p_good = predictor.p_good(NEW[:20], *PAIR)
    assert ((p_good > 0.02) & (p_good < 0.98)).all()


def test_variants_of_one_prompt_widen_the_interval_of_the_mean() -> None:
    apart = [example(f"letter {n}", {BIG: 1.0, SMALL: float(n % 2)}) for n in range(40)]
    together = [example(f"letter {n}", {BIG: 1.0, SMALL: float(n % 2)}, group=f"g{n % 4}") for n in range(40)]
    width = [(r := fit(lot, [PAIR]).pairs[0].report).mean_high - r.mean_low for lot in (apart, together)]
    assert width[1] > 2 * width[0]


def test_no_process_differs_from_another() -> None:
    code = (
        "from graded import world, BIG, SMALL; from suffice.quality.fit import fit;"
        "print(fit(world(60), [(BIG, SMALL)]).fingerprint)"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert len(TRUTH) == 3


def test_a_measure_that_tells_all_is_learned_from_few_outcomes() -> None:
    examples = []
    for number in range(120):
        long = number % 2
        text = " ".join(f"w{(number * 7 + at * 13) % 997}" for at in range(90 if long else 6))
        examples.append(example(text, {BIG: 1.0, SMALL: 1.0 - long}))
    gains = FittedPredictor(fit(examples, [PAIR])).gains(examples, *PAIR)
    assert gains[1::2].mean() < -0.75
    assert gains[::2].mean() > -0.25

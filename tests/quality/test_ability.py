from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.catalog import Catalog
from suffice.errors import PolicyError
from suffice.quality.ability import TIER, Abilities, profile_of, to_log_odds, with_outcomes
from suffice.quality.ability_fit import fit_abilities
from suffice.stats.moments import Moments

PLAIN = Abilities(
    items=("easy", "hard"),
    weights=np.array([[1.0, 1.0], [-1.0, 1.0], [0.0, 0.8]]),
    uncertainty=np.stack([np.eye(2) * 0.01, np.eye(2) * 0.01, np.eye(2) * 1.0]),
    noise=np.array([0.1, 0.1, 0.2]),
    known={"big": {"easy": (0.95, 400.0), "hard": (0.7, 400.0)}},
)
SCORES = st.floats(0, 1)
PROFILES = st.dictionaries(st.sampled_from(["easy", "hard", "other"]), SCORES, max_size=3)


def test_a_better_profile_is_expected_to_do_better_and_a_longer_one_is_surer() -> None:
    good, _ = PLAIN.predict({"easy": 0.95}, "hard")
    bad, sd_of_one = PLAIN.predict({"easy": 0.5}, "hard")
    middle, sd_of_none = PLAIN.predict({}, "hard")
    assert bad < middle < good
    assert sd_of_one < sd_of_none
    assert PLAIN.predict({}, "hard")[0] < PLAIN.predict({}, "easy")[0]


def test_an_unknown_item_is_what_items_are_like_and_wide() -> None:
    mean, sd = PLAIN.predict({"easy": 0.73}, "never seen")
    assert 0.4 < mean < 0.6
    assert sd > PLAIN.predict({"easy": 0.73}, "hard")[1]


def test_what_a_profile_says_of_unknown_items_is_ignored() -> None:
    assert PLAIN.predict({"easy": 0.9, "who knows": 0.1}, "hard") == PLAIN.predict({"easy": 0.9}, "hard")


def test_own_outcomes_take_over_as_they_become_many() -> None:
    before, _ = PLAIN.predict({"easy": 0.95}, "hard")
    found = [PLAIN.predict({"easy": 0.95, "hard": (0.2, count)}, "hard") for count in (1.0, 20.0, 10_000.0)]
    means, sds = zip(*found, strict=True)
    assert before > means[0] > means[1] > means[2]
    assert means[2] == pytest.approx(0.2, abs=0.01)
    assert sds[0] > sds[1] > sds[2]


def test_a_gain_is_a_difference_of_scores() -> None:
    small, big = {"easy": 0.8}, {"easy": 0.97}
    gain, sd = PLAIN.gain(small, big, "hard")
    expected = PLAIN.predict(small, "hard")[0] - PLAIN.predict(big, "hard")[0]
    assert gain == pytest.approx(expected, abs=0.01)
    assert gain < 0 < sd
    back, same_sd = PLAIN.gain(big, small, "hard")
    assert (back, same_sd) == pytest.approx((-gain, sd), abs=2e-3)


def test_a_model_that_the_fit_has_seen_goes_by_its_name() -> None:
    assert PLAIN.gain({"easy": 0.8}, "big", "hard") == PLAIN.gain({"easy": 0.8}, PLAIN.known["big"], "hard")
    assert PLAIN.gain("big", "big", "never seen")[0] == pytest.approx(0, abs=1e-3)
    with pytest.raises(PolicyError, match="no outcomes of huge") as caught:
        PLAIN.gain("huge", "big", "hard")
    assert caught.value.code == "unknown_model"


def test_what_is_unknown_of_the_item_itself_moves_both_sides_alike() -> None:
    alone = PLAIN.predict({"easy": 0.8}, "never seen")[1]
    assert PLAIN.gain({"easy": 0.8}, {"easy": 0.85}, "never seen")[1] < alone * math.sqrt(2) * 0.9


@given(PROFILES, PROFILES, st.sampled_from(["easy", "hard", "other"]))
def test_predictions_are_scores_and_gains_lie_between_them(
    one: dict[str, float], other: dict[str, float], item: str
) -> None:
    mean, sd = PLAIN.predict(one, item)
    assert 0 <= mean <= 1
    assert 0 <= sd <= 0.5
    gain, spread = PLAIN.gain(one, other, item)
    assert -1 <= gain <= 1
    assert 0 <= spread <= 1


@pytest.mark.parametrize(
    "score", [-0.01, 1.01, math.nan, (0.5, 0.0), (0.5, -1.0), (0.5, math.inf), (0.5, math.nan)]
)
def test_what_is_no_score_is_refused(score: float | tuple[float, float]) -> None:
    with pytest.raises(PolicyError) as caught:
        to_log_odds(score)
    assert caught.value.code == "bad_score"
    with pytest.raises(PolicyError):
        PLAIN.predict({"easy": score}, "hard")


@given(SCORES, st.floats(1, 1e6))
def test_log_odds_are_finite_and_more_answers_are_surer(score: float, count: float) -> None:
    value, error = to_log_odds((score, count))
    assert math.isfinite(value)
    assert 0 < error < math.inf
    assert to_log_odds((score, 2 * count))[1] < error


@given(
    st.floats(-1, 1),
    st.floats(0.01, 0.5),
    st.lists(st.floats(-1, 1), max_size=30),
    st.floats(0.01, 0.5),
)
def test_outcomes_pull_a_gain_towards_their_mean(
    gain: float, sd: float, values: list[float], within: float
) -> None:
    outcomes = Moments.of(values)
    after, surer = with_outcomes(gain, sd, outcomes, within)
    if not values:
        assert (after, surer) == (gain, sd)
        return
    low, high = sorted((gain, outcomes.mean))
    assert low - 1e-9 <= after <= high + 1e-9
    assert surer < sd


def test_outcomes_at_once_or_one_by_one_are_the_same() -> None:
    values = [0.5, -1.0, 0.0, 1.0]
    step = (0.2, 0.3)
    for value in values:
        step = with_outcomes(*step, Moments.of([value]), 0.4)
    assert step == pytest.approx(with_outcomes(0.2, 0.3, Moments.of(values), 0.4))


def test_abilities_survive_encoding() -> None:
    again = Abilities.decode(PLAIN.encode())
    assert again.items == PLAIN.items
    assert again.known == PLAIN.known
    for name in ("weights", "uncertainty", "noise"):
        assert np.array_equal(getattr(again, name), getattr(PLAIN, name))
    assert again.encode() == PLAIN.encode()
    assert again.predict({"easy": 0.9}, "hard") == PLAIN.predict({"easy": 0.9}, "hard")


@given(st.binary(max_size=200))
def test_other_bytes_are_no_abilities(data: bytes) -> None:
    with pytest.raises(PolicyError):
        Abilities.decode(data)


def raw(place: int, value: object) -> bytes:
    rows = msgspec.msgpack.decode(PLAIN.encode())
    rows[place] = value
    return msgspec.msgpack.encode(rows)


@pytest.mark.parametrize(
    "data",
    [
        raw(0, ["easy"]),
        raw(1, 0),
        raw(1, 2),
        raw(1, 9),
        raw(2, b""),
        raw(3, b"\0" * 8),
        raw(4, np.array([0.1, 0.1, math.nan]).tobytes()),
        raw(4, np.array([0.1, 0.1, 0.0]).tobytes()),
        raw(5, 0.0),
        raw(5, math.inf),
        raw(6, {"big": {"easy": 0.5}}),
        PLAIN.encode()[:-1],
    ],
)
def test_abilities_that_cannot_be_are_refused(data: bytes) -> None:
    assert Abilities.decode(raw(5, 1.0)).spread == 1.0
    with pytest.raises(PolicyError, match="abilities") as caught:
        Abilities.decode(data)
    assert caught.value.code == "bad_abilities"


def test_a_profile_of_the_catalog_is_its_figures_and_its_tier() -> None:
    found = Catalog.load(at_ns=1_795_478_400_000_000_000).resolve("openai", "gpt-5.4-nano")
    assert found is not None
    profile = profile_of(found)
    assert {name: score for name, (score, _) in profile.items() if name != TIER} == found.benchmarks
    assert profile[TIER][1] < min(count for name, (_, count) in profile.items() if name != TIER)


def test_before_any_outcome_a_flagship_is_expected_above_its_nano_and_all_is_wide() -> None:
    catalog = Catalog.load(at_ns=1_795_478_400_000_000_000).candidates()
    fitted = fit_abilities(
        {model.model: profile_of(model) for models in catalog.values() for model in models}
    )
    for candidate in ("gpt-5.4-nano", "gpt-6-luna", "claude-haiku-4-5"):
        gain, sd = fitted.gain(candidate, "gpt-5.4", "a bucket of which nothing is known")
        assert gain < -0.03
        assert sd > 0.1
    mini, _ = fitted.gain("gpt-5.4-mini", "gpt-5.4", "a bucket of which nothing is known")
    nano, _ = fitted.gain("gpt-5.4-nano", "gpt-5.4", "a bucket of which nothing is known")
    assert nano < mini < 0.05

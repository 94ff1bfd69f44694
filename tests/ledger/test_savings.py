from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routed import APRIL_NS, MARCH_NS, MINUTE_NS, World, cost, extra, keep, legs, play
from suffice.ledger import savings as ledger_savings
from suffice.ledger.savings import Savings, StratumSeen, savings
from suffice.ledger.sessions import Period, fold
from suffice.store.sqlite import SqliteStore
from suffice.types import Outcome, Usage

MARCH = Period(since_ns=MARCH_NS, until_ns=APRIL_NS)


def found(
    outcomes: Sequence[Outcome],
    spent: Mapping[str, int] | None = None,
    *,
    certified: bool = True,
) -> Savings:
    served, others = legs(outcomes)
    sessions = fold(served, others, period=MARCH, certified=lambda *_: certified)
    return savings(sessions, spent or {})


def test_the_interval_is_about_the_truth_and_the_modelled_figure_is_not() -> None:
    covered, modelled = 0, []
    for seed in range(40):
        played = play(World(seed=seed, sessions=300, verbosity=1.4))
        one = found(played.outcomes)
        assert one.difference is not None
        covered += one.difference.low_nanos <= played.truth_nanos <= one.difference.high_nanos
        modelled.append(one.modelled.modelled_nanos / played.truth_nanos)
    assert covered >= 35
    assert min(modelled) > 1.2, "answers that are 40% longer are taken for savings"


def test_a_ledger_kept_by_the_proxy_says_the_same_as_the_calls_themselves(tmp_path: Path) -> None:
    outcomes = [*play(World(sessions=120)).outcomes, extra(1, leg="discarded", sent_model="small")]
    store = SqliteStore(keep(tmp_path, outcomes), read_only=True)
    served, others = (store.legs(served=served, until_ns=APRIL_NS) for served in (True, False))
    sessions = fold(served, others, period=MARCH, certified=lambda *_: True)
    kept = savings(sessions, {"trial": 5})
    store.close()
    assert kept == found(outcomes, {"trial": 5})


def test_exact_where_nothing_varies() -> None:
    usage = Usage(input_tokens=1_000, output_tokens=100)
    outcomes = [
        msgspec.structs.replace(one, usage=usage) for one in play(World(sessions=100, calls=(1, 1))).outcomes
    ]
    routed = sum(one.arm == "routed" for one in outcomes)
    truth = routed * (cost("big", usage) - cost("small", usage))
    one = found(outcomes)
    assert one.difference is not None
    assert (one.difference.nanos, one.difference.low_nanos, one.difference.high_nanos) == (truth,) * 3
    assert one.modelled.modelled_nanos == truth
    assert one.verified_nanos == truth


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_calls_changes_no_figure(rng: random.Random) -> None:
    outcomes = play(World(sessions=60)).outcomes
    mixed = list(outcomes)
    rng.shuffle(mixed)
    assert found(mixed) == found(outcomes)


def test_overhead_is_subtracted_to_the_nano_dollar_whatever_its_kind() -> None:
    outcomes = play(World()).outcomes
    free = found(outcomes)
    shadow = extra(1, leg="shadow", parent="x", usage=Usage(input_tokens=7, output_tokens=3))
    burdened = found([*outcomes, shadow], {"trial": 11, "grader": 13})
    charged = cost("big", Usage(input_tokens=7, output_tokens=3)) + 24
    assert burdened.overhead_nanos == charged
    assert free.measured is not None
    assert burdened.measured == free.measured.less(charged)
    assert (burdened.verified_nanos or 0) == (free.verified_nanos or 0) - charged
    assert {one.kind: one.nanos for one in burdened.overhead} == {
        "discarded": 0, "grader": 13, "shadow": charged - 24, "trial": 11, "lost_cache": 0, "lost_cache_unrouted": 0,
    }  # fmt: skip


def test_overhead_of_unknown_cost_is_charged_as_the_dearest_call_of_the_period() -> None:
    outcomes = play(World()).outcomes
    dearest = max(one.cost_nanos or 0 for one in legs(outcomes)[0])
    one = found([*outcomes, extra(1, leg="discarded", usage=None), extra(2, leg="discarded", usage=None)])
    assert one.overhead_nanos == 2 * dearest
    assert one.overhead_bounded


def test_overhead_beyond_knowing_leaves_nothing_verified() -> None:
    one = found([extra(1, leg="discarded", usage=None)])
    assert not one.overhead_bounded
    assert one.verified_nanos is None


def test_more_expensive_answers_are_negative_savings() -> None:
    played = play(World(verbosity=12.0, sessions=600))
    one = found(played.outcomes)
    assert played.truth_nanos < 0
    assert one.measured is not None
    assert one.measured.high_nanos < 0
    assert (one.verified_nanos or 0) < 0
    assert one.modelled.modelled_nanos > 0, "which the modelled figure does not see"


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (World(holdout=0.0), "holdout_small"),
        (World(share=0.0), "routed_small"),
        (World(sessions=4), "holdout_small"),
        (World(sessions=1), "holdout_small"),
    ],
)
def test_a_use_case_with_an_arm_that_is_too_small_is_modelled_and_never_billed(
    world: World, why: str
) -> None:
    one = found(play(world).outcomes)
    assert [stratum.why for stratum in one.strata] == [why]
    assert (one.difference, one.measured, one.verified_nanos) == (None, None, None)
    assert one.unmeasured == one.modelled
    assert [line.measured_nanos for lines in one.by.values() for line in lines if line.measured_nanos] == []


def test_one_such_use_case_takes_nothing_from_another() -> None:
    good, bare = play(World()).outcomes, play(World(bucket="bare", holdout=0.0)).outcomes
    alone, beside = found(good), found([*good, *bare])
    assert (beside.difference, beside.verified_nanos) == (alone.difference, alone.verified_nanos)
    assert beside.unmeasured.calls == sum(one.sent_model != "" for one in bare)


def test_what_was_routed_without_dice_is_modelled() -> None:
    outcomes = [
        msgspec.structs.replace(one, arm="", propensity=None) for one in play(World(holdout=0.0)).outcomes
    ]
    one = found(outcomes)
    assert [stratum.why for stratum in one.strata] == ["no_dice"]
    assert one.modelled.calls == len(outcomes)


def test_nothing_is_verified_without_a_certificate() -> None:
    one = found(play(World()).outcomes, certified=False)
    assert one.measured is not None
    assert one.verified_nanos is None


def test_verified_is_the_lower_end_over_certified_use_cases_alone() -> None:
    one, other = play(World(bucket="one")).outcomes, play(World(bucket="other")).outcomes
    served, others = legs([*one, *other])
    sessions = fold(served, others, period=MARCH, certified=lambda bucket, *_: bucket == "one")
    both = savings(sessions, {})
    assert both.verified_nanos == found(one).verified_nanos
    assert both.difference is not None
    assert both.difference.nanos == sum(stratum.measured_nanos or 0 for stratum in both.strata)


@pytest.mark.parametrize("seed", range(5))
def test_with_every_use_case_certified_verified_is_the_measured_lower_end_to_the_nano_dollar(
    seed: int,
) -> None:
    mixed = [
        *play(World(bucket="one", sessions=300, seed=seed)).outcomes,
        *play(World(bucket="other", share=0.25, verbosity=2.0)).outcomes,
        *shadowed(play(World(bucket="single", sessions=900, calls=(1, 1))).outcomes, 0.2),
        *play(World(bucket="single", sessions=900, calls=(1, 1))).outcomes,
        extra(1, leg="discarded", sent_model="small"),
    ]
    one = found(mixed, {"trial": 12_345})
    assert one.measured is not None
    assert one.certified_difference == one.difference
    assert one.verified_nanos == one.measured.low_nanos
    assert one.measured.low_nanos < one.measured.nanos


def test_sessions_of_unknown_cost_are_kept_out_of_both_arms_and_counted_by_arm() -> None:
    outcomes = play(World(calls=(1, 1))).outcomes
    lost = {
        id_ for arm in ("routed", "holdout") for id_ in [one.id for one in outcomes if one.arm == arm][:3]
    }
    some = [msgspec.structs.replace(one, usage=None) if one.id in lost else one for one in outcomes]
    (stratum,) = found(some).strata
    assert (stratum.routed.unknown_sessions, stratum.holdout.unknown_sessions) == (3, 3)
    (without,) = found([one for one in outcomes if one.id not in lost]).strata
    assert stratum.measured_nanos == without.measured_nanos


def test_sessions_whose_dice_were_changed_are_kept_out() -> None:
    outcomes = play(World(calls=(2, 2))).outcomes
    twice = [
        msgspec.structs.replace(one, arm="holdout" if one.arm == "routed" else "routed")
        if one.id.endswith("-0-1")
        else one
        for one in outcomes
    ]
    (stratum,) = found(twice).strata
    assert stratum.mixed_sessions == 1
    assert stratum.routed.sessions + stratum.holdout.sessions == 399


def test_a_ramp_is_measured_step_by_step() -> None:
    steps = [World(share=share, seed=seed, sessions=300) for seed, share in enumerate((0.25, 1.0))]
    played = [play(world) for world in steps]
    one = found([outcome for part in played for outcome in part.outcomes])
    assert [stratum.propensity for stratum in one.strata] == [pytest.approx(0.2), pytest.approx(0.8)]
    assert one.difference is not None
    truth = sum(part.truth_nanos for part in played)
    assert one.difference.low_nanos <= truth <= one.difference.high_nanos


def shadowed(played: Sequence[Outcome], share: float) -> list[Outcome]:
    """The baseline's answers to a share of routed calls, 1 / 1.3 as long as the candidate's."""
    rng, found_ = random.Random(3), []
    for number, one in enumerate(played):
        if one.sent_model and rng.random() < share and one.usage is not None:
            usage = Usage(
                input_tokens=one.usage.input_tokens, output_tokens=round((one.usage.output_tokens - 1) / 1.3)
            )
            found_.append(extra(number, leg="shadow", parent=one.id, usage=usage, bucket=one.bucket))
    return found_


def test_pairs_narrow_the_interval_where_a_session_is_one_call() -> None:
    played = play(World(sessions=1_500, holdout=0.05, calls=(1, 1), spacing_ns=20 * MINUTE_NS))
    alone = found(played.outcomes)
    paired = found([*played.outcomes, *shadowed(played.outcomes, 0.1)])
    (stratum,) = paired.strata
    assert stratum.pairs > 50
    assert alone.difference is not None
    assert paired.difference is not None
    width, narrow = (one.high_nanos - one.low_nanos for one in (alone.difference, paired.difference))
    assert narrow < 0.5 * width
    assert paired.difference.low_nanos <= played.truth_nanos <= paired.difference.high_nanos
    # Both are said; what counts lies between them.
    lower, upper = sorted([stratum.arms_nanos or 0, stratum.pairs_nanos or 0])
    assert lower <= (stratum.measured_nanos or 0) <= upper


def test_the_arms_count_alone_where_sessions_have_several_calls() -> None:
    played = play(World(sessions=600, spacing_ns=20 * MINUTE_NS))
    (stratum,) = found([*played.outcomes, *shadowed(played.outcomes, 0.2)]).strata
    assert stratum.pairs > 50
    assert stratum.pairs_nanos is None
    assert stratum.measured_nanos == stratum.arms_nanos


def test_each_table_adds_up_to_the_whole() -> None:
    one = found([*play(World(bucket="one")).outcomes, *play(World(bucket="other", verbosity=5.0)).outcomes])
    assert one.difference is not None
    for lines in one.by.values():
        assert sum(line.measured_nanos or 0 for line in lines) == one.difference.nanos
        assert sum(line.tally.modelled_nanos for line in lines) == one.modelled.modelled_nanos
        assert sum(line.tally.calls for line in lines) == one.modelled.calls


def test_by_model_only_those_that_stood_in_have_saved_anything() -> None:
    outcomes = play(World(calls=(2, 2))).outcomes
    # The second turn of each routed session came back to the baseline.
    back = [
        msgspec.structs.replace(one, sent_model="", served_model="big")
        if one.arm == "routed" and one.id.endswith("-1")
        else one
        for one in outcomes
    ]
    one = found(back)
    assert one.difference is not None
    assert [(line.name, line.measured_nanos) for line in one.by["model"]] == [("small", one.difference.nanos)]


def test_the_same_calls_give_the_same_figures_and_others_have_other_dice() -> None:
    outcomes = play(World()).outcomes
    assert found(outcomes) == found(outcomes)
    renamed = [msgspec.structs.replace(one, bucket="other") for one in outcomes]
    here, there = found(outcomes).difference, found(renamed).difference
    assert here is not None
    assert there is not None
    assert here.nanos == there.nanos
    assert here.low_nanos != there.low_nanos


def test_an_empty_period_has_no_figures() -> None:
    one = found([])
    assert (one.difference, one.verified_nanos, one.modelled.calls, one.overhead_nanos) == (None, None, 0, 0)


def test_time_grows_with_the_number_of_use_cases_and_not_with_its_square(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = Counter[str]()

    class Watched(StratumSeen, frozen=True):
        def __getattribute__(self, name: str) -> object:
            looks[name] += 1
            return super().__getattribute__(name)

    monkeypatch.setattr(ledger_savings, "StratumSeen", Watched)
    use_cases = 200
    calls = [extra(number, bucket=f"case-{number}", sent_model="small") for number in range(use_cases)]
    assert len(found(calls).by["bucket"]) == use_cases
    assert use_cases <= looks["bucket"] <= 5 * use_cases

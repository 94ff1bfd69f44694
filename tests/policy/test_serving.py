from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suffice.policy.serving import Serving, serving_of
from suffice.policy.switch import Setting, Switch
from suffice.types import Decision

ROUTE, OBSERVE = Setting(mode="route", since_ns=0), Setting(mode="observe", since_ns=0)
CHEAPER = Decision(baseline="big", model="small", reason="certified_suffices", bucket="faq")
KEPT = Decision(baseline="big", model="big", reason="below_bar", bucket="faq")


def served(decision: Decision = CHEAPER, unit: str = "s", share: float = 1.0, **more: bool) -> Serving:
    return serving_of(decision, Switch(default=ROUTE, holdout=0.2), unit, share=share, **more)


def test_what_is_only_observed_is_served_as_asked_and_casts_no_dice() -> None:
    for switch in (Switch(default=OBSERVE), Switch(default=ROUTE, buckets={"faq": OBSERVE})):
        found = serving_of(CHEAPER, switch, "s", share=1.0)
        assert found == Serving(mode="observe", reason="certified_suffices")


def test_who_was_not_eligible_has_no_arm() -> None:
    assert served(KEPT) == Serving(mode="route", reason="below_bar")
    assert served(forced=True) == Serving(mode="route", reason="baseline_forced")


@given(unit=st.text(max_size=20), share=st.floats(0, 1))
def test_the_dice_say_who_is_routed_and_how_probable_that_was(unit: str, share: float) -> None:
    found = served(unit=unit, share=share)
    assert found.propensity == share * (1 - 0.2)
    if found.arm == "routed":
        assert (found.model, found.reason) == ("small", "certified_suffices")
    else:
        assert (found.arm, found.model, found.reason) == ("holdout", "", "holdout")


def test_shares_are_those_of_the_propensity() -> None:
    arms = [served(unit=f"unit-{number}", share=0.5).arm for number in range(4_000)]
    # Four standard deviations of a share of 0.4.
    assert abs(arms.count("routed") / len(arms) - 0.4) < 4 * (0.4 * 0.6 / len(arms)) ** 0.5

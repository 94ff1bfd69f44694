from __future__ import annotations

import pytest

from suffice.config import FeatureSettings, ObservationSettings, PolicySettings, RouteSettings, Settings
from suffice.policy.configured import policy_from, switch_from
from suffice.policy.policy import Policy

NAMES = {"gpt-5.4-mini": "gpt-5.4-mini", "mini": "gpt-5.4-mini"}


def test_the_defaults_observe_on_a_prior_and_would_serve_on_certificates() -> None:
    assert policy_from(Settings(), NAMES) == Policy(evidence="prior")
    assert policy_from(Settings(), NAMES, serving=True) == Policy(evidence="certified")
    assert policy_from(Settings(mode="off"), NAMES).evidence == "certified"


@pytest.mark.parametrize("serving", [True, False])
def test_everything_but_the_evidence_is_the_same_for_both(serving: bool) -> None:
    settings = Settings(
        observation=ObservationSettings(evidence="calibrated"),
        policy=PolicySettings(bar=0.7, bar_on="p_low", stakes_ratio=3, allow=("mini",), deny=("x",)),
        features={
            "faq": FeatureSettings(evidence="prior", bar=0.6, stakes_usd=0.1, allow=(), deny=("mini",))
        },
    )
    policy = policy_from(settings, NAMES, serving=serving)
    assert (policy.bar, policy.bar_on, policy.stakes_ratio) == (0.7, "p_low", 3)
    assert policy.allow == frozenset({"gpt-5.4-mini"}), "an alias is turned into the catalog's own name"
    assert policy.deny == frozenset({"x"})
    rule = policy.features["faq"]
    assert (rule.bar, rule.stakes_nanos, rule.allow, rule.deny) == (
        0.6, 100_000_000, frozenset(), frozenset({"gpt-5.4-mini"}),
    )  # fmt: skip
    assert policy.terms("faq").evidence == ("prior" if serving else "calibrated")
    assert policy.terms("other").evidence == ("certified" if serving else "calibrated")


def test_the_settings_switch_says_how_everything_is_ramped() -> None:
    route = RouteSettings(ramp=(0.5, 1.0), ramp_step_hours=2, holdout=0.1, salt="s")
    switch = switch_from(Settings(mode="route", route=route))
    assert (switch.default.mode, switch.default.ramp, switch.default.step_s) == ("route", (0.5, 1.0), 7_200.0)
    assert (switch.holdout, switch.salt, switch.buckets) == (0.1, "s", {})
    assert not switch_from(Settings()).routes

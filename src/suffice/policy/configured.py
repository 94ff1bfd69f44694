"""The policy that the settings describe. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suffice.config import FeatureSettings, Settings
from suffice.money import nanos_from_usd
from suffice.policy.policy import Policy, Rule
from suffice.policy.switch import Setting, Switch

_HOUR_S = 3600.0


def policy_from(settings: Settings, names: Mapping[str, str], *, serving: bool = False) -> Policy:
    """Returns the policy of these settings.

    Args:
        settings: All of them.
        names: The catalog's own name of a model by any that it goes by.
        serving: What would serve traffic, also where the mode only observes. Otherwise what the shadow decisions of
            that mode are made with: the same, on the evidence of `[observation]`, in every feature.
    """
    observing = settings.mode == "observe" and not serving
    policy = settings.policy
    return Policy(
        evidence=settings.observation.evidence if observing else policy.evidence,
        bar=policy.bar,
        bar_on=policy.bar_on,
        stakes_ratio=policy.stakes_ratio,
        allow=None if policy.allow is None else _canonical(policy.allow, names),
        deny=_canonical(policy.deny, names),
        features={
            feature: _rule(given, names, observing=observing) for feature, given in settings.features.items()
        },
    )


def switch_from(settings: Settings) -> Switch:
    """Returns the switch of these settings: what counts until `suffice mode` sets one.

    Nobody has said when it was set, so its ramp begins with each certificate.
    """
    route = settings.route
    setting = Setting(
        mode=settings.mode,
        since_ns=0,
        ramp=route.ramp,
        step_s=route.ramp_step_hours * _HOUR_S,
        reason="as the settings say",
    )
    return Switch(default=setting, holdout=route.holdout, salt=route.salt)


def _rule(given: FeatureSettings, names: Mapping[str, str], *, observing: bool) -> Rule:
    return Rule(
        evidence=None if observing else given.evidence,
        bar=given.bar,
        stakes_nanos=None if given.stakes_usd is None else nanos_from_usd(given.stakes_usd),
        allow=None if given.allow is None else _canonical(given.allow, names),
        deny=_canonical(given.deny, names),
    )


def _canonical(models: Iterable[str], names: Mapping[str, str]) -> frozenset[str]:
    return frozenset(names.get(model, model) for model in models)

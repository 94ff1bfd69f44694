from __future__ import annotations

from suffice.config.budgets import Asked, BudgetSettings
from suffice.config.settings import FeatureSettings

EACH = Asked(usd_per_month=100.0, when_spent="economise", economise_evidence="calibrated")


def test_what_is_said_of_each_and_of_all_together_are_apart() -> None:
    settings = BudgetSettings(
        usd_per_day=1.0, when_spent="refuse", total_usd_per_month=9.0, total_when_spent="notify"
    )
    assert settings.each == Asked(usd_per_day=1.0, when_spent="refuse")
    assert settings.total == Asked(usd_per_month=9.0)
    assert not BudgetSettings().each.limited
    assert settings.total.limited


def test_a_feature_replaces_key_by_key() -> None:
    own = EACH.with_own(FeatureSettings(budget_usd_per_day=5.0, when_spent="refuse"))
    assert own == Asked(
        usd_per_day=5.0, usd_per_month=100.0, when_spent="refuse", economise_evidence="calibrated"
    )


def test_a_feature_without_keys_of_its_own_is_like_each() -> None:
    assert EACH.with_own(FeatureSettings(bar=0.5)) is EACH

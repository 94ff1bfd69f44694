"""The settings of budgets: what use cases may spend, and what happens when that is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from suffice.config.settings import FeatureSettings

Limit = Annotated[float, Meta(ge=0.001, le=1_000_000_000)]
WhenSpent = Literal["notify", "economise", "refuse"]
Economised = Literal["calibrated", "prior"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for of one use case, or of all together."""

    usd_per_day: float | None = None
    usd_per_month: float | None = None
    when_spent: WhenSpent = "notify"
    economise_evidence: Economised | None = None

    @property
    def limited(self) -> bool:
        """Whether there is a budget at all."""
        return self.usd_per_day is not None or self.usd_per_month is not None

    def with_own(self, feature: FeatureSettings) -> Asked:
        """Returns what holds for a feature that has keys of its own: each in place of the one here."""
        own = {
            "usd_per_day": feature.budget_usd_per_day,
            "usd_per_month": feature.budget_usd_per_month,
            "when_spent": feature.when_spent,
            "economise_evidence": feature.economise_evidence,
        }
        given = {name: value for name, value in own.items() if value is not None}
        return msgspec.structs.replace(self, **given) if given else self


class BudgetSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What may be spent in a day or a month (UTC), and what happens then; docs/route.md, "Budgets".

    A change of these keys, or of a feature's own four, counts within a second, without a restart.
    """

    usd_per_day: Limit | None = None
    """What each use case may spend in a day, in US dollars, where `[features.NAME]` does not say. Traffic without a tag
    is one use case, `untagged`."""
    usd_per_month: Limit | None = None
    """The same for a calendar month."""
    when_spent: WhenSpent = "notify"
    """What happens when such a budget is spent. `notify` only tells; `economise` also lets cheaper models serve on less
    evidence until the period ends; `refuse` answers requests of the use case with 429 until then."""
    economise_evidence: Economised | None = None
    """The evidence that is enough while such a budget economises: `calibrated`, or `prior`. It has to be named, for it
    spends quality that nothing proves."""
    total_usd_per_day: Limit | None = None
    """What all use cases together may spend in a day, in US dollars."""
    total_usd_per_month: Limit | None = None
    """The same for a calendar month."""
    total_when_spent: WhenSpent = "notify"
    """What happens when such a budget is spent, in every use case."""
    total_economise_evidence: Economised | None = None
    """The evidence that is enough while such a budget economises."""

    @property
    def each(self) -> Asked:
        """What holds for a use case without keys of its own."""
        return Asked(
            usd_per_day=self.usd_per_day,
            usd_per_month=self.usd_per_month,
            when_spent=self.when_spent,
            economise_evidence=self.economise_evidence,
        )

    @property
    def total(self) -> Asked:
        """What holds for all together."""
        return Asked(
            usd_per_day=self.total_usd_per_day,
            usd_per_month=self.total_usd_per_month,
            when_spent=self.total_when_spent,
            economise_evidence=self.total_economise_evidence,
        )

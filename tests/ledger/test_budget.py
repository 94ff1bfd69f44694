from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from entries import outcome
from hypothesis import given
from hypothesis import strategies as st

from suffice.config import BudgetSettings, FeatureSettings, Settings
from suffice.ledger.budget import (
    ALL,
    DAY_NS,
    Budget,
    Budgets,
    Per,
    Standing,
    State,
    Tally,
    budgets_of,
    owner_of,
    period_of,
    standings,
    to_tell,
)

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
NOON_NS = int(NOON.timestamp()) * 1_000_000_000
DAY, MONTH = (
    Budget(feature="faq", per="day", limit_nanos=100, when_spent="refuse"),
    Budget(feature="faq", per="month", limit_nanos=1_000, when_spent="refuse"),
)


def tally(*calls: tuple[str, int, int | None], at_ns: int = NOON_NS) -> Tally:
    """What these calls come to: tag, days before the moment, cost."""
    found = Tally(at_ns)
    for feature, days, nanos in calls:
        found.add(feature, at_ns - days * DAY_NS, nanos=nanos or 0, unknown=int(nanos is None))
    return found


def states(found: tuple[Standing, ...]) -> dict[tuple[str, Per], State]:
    return {(one.budget.feature, one.budget.per): one.state for one in found}


@given(st.integers(min_value=0, max_value=7_258_118_400))
def test_a_period_is_a_calendars_day_or_month_in_utc(at_s: int) -> None:
    at_ns = at_s * 1_000_000_000
    day, month = (period_of(per, at_ns // DAY_NS) for per in ("day", "month"))
    assert day.covers(at_ns)
    assert month.covers(at_ns)
    first, after = (datetime.fromtimestamp(ns // 10**9, UTC) for ns in (month.since_ns, month.until_ns))
    assert (first.day, first.hour, after.day, after.hour) == (1, 0, 1, 0)
    assert (after.year * 12 + after.month) - (first.year * 12 + first.month) == 1
    assert day.until_ns - day.since_ns == DAY_NS


def test_the_settings_key_by_key() -> None:
    settings = Settings(
        budgets=BudgetSettings(usd_per_month=0.1, when_spent="refuse", total_usd_per_day=7.0),
        features={
            "faq": FeatureSettings(
                budget_usd_per_day=0.002, when_spent="economise", economise_evidence="prior"
            ),
            "plain": FeatureSettings(bar=0.5),
        },
    )
    found = budgets_of(settings)
    assert found.total == (Budget(feature=ALL, per="day", limit_nanos=7 * 10**9, when_spent="notify"),)
    assert found.of("faq") == (
        Budget(feature="faq", per="day", limit_nanos=2_000_000, when_spent="economise", evidence="prior"),
        Budget(feature="faq", per="month", limit_nanos=10**8, when_spent="economise", evidence="prior"),
    )
    for name in ("plain", "whatever"):
        assert found.of(name) == (Budget(feature=name, per="month", limit_nanos=10**8, when_spent="refuse"),)
    assert found.there
    assert not budgets_of(Settings()).there


def test_an_old_budget_is_no_budget_any_more() -> None:
    budgets = Budgets(each=(msgspec.structs.replace(DAY, feature=ALL),), own={"own": (MONTH,)})
    assert budgets.holds(DAY)
    assert not budgets.holds(msgspec.structs.replace(DAY, limit_nanos=99))
    assert not budgets.holds(msgspec.structs.replace(DAY, feature="own"))
    assert not budgets.holds(msgspec.structs.replace(DAY, feature=ALL))


@pytest.mark.parametrize(
    ("spent", "state"),
    [(0, "open"), (79, "open"), (80, "near"), (99, "near"), (100, "spent"), (500, "spent")],
)
def test_a_budget_is_near_at_four_fifths_and_spent_at_all_of_it(spent: int, state: State) -> None:
    (found,) = standings(Budgets(own={"faq": (DAY,)}), [tally(("faq", 0, spent))])
    assert (found.state, found.spent_nanos, found.percent) == (state, spent, spent)


def test_what_counts_is_the_period_of_the_moment() -> None:
    calls = tally(("faq", 0, 60), ("faq", 1, 40), ("faq", 25, 900), ("faq", 26, 7_000), ("faq", -1, 5_000))
    day, month = standings(Budgets(own={"faq": (DAY, MONTH)}), [calls])
    # Tomorrow is there after a clock was put back, and is of this month.
    assert (day.spent_nanos, month.spent_nanos) == (60, 60 + 40 + 900 + 5_000)
    assert datetime.fromtimestamp(day.until_ns // 10**9, UTC) == datetime(2026, 11, 27, tzinfo=UTC)
    assert datetime.fromtimestamp(month.until_ns // 10**9, UTC) == datetime(2026, 12, 1, tzinfo=UTC)


def test_unknown_is_counted_and_is_not_nothing() -> None:
    (found,) = standings(Budgets(own={"faq": (DAY,)}), [tally(("faq", 0, 10), ("faq", 0, None))])
    assert (found.spent_nanos, found.unknown) == (10, 1)


def test_all_together_counts_every_call_once() -> None:
    total = Budget(feature=ALL, per="day", limit_nanos=100, when_spent="notify")
    calls = tally(("faq", 0, 30), ("other", 0, 20), (ALL, 0, 50))
    assert [one.spent_nanos for one in standings(Budgets(total=(total,)), [calls])] == [100]


def test_of_use_cases_without_their_own_those_that_are_near_are_told() -> None:
    each = Budget(feature=ALL, per="day", limit_nanos=100, when_spent="refuse")
    budgets = Budgets(each=(each,), own={"own": (), "faq": (MONTH,)})
    calls = [
        tally(("a", 0, 79), ("b", 0, 80), ("own", 0, 500), ("c", 0, 45), ("faq", 0, 1)),
        tally(("c", 0, 40)),
    ]
    assert states(standings(budgets, calls)) == {
        ("faq", "month"): "open",
        ("b", "day"): "near",
        ("c", "day"): "near",
    }
    assert states(standings(budgets, calls, every=True)) == {
        ("faq", "month"): "open",
        ("a", "day"): "open",
        ("b", "day"): "near",
        ("c", "day"): "near",
    }


def test_amounts_are_taken_back_as_they_were_added() -> None:
    calls = tally(("faq", 0, 10), ("faq", 0, None))
    calls.add("faq", NOON_NS, nanos=-10, unknown=-1)
    assert calls.spent("faq", "day") == calls.spent(ALL, "month") == (0, 0)


def test_a_judges_call_is_of_no_use_case_and_every_other_of_its_own() -> None:
    judge = outcome(1, leg="shadow", feature="untagged", reason="grading")
    assert owner_of(judge) == ALL
    shadow = outcome(2, leg="shadow", feature="faq", parent="id-1")
    assert {owner_of(one) for one in (shadow, outcome(3, feature="faq"))} == {"faq"}
    assert owner_of(outcome(4, leg="discarded", feature="faq", parent="id-1")) == "faq"


def test_each_state_of_a_period_is_told_once() -> None:
    def look(
        spent: int, before: tuple[Standing, ...], at_ns: int = NOON_NS
    ) -> tuple[tuple[Standing, ...], list[State]]:
        found = standings(Budgets(own={"faq": (DAY,)}), [tally(("faq", 0, spent), at_ns=at_ns)])
        noted, new = to_tell(found, before)
        return noted, [one.state for one in new]

    seen, new = look(10, ())
    assert new == []
    seen, new = look(85, seen)
    assert new == ["near"]
    seen, new = look(90, seen)
    assert new == []
    seen, new = look(100, seen)
    assert new == ["spent"]
    # What cannot be read for a moment, and is there again, is told no second time.
    seen, new = look(85, seen)
    assert (new, seen[0].state, seen[0].told) == ([], "near", "spent")
    seen, new = look(100, seen)
    assert new == []
    _, new = look(100, seen, NOON_NS + DAY_NS)
    assert new == ["spent"]
    higher = msgspec.structs.replace(DAY, limit_nanos=110)
    raised = standings(Budgets(own={"faq": (higher,)}), [tally(("faq", 0, 100))])
    assert [one.state for one in to_tell(raised, seen)[1]] == ["near"]


def test_when_it_begins_anew() -> None:
    (found,) = standings(Budgets(own={"faq": (DAY,)}), [tally()])
    assert found.covers(NOON_NS)
    assert not found.covers(found.until_ns)
    assert found.resets_in_s(NOON_NS) == 12 * 3600
    assert found.resets_in_s(found.until_ns - 1) == 1
    assert found.amounts == "$0.0000 of $0.0000"

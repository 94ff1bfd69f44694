"""What budgets must obey beyond their types: what a spent one does has to be said whole, and has to do something."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from suffice.config.budgets import Asked
from suffice.config.problems import Problems
from suffice.config.settings import Settings
from suffice.config.sources import Flat, Key
from suffice.types import Evidence

_RISING: tuple[Evidence, ...] = ("prior", "calibrated", "certified")


class _Table(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a budget is asked for, and the names that its keys have there."""

    path: Key
    day: str
    month: str
    then: str
    evidence: str
    asked: Asked
    usual: Evidence
    """What serving asks for there."""
    inherited: bool = False
    """Other places take from it what they do not say."""


def check_budgets(settings: Settings, flat: Flat, problems: Problems) -> None:
    """Notes every rule that budgets break.

    Args:
        settings: Values that each fit their type.
        flat: Where each was given.
        problems: Takes what is wrong.
    """
    tables = list(_tables(settings))
    somewhere = any(table.asked.limited for table in tables if table.then == "when_spent")
    for table in tables:
        given = {name for name in _names(table) if (*table.path, name) in flat}
        wrong = [*_limits(table, given), *_what_then(table, given, somewhere=somewhere)]
        if table.then in given and flat[*table.path, table.then].value != table.asked.when_spent:
            continue  # What it says is no such word, and that is noted.
        for name, text in wrong:
            problems.add(flat[*table.path, name].place, text)


def _tables(settings: Settings) -> Iterator[_Table]:
    budgets, usual = settings.budgets, settings.policy.evidence
    plain = ("usd_per_day", "usd_per_month", "when_spent", "economise_evidence")
    for prefix, asked in (("", budgets.each), ("total_", budgets.total)):
        day, month, then, evidence = (prefix + name for name in plain)
        yield _Table(
            path=("budgets",),
            day=day,
            month=month,
            then=then,
            evidence=evidence,
            asked=asked,
            usual=usual,
            inherited=not prefix,
        )
    for name, feature in settings.features.items():
        yield _Table(
            path=("features", name),
            day="budget_usd_per_day",
            month="budget_usd_per_month",
            then="when_spent",
            evidence="economise_evidence",
            asked=budgets.each.with_own(feature),
            usual=feature.evidence or usual,
        )


def _names(table: _Table) -> tuple[str, ...]:
    return table.day, table.month, table.then, table.evidence


def _limits(table: _Table, given: Collection[str]) -> Iterator[tuple[str, str]]:
    day, month = table.asked.usd_per_day, table.asked.usd_per_month
    # One that is inherited may be of no use here: it is meant for others.
    if day is not None and month is not None and day > month and {table.day, table.month} <= set(given):
        said = f"{table.day} = {day:g} is more than {table.month} = {month:g}"
        yield table.day, f"{said}, so it could never be spent: lower it, or raise {table.month}"


def _what_then(table: _Table, given: Collection[str], *, somewhere: bool) -> Iterator[tuple[str, str]]:
    asked, then, evidence = table.asked, table.then, table.evidence
    # What others take from here may count there.
    elsewhere = table.inherited and somewhere
    if then in given and asked.when_spent != "notify" and not asked.limited and not elsewhere:
        said = f"{then} says what happens when a budget is spent, and there is none"
        yield then, f"{said}: add {table.day} or {table.month}"
    if asked.when_spent == "economise":
        yield from _economy(table, given)
    elif evidence in given and not elsewhere:
        yield evidence, f'{evidence} counts only with {then} = "economise": add that, or leave it out'


def _economy(table: _Table, given: Collection[str]) -> Iterator[tuple[str, str]]:
    then, evidence, level = table.then, table.evidence, table.asked.economise_evidence
    at = evidence if evidence in given else then
    if at not in given:
        return
    if level is None:
        # One that was given and is no such word has been noted.
        if evidence not in given:
            said = f'{then} = "economise" has to say what is enough then: add {evidence} = "calibrated" or "prior"'
            yield at, f"{said} (it spends quality that nothing proves)"
    elif _RISING.index(level) >= _RISING.index(table.usual):
        said = f'{evidence} = "{level}" is no less than evidence = "{table.usual}", which serving asks for anyway'
        yield at, f'{said}: name less, or choose {then} = "notify" or "refuse"'

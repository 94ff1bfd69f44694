"""LEARN: how long candidates' answers are beside the baseline's, from all that trials have asked both.

The ratio of a use case, baseline and candidate is that of the sums of output tokens over the units that both answered,
reasoning that is not shown included. Where no trial has seen any, what was fitted on outcomes counts, and else nothing
is known: see `suffice.ledger.lengths`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from suffice.evidence.plan import plan_of_any_version
from suffice.ledger.lengths import Length, LengthOf, unknown_length
from suffice.stats.ratio import Ratio, ratio_of_sums
from suffice.store.trials import TrialHead, TrialStore

FEWEST = 20
"""Units that both answered, below which a trial says nothing: one round; house heuristic."""
LEVEL = 0.95

Key = tuple[str, str, str]
"""Use case, baseline and candidate by the catalog's names."""
Pair = tuple[int, int]
"""Output tokens of the candidate and of the baseline."""


def seen_in_trials(store: TrialStore, *, before_ns: int | None = None) -> dict[Key, Ratio]:
    """Returns how many tokens candidates wrote for each of the baseline's.

    Args:
        store: All trials.
        before_ns: Unix time; trials that were planned later do not count.

    Raises:
        StoreError: The trials cannot be read.
    """
    pairs: dict[Key, dict[str, Pair]] = {}
    # The oldest first: of a unit that was asked again the newest answers count.
    for head in reversed(store.heads()):
        if before_ns is None or head.created_ns < before_ns:
            for key, unit, pair in _pairs(store, head):
                pairs.setdefault(key, {})[unit] = pair
    found = {}
    for key, units in pairs.items():
        if len(units) < FEWEST:
            continue
        own, usual = zip(*units.values(), strict=True)
        ratio = ratio_of_sums(own, usual)
        if ratio is not None:
            found[key] = ratio
    return found


def lengths(
    seen: Mapping[Key, Ratio],
    fitted: Callable[[str, str], float | None],
    name_of: Callable[[str], str],
) -> LengthOf:
    """Returns what tells how long answers are.

    Args:
        seen: In trials.
        fitted: Tells of a use case and a model the factor that was learned from outcomes, if one was.
        name_of: The catalog's name of a model.
    """
    named = cache(name_of)

    @cache
    def length_of(bucket: str, baseline: str, candidate: str) -> Length:
        key = bucket, named(baseline), named(candidate)
        ratio, nothing = seen.get(key), unknown_length(*key)
        if ratio is not None:
            return Length(
                bucket=key[0],
                baseline=key[1],
                candidate=key[2],
                basis="trial",
                ratio=ratio.value,
                reach=ratio.reach(LEVEL),
                units=ratio.units,
            )
        factor = fitted(key[0], key[2])
        if factor is None:
            return nothing
        return Length(
            bucket=key[0],
            baseline=key[1],
            candidate=key[2],
            basis="outcomes",
            ratio=factor,
            reach=nothing.reach * factor,
        )

    return length_of


def _pairs(store: TrialStore, head: TrialHead) -> Iterator[tuple[Key, str, Pair]]:
    plan = plan_of_any_version(head.plan)
    if plan is None:
        return
    tokens: dict[str, dict[str, int]] = {}
    for call in store.calls(head.id):
        if call.state == "done" and call.repeat == "0" and call.usage is not None:
            tokens.setdefault(call.unit, {})[call.model] = call.usage.output_tokens
    for bucket in plan.buckets:
        for row in bucket.tried:
            key = bucket.bucket, bucket.baseline_name, row.name
            for unit in bucket.units:
                answered = tokens.get(unit.id, {})
                if bucket.baseline in answered and row.candidate in answered:
                    yield key, unit.id, (answered[row.candidate], answered[bucket.baseline])

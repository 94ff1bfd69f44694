"""LEARN: makes the plan of a trial: samples, candidates, forecasts, and what cannot be tried and why.

A candidate that may not serve more than one in five of a use case's requests (no tools, too small a context) cannot be
tried there. The few that it may not serve are left out of the population for all its candidates: routing would leave
them on the baseline as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec
import numpy as np

from suffice.config import GraderSettings
from suffice.errors import ConfigError
from suffice.evidence import graders
from suffice.evidence.caller import Target
from suffice.evidence.candidates import Market, can_ask, vetoes, why_not
from suffice.evidence.plan import FEWEST, Plan, PlannedBucket, PlannedRow
from suffice.evidence.sample import Drawn, draw, strata_for
from suffice.stats.forecast import expected_samples
from suffice.store.traffic import CallHead, TrafficSpan
from suffice.types import ClientApi, LoggedCall

MOST_UNITS = 3_000
"""Units of a use case that are looked at and may be asked; a larger one is sampled down to so many."""
MOST_VETOED = 0.2
UNTAGGED = "untagged"
GUESS = (*[0.0] * 90, *[1.0] * 5, *[-1.0] * 5)
"""What a forecast takes differences for where no earlier trial has seen any."""
GUESS_SAID = "a guess: 90 of 100 answers alike, 5 better, 5 worse"
_MONTH_NS = 30.44 * 86_400_000_000_000
_DAY_NS = 86_400_000_000_000
_REPEATS = 100
_AT_ONCE = 256
_JUDGE_CALLS = 2


class Log(Protocol):
    """Logged calls."""

    def heads(self) -> Iterator[CallHead]:
        """Yields every call without its body, in the order of their ids."""
        ...

    def get(self, ids: Sequence[str]) -> list[LoggedCall]:
        """Returns whole calls."""
        ...

    def span(self) -> TrafficSpan:
        """Returns what time they cover."""
        ...


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for."""

    id: str
    seed: int
    buckets: tuple[str, ...] = ()
    """Empty for all."""
    candidates: tuple[str, ...] = ()
    """`provider/model` or a model's name; empty for the baseline's smaller siblings, and those of providers that may
    serve in its provider's place."""
    baseline: str | None = None
    """Calls of this model only; `None` for the one that a use case asks for most."""
    delta: float = 0.05
    alpha: float = 0.05
    reuse_logged: bool = False
    twice_share: float = 0.1


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan is made from."""

    log: Log
    market: Market
    grader_of: Callable[[str], GraderSettings | None]
    """Settings of a use case's grader."""
    advisory: Callable[[GraderSettings], bool]
    """Whether no certificate may rest on a grader."""
    earlier: Callable[[str, str, str], Sequence[float]] = lambda _bucket, _candidate, _version: ()
    """Differences that earlier trials saw, by bucket, candidate's name and grader's version."""
    told: Callable[[str], None] = lambda _what: None
    """Told which use case is looked at."""


class _Group:
    """The calls of one use case that ask for one model in one API."""

    def __init__(self) -> None:
        self.lengths: list[tuple[str, int]] = []
        self.models: Counter[tuple[str, str]] = Counter()
        self._sums = Counter[str]()
        self._known = Counter[str]()

    def add(self, head: CallHead) -> None:
        self.lengths.append((head.id, head.prompt_bytes))
        self.models[head.provider, head.model] += 1
        for name in ("input_tokens", "output_tokens"):
            value = getattr(head, name)
            if value is not None:
                self._sums[name] += value
                self._known[name] += 1

    def mean(self, name: str) -> float | None:
        return self._sums[name] / self._known[name] if self._known[name] else None


Key = tuple[str, ClientApi]


def make_plan(wish: Wish, source: Source) -> Plan:
    """Returns the plan of a trial: every use case that was wished for, those that cannot be tried with the reason.

    Raises:
        ConfigError: There is no logged call, or no use case of a name that was wished for.
    """
    groups, totals = _grouped(wish, source)
    missing = [name for name in wish.buckets if name not in totals]
    if missing or not totals:
        known = ", ".join(sorted(totals)[:20])
        what = f"there is no use case {missing[0]}" if missing else "no logged call is in a use case"
        raise ConfigError(
            f"{what}; " + (f"there are: {known}" if known else "`suffice import`, then `suffice buckets`")
        )
    planned = []
    for place, name in enumerate(sorted(groups, key=lambda one: (-totals[one], one))):
        source.told(name)
        rng = np.random.default_rng([wish.seed, place])
        planned.append(_bucket(wish, source, name, groups[name], totals[name], rng))
    day = datetime.fromtimestamp(source.market.at_ns // 1_000_000_000, UTC).date()
    return Plan(
        id=wish.id,
        created_ns=source.market.at_ns,
        seed=wish.seed,
        delta=wish.delta,
        alpha=wish.alpha,
        price_date=day.isoformat(),
        reuse_logged=wish.reuse_logged,
        twice_share=wish.twice_share,
        buckets=tuple(planned),
    )


def bucket_of(head: CallHead) -> str | None:
    """Returns the use case of a call: what `suffice buckets` put it into, else its tag; `None` if it has neither."""
    return head.bucket or (head.feature if head.feature != UNTAGGED else None)


def _grouped(wish: Wish, source: Source) -> tuple[dict[str, dict[Key, _Group]], Counter[str]]:
    """Returns the calls of each use case by model and API, and how many it has."""
    names: dict[str, str] = {}
    groups: dict[str, dict[Key, _Group]] = {}
    totals: Counter[str] = Counter()
    for head in source.log.heads():
        bucket = bucket_of(head)
        if bucket is None:
            continue
        totals[bucket] += 1
        if wish.buckets and bucket not in wish.buckets:
            continue
        if head.model not in names:
            names[head.model] = source.market.catalog.name_of(head.model)
        groups.setdefault(bucket, {}).setdefault((names[head.model], head.api), _Group()).add(head)
    return groups, totals


def _bucket(  # noqa: PLR0913, PLR0917 -- one use case and what it is planned with
    wish: Wish, source: Source, name: str, groups: Mapping[Key, _Group], total: int, rng: np.random.Generator
) -> PlannedBucket:
    empty = PlannedBucket(bucket=name, calls=total)
    found = _baseline(wish, source.market, groups)
    if isinstance(found, str):
        return msgspec.structs.replace(empty, cannot=found)
    (model, api), baseline = found
    group = groups[model, api]
    settings = source.grader_of(name)
    planned = msgspec.structs.replace(
        empty,
        baseline=str(baseline),
        baseline_name=model,
        api=api,
        grader=settings,
        calls_per_month=_per_month(len(group.lengths), source.log.span()),
        left_out={"they ask for another model": total - len(group.lengths)}
        if total > len(group.lengths)
        else {},
    )
    if settings is None:
        return msgspec.structs.replace(
            planned, cannot=f'no grader: write [graders."{name}"] in suffice.toml, or give --grader'
        )
    grader_name, version = graders.identity(settings)
    planned = msgspec.structs.replace(
        planned, grader_name=grader_name, grader_version=version, advisory=source.advisory(settings)
    )
    market = source.market
    wished = [market.parse(text, baseline) for text in wish.candidates] or market.siblings(baseline, api)
    if not wished:
        return msgspec.structs.replace(
            planned, cannot=f"the catalog names no smaller sibling of {model}: give --candidate"
        )
    return _Looked(wish, source, planned, group, baseline).filled(wished, rng)


def _baseline(
    wish: Wish, market: Market, groups: Mapping[Key, _Group]
) -> tuple[tuple[str, ClientApi], Target] | str:
    """Returns the model and API that a use case asks for most, and who answers it; or why there is none, in words."""
    wanted = None if wish.baseline is None else market.catalog.name_of(wish.baseline.rpartition("/")[2])
    fits = {key: group for key, group in groups.items() if wanted in (None, key[0])}
    if not fits:
        return f"none of its requests asks for {wanted}"
    key = max(fits, key=lambda one: (len(fits[one].lengths), one))
    _, api = key
    if not can_ask(api):
        return f"its requests are {api.replace('_', ' ')}, which no trial can ask"
    (provider, raw), _ = fits[key].models.most_common(1)[0]
    target = market.home_of(provider, raw, api)
    if target is None:
        return f"no provider that serves {raw} is configured"
    if market.nanos(target, 1, 1) is None:
        return f"no price of the baseline {raw}: what it spends could not be limited"
    return key, target


class _Looked:
    """One use case whose requests are looked into."""

    def __init__(
        self, wish: Wish, source: Source, planned: PlannedBucket, group: _Group, baseline: Target
    ) -> None:
        self._wish = wish
        self._source = source
        self._planned = planned
        self._group = group
        self._baseline = baseline

    def filled(self, wished: Sequence[Target], rng: np.random.Generator) -> PlannedBucket:
        """Returns the use case with its sample and its rows."""
        planned, market = self._planned, self._source.market
        cannot = {
            target: why_not(market, self._baseline, planned.api, target) for target in dict.fromkeys(wished)
        }
        open_ = [target for target, why in cannot.items() if why is None]
        frame = self._frame(rng)
        vetoed, lacks = self._look(frame, open_)
        for target in open_:
            said = Counter(reasons[target] for reasons in vetoed.values() if target in reasons)
            if said.total() > MOST_VETOED * len(frame):
                reason, _ = said.most_common(1)[0]
                cannot[target] = f"{said.total():,} of {len(frame):,} requests looked at: {reason}"
        open_ = [target for target in open_ if cannot[target] is None]
        left_out = Counter(planned.left_out)
        kept = []
        for id_, length in frame:
            why = self._why_left_out(vetoed.get(id_, {}), open_, lacks=id_ in lacks)
            if why is None:
                kept.append((id_, length))
            else:
                left_out[why] += 1
        planned = msgspec.structs.replace(planned, left_out=dict(left_out))
        whole = len(frame) == len(self._group.lengths)
        return self._sampled(planned, kept, cannot, rng, whole=whole, looked_at=len(frame))

    def _frame(self, rng: np.random.Generator) -> list[tuple[str, int]]:
        lengths = self._group.lengths
        if len(lengths) <= MOST_UNITS:
            return lengths
        return [lengths[at] for at in sorted(rng.choice(len(lengths), MOST_UNITS, replace=False))]

    def _look(
        self, frame: Sequence[tuple[str, int]], open_: Sequence[Target]
    ) -> tuple[dict[str, dict[Target, str]], set[str]]:
        """Returns the vetoes of each request that has some, and the requests without a right answer."""
        vetoed: dict[str, dict[Target, str]] = {}
        lacks = set()
        for start in range(0, len(frame), _AT_ONCE):
            calls = self._source.log.get([id_ for id_, _ in frame[start : start + _AT_ONCE]])
            for call, said in vetoes(self._source.market, calls, self._baseline, open_):
                if said:
                    vetoed[call.id] = said
                if call.expected is None:
                    lacks.add(call.id)
        return vetoed, lacks

    def _why_left_out(
        self, said: Mapping[Target, str], open_: Sequence[Target], *, lacks: bool
    ) -> str | None:
        for target in (self._baseline, *open_):
            if target in said:
                return said[target] if target == self._baseline else f"{target.model}: {said[target]}"
        if lacks and self._planned.grader is not None and needs_expected(self._planned.grader):
            return "no expected answer, which the grader needs"
        return None

    def _sampled(  # noqa: PLR0913 -- what looking into the requests has found
        self,
        planned: PlannedBucket,
        kept: Sequence[tuple[str, int]],
        cannot: Mapping[Target, str | None],
        rng: np.random.Generator,
        *,
        whole: bool,
        looked_at: int,
    ) -> PlannedBucket:
        drawn = draw(
            kept,
            strata=strata_for(len(kept)),
            most=MOST_UNITS,
            twice_share=self._wish.twice_share,
            rng=rng,
        )
        scale = len(self._group.lengths) / looked_at if looked_at else 1.0
        planned = msgspec.structs.replace(
            planned,
            population=drawn.population if whole else round(drawn.population * scale),
            set_aside=drawn.set_aside,
            strata=drawn.strata,
            whole=whole,
            units=drawn.units,
        )
        if len(kept) < FEWEST:
            least = max(planned.left_out, key=lambda why: planned.left_out[why], default=None)
            why = f"{len(kept)} requests: a round is {FEWEST}" + (f"; left out: {least}" if least else "")
            planned = msgspec.structs.replace(planned, cannot=why)
        rows = [
            PlannedRow(candidate=str(target), name=self._source.market.name_of(target), cannot=why)
            for target, why in cannot.items()
        ]
        tried = sum(row.tried for row in rows)
        return msgspec.structs.replace(
            planned,
            rows=tuple(
                self._forecast(planned, drawn, row, tried) if row.tried and planned.cannot is None else row
                for row in rows
            ),
        )

    def _forecast(self, planned: PlannedBucket, drawn: Drawn, row: PlannedRow, tried: int) -> PlannedRow:
        """Returns a row with what it is expected to take: units, calls and dollars to a verdict."""
        seen = list(self._source.earlier(planned.bucket, row.name, planned.grader_version))
        forecast = expected_samples(
            seen or GUESS,
            delta=self._wish.delta,
            alpha=self._wish.alpha,
            population=drawn.population if planned.whole else None,
            # The same dice for each row: what differs is what is known, not luck.
            rng=np.random.default_rng(self._wish.seed),
            repeats=_REPEATS,
        )
        _, half, most = forecast.draws
        units = drawn.population if half is None and planned.whole else half
        market, group = self._source.market, self._group
        tokens = group.mean("input_tokens"), group.mean("output_tokens")
        own = market.nanos(Target.parse(row.candidate), *tokens)
        baseline = market.nanos(self._baseline, *tokens)
        times = ((0 if self._wish.reuse_logged else 1) + self._wish.twice_share) / tried
        judged = _JUDGE_CALLS if planned.grader is not None and planned.grader.kind == "judge" else 0
        return msgspec.structs.replace(
            row,
            expected_units=units,
            cautious_units=most,
            expected_calls=None if units is None else round(units * (1 + times + judged)),
            expected_nanos=None
            if units is None or own is None or baseline is None
            else round(units * (own + times * baseline)),
            guess=f"{len(seen):,} differences of an earlier trial" if seen else GUESS_SAID,
        )


def needs_expected(settings: GraderSettings) -> bool:
    """Tells whether a grader gives no verdict on a request without a right answer.

    >>> needs_expected(GraderSettings(kind="exact")), needs_expected(GraderSettings(kind="exact", reference="baseline"))
    (True, False)
    """
    if settings.kind == "json_schema" and not settings.fields:
        return False
    references = graders.module_of(settings.kind).REFERENCES
    return settings.reference == "expected" and "expected" in references


def _per_month(calls: int, span: TrafficSpan) -> float | None:
    if span.first_ns is None or span.last_ns is None or span.last_ns - span.first_ns < _DAY_NS:
        return None
    return calls * _MONTH_NS / (span.last_ns - span.first_ns)

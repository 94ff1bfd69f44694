"""A week of sums with known answers, and what four models answer: one is right, one nearly, two often are not.

All of it is data: the replay upstream answers, the traffic store holds the log, and a trial finds what is in here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from suffice.catalog import Catalog
from suffice.catalog.prices import BUILT_IN, PriceBook
from suffice.config import GraderSettings, Provider
from suffice.evidence import graders
from suffice.evidence.asking import Desk
from suffice.evidence.caller import Caller, Limits, Target
from suffice.evidence.candidates import Market
from suffice.evidence.grading import Ask, PairScorer, Scorer
from suffice.evidence.plan import Plan, PlannedBucket
from suffice.evidence.planning import Source, Wish, make_plan
from suffice.evidence.runner import Deps, Finished, run
from suffice.evidence.spending import most_nanos
from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.store.trials import TRIALS, TrialHead, TrialStore
from suffice.types import LoggedCall, Usage
from suffice.upstream.client import UpstreamPool

BIG, GOOD, BAD, HAIKU = (
    "gpt-4o-2024-08-06",
    "gpt-4o-mini-2024-07-18",
    "gpt-3.5-turbo-0125",
    "claude-3-haiku-20240307",
)
NUMERIC = GraderSettings(kind="numeric")
NOW_NS = 1_795_000_000 * 1_000_000_000
DAY_NS = 86_400 * 1_000_000_000
IN_TOKENS, OUT_TOKENS = 30, 5
PROVIDERS = ("openai", "other")


def right(model: str, number: int) -> bool:
    """Whether a model gets a sum right."""
    if model == BAD:
        return number % 2 == 0
    if model == HAIKU:
        return number % 5 != 0
    return model == BIG or number % 100 != 3


def prompt(bucket: str, number: int) -> str:
    """Longer for larger numbers, so that strata differ."""
    return f"{bucket}: what is {number} plus {number}?" + " Think." * (number % 40)


def write_sums(folder: Path, buckets: Mapping[str, int], *, expected: bool = True) -> Path:
    """Writes `week.jsonl`, `answers.jsonl` and the log's store, `traffic.db`, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    week, answers, calls = [], [], []
    for bucket, count in buckets.items():
        for number in range(count):
            id_ = f"{bucket}-{number:05d}"
            request = {"model": BIG, "messages": [{"role": "user", "content": prompt(bucket, number)}]}
            week.append(
                {"id": id_, "timestamp": "2026-03-09T00:00:00+00:00", "feature": bucket, "request": request}
            )
            answers += [_answer(id_, model, number) for model in (BIG, GOOD, BAD, HAIKU)]
            calls.append(_call(id_, bucket, number, request, expected=expected))
    (folder / "week.jsonl").write_text("".join(json.dumps(line) + "\n" for line in week))
    (folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in answers))
    with closing(TrafficStore(folder / TRAFFIC)) as traffic:
        traffic.add(calls)
    return folder


def _answer(id_: str, model: str, number: int) -> dict[str, Any]:
    text = str(2 * number if right(model, number) else 2 * number + 1)
    return {
        "request_id": id_,
        "model": model,
        "message": json.dumps({"role": "assistant", "content": text}),
        "input_tokens": IN_TOKENS,
        "output_tokens": OUT_TOKENS,
        "tokens_source": "reported",
    }


def _call(id_: str, bucket: str, number: int, request: dict[str, Any], *, expected: bool) -> LoggedCall:
    message = {"role": "assistant", "content": str(2 * number)}
    return LoggedCall(
        id=id_,
        source="test",
        model=BIG,
        provider="openai",
        feature=bucket,
        received_ns=NOW_NS - 7 * DAY_NS + number * 3600 * 1_000_000_000,
        request={**request, "stream": True},
        response={"model": BIG, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]},
        expected=2 * number if expected else None,
        usage=Usage(input_tokens=IN_TOKENS, output_tokens=OUT_TOKENS),
        cost_nanos=125_000,
    )


def market_at(url: str) -> Market:
    """The catalog of today, and all providers at one address."""
    return Market(
        catalog=Catalog.load(at_ns=NOW_NS),
        providers={
            "openai": Provider(name="openai", base_url=f"{url}/v1", prices="openai", default=True),
            "other": Provider(name="other", base_url=f"{url}/v1", prices="anthropic"),
            "anthropic": Provider(name="anthropic", base_url=url, wire="anthropic", prices="anthropic"),
            "unpriced": Provider(name="unpriced", base_url=f"{url}/v1"),
        },
        price_of=PriceBook({**BUILT_IN, "other": "anthropic"}).cost,
        at_ns=NOW_NS,
    )


def planned(
    folder: Path, url: str, *candidates: str, grader: GraderSettings | None = NUMERIC, **wish: Any
) -> Plan:
    """A plan for the sums of a folder, kept in its journal."""
    with closing(TrafficStore(folder / TRAFFIC, read_only=True)) as traffic:
        plan = make_plan(
            Wish(**{"id": "t1", "seed": 1, "delta": 0.1, "candidates": candidates or (GOOD,), **wish}),
            Source(
                log=traffic,
                market=market_at(url),
                grader_of=lambda _: grader,
                advisory=lambda settings: settings.kind == "embedding",
            ),
        )
    with closing(TrialStore(folder / TRIALS)) as store:
        store.plan(TrialHead(id=plan.id, created_ns=NOW_NS, state="planned", plan=plan.encode()))
    return plan


def ran(
    folder: Path,
    url: str,
    plan: Plan,
    *,
    max_usd: float = 5.0,
    attempts: int = 1,
    grader_of: Callable[[PlannedBucket, Ask], Scorer | PairScorer] | None = None,
    started: Callable[[Desk], None] = lambda _: None,
    concurrency: int = 8,
) -> Finished:
    """Runs a plan against a provider at this address."""

    async def main() -> Finished:
        pool = UpstreamPool(connect_timeout_s=20, read_timeout_s=60)
        market = market_at(url)
        with (
            closing(TrafficStore(folder / TRAFFIC, read_only=True)) as traffic,
            closing(TrialStore(folder / TRIALS)) as store,
        ):
            deps = Deps(
                traffic=traffic,
                store=store,
                caller=caller_at(pool, market, attempts=attempts, concurrency=concurrency),
                grader_of=grader_of or made,
                most_nanos=lambda target, body: most(market, target, body),
                name_of=market.catalog.name_of,
                now_ns=lambda: NOW_NS,
                max_nanos=round(max_usd * 1e9),
            )
            try:
                return await run(plan, deps, started=started)
            finally:
                await pool.close()

    return asyncio.run(main())


def caller_at(pool: UpstreamPool, market: Market, *, attempts: int = 1, concurrency: int = 8) -> Caller:
    """A caller to the providers of a market."""
    return Caller(
        pool,
        market.providers,
        {"openai": "sk-test"},
        price_of=market.price_of,
        limits=Limits(attempts=attempts, concurrency=concurrency),
        now_ns=lambda: NOW_NS,
    )


def made(bucket: PlannedBucket, ask: Ask) -> Scorer | PairScorer:
    """The grader that a bucket's plan names."""
    assert bucket.grader is not None
    return graders.make(bucket.grader, graders.Parts(ask=ask))


def most(market: Market, target: Target, body: Mapping[str, Any]) -> int | None:
    """The most that a call can cost."""
    return most_nanos(
        body,
        price_of=market.price_of,
        provider=target.provider,
        model=target.model,
        most_output_tokens=market.most_output_tokens(target),
        at_ns=NOW_NS,
    )


def journal(folder: Path) -> TrialStore:
    """The journal of a folder, to read."""
    return TrialStore(folder / TRIALS, read_only=True)


def bodies(raw: Sequence[bytes]) -> list[dict[str, Any]]:
    """Request bodies decoded."""
    return [msgspec.json.decode(one) for one in raw]

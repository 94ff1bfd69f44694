"""LEARN: grades two live answers to one request, with the grader that a use case's certificate rests on.

Live traffic comes without right answers. A grader that needs one cannot grade it; then a table for live traffic,
`[graders."live:BUCKET"]` or `[graders."live:*"]`, says who does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from suffice.config import GraderSettings, Provider
from suffice.errors import UpstreamError
from suffice.evidence import graders
from suffice.evidence.caller import Caller, Limits, Target, prepared
from suffice.evidence.candidates import UNKNOWN_OUTPUT_TOKENS
from suffice.evidence.compare import Difference, difference
from suffice.evidence.grading import Ask, PairScorer, Sample, Scorer
from suffice.evidence.spending import most_nanos
from suffice.features.answers import read_answer
from suffice.ledger.pricing import PriceOf
from suffice.types import ClientApi, Decision, Outcome
from suffice.upstream.client import UpstreamPool

LIVE = "live:"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a grader says of a pair."""

    d: float | None
    reason: str
    grader: str
    version: str
    cost_nanos: int | None = 0


def live_grader(bucket: str, tables: Mapping[str, GraderSettings]) -> GraderSettings | None:
    """Returns the settings of the grader that can grade a use case's live traffic; `None` if there is none.

    Args:
        bucket: The use case.
        tables: `[graders]`.
    """
    for name in (LIVE + bucket, bucket, LIVE + "*", "*"):
        found = tables.get(name)
        if found is not None and grades_live(found):
            return found
    return None


def grades_live(settings: GraderSettings) -> bool:
    """Tells whether a grader needs no right answer from a log, and no person.

    >>> grades_live(GraderSettings(kind="exact")), grades_live(GraderSettings(kind="exact", reference="baseline"))
    (False, True)
    """
    if settings.kind in {"human", "embedding"}:
        return False
    if settings.kind == "json_schema" and not settings.fields:
        return True
    return settings.reference != "expected" or not graders.module_of(settings.kind).REFERENCES


class LiveGrading:
    """The graders of live traffic, each made when it is first needed.

    Args:
        tables: `[graders]`.
        parts: What they may need from outside.
    """

    def __init__(self, tables: Mapping[str, GraderSettings], parts: graders.Parts) -> None:
        self._tables = tables
        self._parts = parts
        self._made: dict[str, tuple[Scorer | PairScorer, tuple[str, str]]] = {}
        self._named: dict[str, GraderSettings | None] = {}

    def can(self, bucket: str) -> bool:
        """Tells whether a use case's answers can be graded."""
        if bucket not in self._named:
            if len(self._named) > 10_000:
                # A client can invent any number of tags.
                self._named.clear()
            self._named[bucket] = live_grader(bucket, self._tables)
        return self._named[bucket] is not None

    async def grade(
        self, sample: Sample, api: ClientApi, baseline: Mapping[str, object], candidate: Mapping[str, object]
    ) -> Judged:
        """Grades two answers.

        Args:
            sample: What was asked.
            api: In whose shape the answers are.
            baseline: Body of the baseline's answer.
            candidate: Body of the candidate's.
        """
        settings = live_grader(sample.bucket, self._tables)
        if settings is None:
            return Judged(d=None, reason="no_grader", grader="", version="")
        scorer, (name, version) = self._scorer(settings)
        first, second = (read_answer(api, body) for body in (baseline, candidate))
        found = Difference(d=None, reason="unreadable_answer: no response of this API")
        if first is not None and second is not None:
            found = await difference(scorer, sample, first, second)
        return Judged(
            d=found.d, reason=found.reason, grader=name, version=version, cost_nanos=found.cost_nanos
        )

    def _scorer(self, settings: GraderSettings) -> tuple[Scorer | PairScorer, tuple[str, str]]:
        key = repr(settings)
        if key not in self._made:
            self._made[key] = graders.make(settings, self._parts), graders.identity(settings)
        return self._made[key]


def judge_of(  # noqa: PLR0913, PLR0917 -- what the composition root puts together
    pool: UpstreamPool,
    providers: Mapping[str, Provider],
    price_of: PriceOf,
    record: Callable[[Outcome, Decision | None], None],
    now_ns: Callable[[], int],
    new_id: Callable[[], str],
) -> Ask:
    """Returns what sends a grader's own calls, with the operator's key; each is a leg of the ledger.

    Args:
        pool: Of connections.
        providers: By name.
        price_of: Prices an answer.
        record: Keeps a leg.
        now_ns: Unix time.
        new_id: Makes ids.
    """
    keys = {name: one.secret.reveal() for name, one in providers.items() if one.secret is not None}
    caller = Caller(pool, providers, keys, price_of=price_of, limits=Limits(attempts=2), now_ns=now_ns)

    async def ask(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
        target, id_, at_ns = Target.parse(str(body.get("model", ""))), new_id(), now_ns()
        if target.provider not in providers:
            raise UpstreamError(
                f"the judge's provider {target.provider!r} is not configured", code="judge_failed"
            )
        sent = prepared(body, target.model)
        most = _most(target, sent, price_of, at_ns)
        reply = await caller.ask(target, "chat_completions", sent, idempotency_key=id_)
        leg = Outcome(
            id=id_,
            received_ns=at_ns,
            provider=target.provider,
            api="chat_completions",
            requested_model=target.model,
            served_model=reply.served_model,
            status=200,
            usage=reply.usage,
            duration_us=(now_ns() - at_ns) // 1000,
            reason="grading",
            leg="shadow",
        )
        record(leg, None)
        if reply.document is None:
            raise UpstreamError("the judge's answer is no JSON", code="judge_failed")
        # Where usage is not told, with the most that it can have cost: the day's allowance has to hold.
        return reply.document, most if reply.cost_nanos is None else reply.cost_nanos

    return ask


def _most(target: Target, body: Mapping[str, Any], price_of: PriceOf, at_ns: int) -> int:
    """Returns the most that a judge's call can cost, in nano-dollars.

    Raises:
        UpstreamError: There is no price.
    """
    most = most_nanos(
        body,
        price_of=price_of,
        provider=target.provider,
        model=target.model,
        most_output_tokens=UNKNOWN_OUTPUT_TOKENS,
        at_ns=at_ns,
    )
    if most is None:
        raise UpstreamError(
            f"there is no price for the judge {target}: what it spends could not be limited", code="no_price"
        )
    return most

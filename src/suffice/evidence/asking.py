"""LEARN: asks so that nothing is paid for twice: journal, budget and provider, in this order, for each call.

1. What the journal knows is not asked again.
2. The most that a call can cost is set aside; if it does not fit below the cap, the trial halts.
3. The intent is written, then the call is sent, then its answer is written.

A halt is a state, not an error: calls under way end and are written down, no new one begins.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Literal

import msgspec

from suffice.errors import SufficeError, UpstreamError
from suffice.evidence.caller import Caller, CallFailedError, Target, prepared, same_model
from suffice.evidence.grading import Answered, patience
from suffice.evidence.spending import Budget
from suffice.features.answers import read_answer
from suffice.money import usd
from suffice.store.trials import Call, Key, TrialStore
from suffice.types import ClientApi, LoggedCall

JUDGE = "judge:"
"""Stands before the model in the key of a grader's call."""

INTERRUPTED = "interrupted"
"""The code of a unit whose call was under way when a process was killed."""

MostNanos = Callable[[Target, Mapping[str, Any]], int | None]
"""Returns the most that a call with this body can cost, in nano-dollars; `None` without a price."""


class Halt(msgspec.Struct, frozen=True, kw_only=True):
    """Why a trial stops before its end."""

    state: Literal["paused", "capped"]
    said: str


class NotAskedError(SufficeError):
    """The trial has halted: this call was not sent, and is sent when the trial goes on."""

    def __init__(self) -> None:
        super().__init__("the trial has halted", code="not_asked")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one question."""

    answered: Answered | None
    reason: str = ""
    """Why there is none: a snake_case code, a colon and detail."""
    cost_nanos: int | None = None
    output_tokens: int | None = None


class Unit(msgspec.Struct, kw_only=True):
    """The unit that a grader is at work on, for the calls that it makes itself."""

    id: str
    asked: dict[str, int] = {}
    """How often each of its questions was put."""
    refused: bool = False
    """A call was not sent because the trial has halted: what the grader says of this unit does not count."""


AskedOf = Callable[[LoggedCall, Target], Mapping[str, Any]]
"""Makes the body that a model is asked a unit's request with."""


def as_logged(unit: LoggedCall, target: Target) -> Mapping[str, Any]:
    """Returns the logged body with the model changed and nothing else."""
    return prepared(unit.request, target.model)


at_work: ContextVar[Unit] = ContextVar("at_work")
"""Set around grading."""


class Desk:
    """Sends the calls of one trial.

    Args:
        trial: Its id.
        store: The journal.
        caller: Sends calls.
        budget: Of the trial.
        most_nanos: Forecasts a call.
        name_of: The catalog's name of a model.
        now_ns: Unix time.
        asked_of: A unit's request as a model is asked it.
    """

    def __init__(  # noqa: PLR0913 -- what the composition root puts together
        self,
        trial: str,
        store: TrialStore,
        caller: Caller,
        budget: Budget,
        *,
        most_nanos: MostNanos,
        name_of: Callable[[str], str],
        now_ns: Callable[[], int],
        asked_of: AskedOf | None = None,
    ) -> None:
        self._asked_of: AskedOf = asked_of or as_logged
        self._trial = trial
        self._store = store
        self._caller = caller
        self._most_nanos = most_nanos
        self._name_of = name_of
        self._now_ns = now_ns
        self._known = {
            (call.unit, call.model, call.repeat) for call in store.calls(trial) if call.state != "again"
        }
        self.budget = budget
        self.halt: Halt | None = None

    def stop(self, state: Literal["paused", "capped"], said: str) -> None:
        """Lets no new call begin; the first reason counts."""
        self.halt = self.halt or Halt(state=state, said=said)

    async def ask(self, unit: LoggedCall, target: Target, repeat: str) -> Answer:
        """Returns what a model answers to a unit's request, from the journal if it has been asked.

        Raises:
            NotAskedError: The trial has halted.
        """
        key = (unit.id, str(target), repeat)
        call = await self._call(key, target, unit.api, self._asked_of(unit, target))
        return self._answer(call, unit.api, target)

    def logged(self, unit: LoggedCall, target: Target) -> Answer | None:
        """Takes the logged answer for the baseline's own, and keeps it with the others; `None` if there is none."""
        if unit.response is None:
            return None
        key = (unit.id, str(target), "0")
        call = self._found(key)
        if call is None:
            call = Call(
                unit=unit.id,
                model=str(target),
                repeat="0",
                state="done",
                forecast_nanos=0,
                cost_nanos=0,
                served_model=_text(unit.response.get("model")),
                usage=unit.usage,
                body=msgspec.json.encode(unit.response),
            )
            self._settle(call)
        answer = self._answer(call, unit.api, target)
        # It cost the trial nothing; what such a call costs is what the log says.
        return msgspec.structs.replace(answer, cost_nanos=unit.cost_nanos)

    async def judge(self, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
        """Sends a grader's own call: `suffice.evidence.grading.Ask`.

        Raises:
            UpstreamError: There is no answer.
        """
        target = Target.parse(str(body.get("model", "")))
        sent = prepared(body, target.model)
        unit = at_work.get()
        digest = hashlib.blake2b(msgspec.json.encode(sent, order="sorted"), digest_size=8).hexdigest()
        # The same question once more, after an answer that made no sense, is another call.
        times = unit.asked[digest] = unit.asked.get(digest, -1) + 1
        repeat = f"{digest}-{times}" if times else digest
        waiting = patience.get()
        try:
            if waiting is not None:
                waiting.stop()
            call = await self._call((unit.id, JUDGE + str(target), repeat), target, "chat_completions", sent)
        except NotAskedError as error:
            unit.refused = True
            raise UpstreamError(error.message, code=error.code) from error
        document = None if call.body is None else _document(call.body)
        if call.state != "done" or document is None:
            raise UpstreamError(call.error or "the judge's answer is lost", code="judge_failed")
        # A call whose usage is not told counts with the most that it can have cost, as everywhere in a trial.
        return document, call.spent_nanos

    async def _call(self, key: Key, target: Target, api: ClientApi, body: Mapping[str, Any]) -> Call:
        known = self._found(key)
        if known is not None:
            return known
        if self.halt is not None:
            raise NotAskedError
        forecast = self._most_nanos(target, body)
        if forecast is None:
            return _failed(key, 0, "no_price: the most that this call can cost is not known")
        await self._hold(forecast)
        try:
            call = await self._send(key, target, api, body, forecast)
        except NotAskedError:
            self.budget.settle(forecast, 0)
            raise
        except asyncio.CancelledError:
            # A grader's time is up, or somebody presses: the provider may have worked for what was sent.
            sent = self._store.call(self._trial, key)
            under_way = sent is not None and sent.state == "intent"
            if under_way:
                self._settle(_interrupted(key, forecast))
            self.budget.settle(forecast, forecast if under_way else 0)
            raise
        self._settle(call)
        cost = forecast if call.cost_nanos is None else call.cost_nanos
        self.budget.settle(forecast, cost)
        if cost > forecast:
            self.stop(
                "paused",
                f"{target} charged {usd(cost, places=6)} for a call of at most {usd(forecast, places=6)}",
            )
        return call

    def _found(self, key: Key) -> Call | None:
        """Returns a call that the journal has, with its body; `None` if it has not been sent."""
        return self._store.call(self._trial, key) if key in self._known else None

    async def _hold(self, forecast: int) -> None:
        if not await self.budget.hold(forecast):
            spent, cap = (usd(nanos, places=4) for nanos in (self.budget.spent_nanos, self.budget.cap_nanos))
            self.stop(
                "capped",
                f"{spent} of {cap} are spent, and the next call may cost up to {usd(forecast, places=4)}: "
                "`suffice bakeoff resume` goes on with a larger --max-usd",
            )
            raise NotAskedError
        if self.halt is not None:
            self.budget.settle(forecast, 0)
            raise NotAskedError

    async def _send(
        self, key: Key, target: Target, api: ClientApi, body: Mapping[str, Any], forecast: int
    ) -> Call:
        def before() -> None:
            # Not earlier: what still waits for its turn when a process is killed has cost nothing.
            if self.halt is not None:
                raise NotAskedError
            self._store.intend(self._trial, key, forecast_nanos=forecast, now_ns=self._now_ns())
            if key[1].startswith(JUDGE) and (waiting := patience.get()) is not None:
                waiting.start()

        def again(error: CallFailedError) -> bool:
            if self.halt is not None:
                return False
            if error.billed:
                if not self.budget.lose(forecast):
                    return False
                self._store.lose(self._trial, key, forecast)
            return True

        try:
            reply = await self._caller.ask(
                target,
                api,
                body,
                idempotency_key=self._idempotency_key(key),
                before=before,
                again=again,
                lane=JUDGE if key[1].startswith(JUDGE) else "",
            )
        except CallFailedError as error:
            if error.pauses:
                self._store.withdraw(self._trial, key)
                self.stop("paused", error.message)
                raise NotAskedError from error
            lost = forecast if error.billed else 0
            call = _failed(key, forecast, f"{error.code}: {error.message}", status=error.http_status)
            return msgspec.structs.replace(call, cost_nanos=lost)
        return Call(
            unit=key[0],
            model=key[1],
            repeat=key[2],
            state="done",
            forecast_nanos=forecast,
            cost_nanos=reply.cost_nanos,
            status=200,
            served_model=reply.served_model,
            usage=reply.usage,
            body=reply.body,
        )

    def _idempotency_key(self, key: Key) -> str:
        return hashlib.blake2b("\0".join((self._trial, *key)).encode(), digest_size=16).hexdigest()

    def _settle(self, call: Call) -> None:
        self._store.settle(self._trial, call, now_ns=self._now_ns())
        self._known.add((call.unit, call.model, call.repeat))

    def _answer(self, call: Call, api: ClientApi, target: Target) -> Answer:
        if call.state == "interrupted":
            return Answer(
                answered=None, reason=f"{INTERRUPTED}: the process ended while this call was under way"
            )
        if call.state != "done" or call.body is None:
            return Answer(answered=None, reason=call.error or "no_answer")
        tokens = call.usage.output_tokens if call.usage is not None else None
        answered = read_answer(api, _document(call.body), model=target.model)
        reason = ""
        if not same_model(target.model, call.served_model, self._name_of):
            answered, reason = None, f"other_model: {target.model} was asked, {call.served_model} answered"
        elif answered is None:
            reason = f"unreadable_answer: {target} answered what is no response of this API"
        return Answer(answered=answered, reason=reason, cost_nanos=call.cost_nanos, output_tokens=tokens)


def _failed(key: Key, forecast: int, error: str, *, status: int | None = None) -> Call:
    return Call(
        unit=key[0],
        model=key[1],
        repeat=key[2],
        state="failed",
        forecast_nanos=forecast,
        cost_nanos=0,
        status=status,
        error=error,
    )


def _interrupted(key: Key, forecast: int) -> Call:
    return Call(unit=key[0], model=key[1], repeat=key[2], state="interrupted", forecast_nanos=forecast)


def _document(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

"""The ASGI application of one worker process: put together, watched over, taken down."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from suffice.app import (
    SPOOLS,
    artifacts_from,
    capture_cipher_from,
    captures_from,
    id_maker,
    policies_from,
    switch_file_from,
    worker_engine_from,
)
from suffice.app.budgets import budget_file_from
from suffice.app.guard import shadows_from
from suffice.config import Settings
from suffice.engine import Engine
from suffice.policy.configured import switch_from
from suffice.policy.policy import Policy
from suffice.proxy.asgi import Receive, Scope, Send, send_json
from suffice.proxy.budgets import BudgetWatch
from suffice.proxy.exchange import Exchange
from suffice.proxy.feedback import PATH as FEEDBACK
from suffice.proxy.feedback import FeedbackDesk
from suffice.proxy.guard import Guard
from suffice.proxy.parts import Parts
from suffice.proxy.reload import Reload
from suffice.proxy.routes import Routes
from suffice.proxy.server import ClientProtocol
from suffice.proxy.spool import Spool, TurnSpool
from suffice.proxy.steering import Steering
from suffice.proxy.watching import Watching
from suffice.store.guard import NOTES
from suffice.upstream.breaker import Breakers
from suffice.upstream.client import UpstreamPool
from suffice.upstream.outbox import outbox_of

_WATCH_S = 1.0
# While captures are written beside requests: how long these wait for the interpreter at most. Python's own is 5 ms.
_SWITCH_S = 0.0005


class Worker:
    """The ASGI application of one worker process.

    Args:
        settings: As read at start-up.
    """

    def __init__(self, settings: Settings) -> None:
        ClientProtocol.max_head_bytes = settings.server.max_header_bytes
        ClientProtocol.max_silence_s = settings.limits.client_timeout_s
        self._settings = settings
        self._guard = Guard()
        name = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._captures = captures_from(settings, self._guard, name)
        self._spool = Spool(
            settings.data.directory / SPOOLS,
            worker=name,
            decisions=settings.data.keep_decisions_days > 0,
        )
        self._notes = Spool(settings.data.directory / NOTES, worker=name, decisions=False)
        self._feedback = FeedbackDesk(
            settings.server.access_token, capture_cipher_from(settings), self._notes.append, time.time_ns
        )
        self._shadows = shadows_from(settings, self._spool, self._notes, self._guard, id_maker())
        self._routes = Routes(settings.providers)
        self._reload = Reload(
            artifacts_from(settings),
            policies_from(settings),
            partial(worker_engine_from, settings),
            self._guard,
            time.time_ns,
            switches=switch_file_from(settings),
            default=switch_from(settings),
        )
        self._budgets = BudgetWatch(budget_file_from(settings), self._guard)
        self._parts: Parts | None = None
        self._pool: UpstreamPool | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """Returns what serves one request, or the server's start and stop.

        No coroutine of its own: whenever a request goes on, each that waits for it is passed through.
        """
        if scope["type"] == "lifespan":
            return self._live(receive, send)
        path = scope["path"]
        if path == "/healthz":
            return send_json(send, 200, self._health())
        if path == FEEDBACK:
            return self._feedback.serve(scope, receive, send)
        assert self._parts is not None  # noqa: S101 -- no request is served before the start is complete
        return Exchange(self._parts, scope, receive, send).run()

    async def _live(self, receive: Receive, send: Send) -> None:
        limits, outbox = self._settings.limits, outbox_of(asyncio.get_running_loop())
        self._pool = UpstreamPool(
            connect_timeout_s=limits.connect_timeout_s, read_timeout_s=limits.read_timeout_s
        )
        self._parts = Parts(
            settings=self._settings,
            routes=self._routes,
            engine=self._economising(self._reload.engine),
            pool=self._pool,
            record=TurnSpool(self._spool, outbox, self._guard).record,
            guard=self._guard,
            steering=Steering(self._settings.route),
            # Not for secrets: workers must not probe a provider in step.
            breakers=Breakers(limits, random.Random()),  # noqa: S311 -- see above
            now_ns=time.time_ns,
            now_s=time.monotonic,
            new_id=id_maker(),
            unasked=set(),
            captures=self._captures,
            watching=Watching(self._shadows),
            gate=self._budgets.gate,
        )
        await receive()
        loop = asyncio.get_running_loop()
        watching = [
            loop.create_task(self._watch(os.getppid())),
            loop.create_task(self._reload.run(self._swap)),
            loop.create_task(self._budgets.run(self._hold_to_budgets)),
        ]
        calm_collector()
        if self._captures is not None:
            sys.setswitchinterval(_SWITCH_S)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in watching:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._shadows is not None:
            await self._shadows.close()
        await self._pool.close()
        outbox.flush()
        self._notes.close()
        self._spool.close()
        if self._captures is not None:
            self._captures.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _swap(self, engine: Engine) -> None:
        # Requests under way keep the parts that they began with.
        if self._parts is not None:
            self._parts = msgspec.structs.replace(self._parts, engine=self._economising(engine))

    def _hold_to_budgets(self) -> None:
        if self._parts is not None:
            engine = self._economising(self._parts.engine)
            self._parts = msgspec.structs.replace(self._parts, engine=engine, gate=self._budgets.gate)

    def _economising(self, engine: Engine) -> Engine:
        return msgspec.structs.replace(engine, economy=self._budgets.economy)

    async def _watch(self, parent: int) -> None:
        """Writes what the disk refused before as soon as it takes it again, without waiting for another request.

        Ends this worker in good order when the process that watches over it is gone: it would hold the port.
        """
        while os.getppid() == parent:
            await asyncio.sleep(_WATCH_S)
            if self._spool.pending:
                self._guard.run("record", self._spool.flush)
            if self._notes.pending:
                self._guard.run("shadow", self._notes.flush)
        os.kill(os.getpid(), signal.SIGTERM)

    @property
    def mode(self) -> str:
        """What use cases without a setting of their own are switched to."""
        return self._reload.engine.mode

    def discard(self) -> None:
        """Lets go of what this worker holds, for one that never served."""
        self._spool.close()
        self._notes.close()

    def _health(self) -> bytes:
        # What requests are served by: one that was just loaded is theirs a moment later.
        engine = self._reload.engine if self._parts is None else self._parts.engine
        return msgspec.json.encode(
            {
                "status": "ok",
                "mode": engine.mode,
                "switch": None if engine.switch is None else engine.switch.fingerprint,
                "switch_error": self._reload.switch_error,
                "breakers": {} if self._parts is None else self._parts.breakers.states(),
                "worker": os.getpid(),
                "faults": dict(self._guard.faults),
                "spool_pending": self._spool.pending,
                "policy": engine.policy_of("").fingerprint,
                "published": engine.policy.published,
                "certificates": _certificates(engine.policy, time.time_ns()),
                "predictor": engine.predictor.fingerprint,
                "artifact_error": self._reload.error,
                "captures": None if self._captures is None else self._captures.state(),
                "shadows": None if self._shadows is None else self._shadows.state(),
                "budgets": self._budgets.state(time.time_ns()),
            }
        )


def _certificates(policy: Policy, now_ns: int) -> dict[str, int]:
    valid = sum(one.valid(now_ns) for one in policy.certificates)
    expired = sum(one.expires_ns <= now_ns for one in policy.certificates)
    return {"valid": valid, "expired": expired, "voided": policy.voided}


def worker(settings: Settings) -> Worker:
    """Makes the application of a worker; runs in each worker process.

    Args:
        settings: As the supervisor read them when it was started. Not read anew from the file: that may be half-edited
            in the moment when a worker that died is replaced, and its siblings go by what they began with.
    """
    write_logs(logging.WARNING)
    return Worker(settings)


def calm_collector() -> None:
    """Keeps the cycle collector out of the way of requests: hardly anything here makes cycles.

    What was made to start with is not looked at again, and the rest less often; with the interpreter's own thresholds
    one decision in a hundred waits for a collection and takes twice as long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def write_logs(level: int) -> None:
    """Sends log lines of this level and above to standard error."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").addFilter(_is_news)


def _is_news(line: logging.LogRecord) -> bool:
    """Tells whether a line of the server says what nothing else does.

    A provider that breaks off mid-answer is passed on as a broken connection, and the ledger has it. It also has an
    answer that was cut off because a stop may take no longer; how many these were, the server says in a line before.
    """
    cut_off = line.exc_info is not None and isinstance(line.exc_info[1], asyncio.CancelledError)
    return not cut_off and "without completing response" not in line.getMessage()

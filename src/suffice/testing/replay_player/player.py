"""Sends recorded requests in their order, as many at once as it is told, and checks every answer."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import ConnectError, RequestError, RequestTimeoutError

from suffice.testing.recorded_week import WeekRequest
from suffice.testing.replay_player.check import failure_of, message_of
from suffice.testing.replay_player.plan import PATHS, Plan, Planned
from suffice.testing.replay_player.tally import Result


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a week is played."""

    speed: float | None = None
    """Seconds of the week per second; `None` is as fast as the answers come."""
    concurrency: int = 16
    """Requests on their way at a time, 1 or more."""
    timeout_s: float = 600.0
    """Seconds that an answer may take as a whole."""


class Player:
    """Plays requests to one server; those of one conversation wait for each other's answers.

    Args:
        to: Its URL, without `/v1` and without a slash at the end.
        key: The provider key to send; any text where answers are replayed.
        plan: How each request is sent.
        pace: How fast.
    """

    def __init__(self, to: str, key: str, plan: Plan, pace: Pace) -> None:
        self._to = to
        self._key = key
        self._plan = plan
        self._pace = pace
        self._stopping = asyncio.Event()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def stop(self) -> None:
        """Sends no more; requests on their way are finished. To be called on the player's loop."""
        self._stopping.set()

    async def play(self, week: Sequence[WeekRequest], on_result: Callable[[Result], None]) -> None:
        """Sends all requests, or as many as there are until `stop` is called.

        Args:
            week: In the order of their timestamps.
            on_result: Called with each result as it comes, in the order in which answers end.
        """
        queue = iter(week)
        begun_at = _seconds(week[0]) if week else 0.0
        begun = time.monotonic()
        builder = ClientBuilder().timeout(timedelta(seconds=self._pace.timeout_s)).no_proxy()
        async with builder.build() as client, asyncio.TaskGroup() as group:
            for _ in range(self._pace.concurrency):
                group.create_task(self._send_from(queue, client, begun - self._played(begun_at), on_result))

    async def _send_from(
        self,
        queue: Iterator[WeekRequest],
        client: Client,
        offset_s: float,
        on_result: Callable[[Result], None],
    ) -> None:
        """One of the senders that share a queue: each takes the next request when it is free."""
        for request in queue:
            await self._wait_until(offset_s + self._played(_seconds(request)))
            planned = self._plan.prepare(request)
            async with self._turns[planned.session]:
                if self._stopping.is_set():
                    return
                on_result(await self._send(client, planned))

    def _played(self, recorded_s: float) -> float:
        """Recorded time as time of the replay; 0 where it goes as fast as it can."""
        return recorded_s / self._pace.speed if self._pace.speed else 0.0

    async def _wait_until(self, due: float) -> None:
        """Waits for a moment of the monotonic clock, or until the player is stopped."""
        wait = due - time.monotonic()
        if wait > 0:
            try:
                await asyncio.wait_for(self._stopping.wait(), wait)
            except TimeoutError:
                return

    async def _send(self, client: Client, planned: Planned) -> Result:
        begun = time.perf_counter()
        request = client.post(self._to + PATHS[planned.api]).headers(self._headers(planned))
        said = ""
        try:
            response = await request.body_bytes(planned.body).build().send()
            body = bytes(await response.bytes())
        except RequestError as error:
            failure: str | None = _failure_of_transport(error)
            said = str(error)[:200]
        else:
            failure = failure_of(planned.api, response.status, body, stream=planned.stream)
            if failure and response.status != 200:
                said = message_of(body)
        return Result(
            id=planned.id,
            api=planned.api,
            stream=planned.stream,
            duration_s=time.perf_counter() - begun,
            failure=failure,
            said=said,
        )

    def _headers(self, planned: Planned) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "x-suffice-feature": planned.feature,
            "x-suffice-session": planned.session,
        }
        if planned.api == "messages":
            return headers | {"x-api-key": self._key, "anthropic-version": "2023-06-01"}
        return headers | {"authorization": f"Bearer {self._key}"}


def _seconds(request: WeekRequest) -> float:
    return datetime.fromisoformat(request.timestamp).timestamp()


def _failure_of_transport(error: RequestError) -> str:
    if isinstance(error, ConnectError):
        return "no connection"
    return "timeout" if isinstance(error, RequestTimeoutError) else "answer broke off"

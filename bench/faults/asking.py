"""The load: the official SDK with its own retries, asking the provider directly or through the proxy.

A fault is a function of the request's number and of which try of the SDK it is, so both sides meet the same ones.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import msgspec
import openai

from faults.recording import BASELINE, LABEL, STORY, TEXTS

Fault = Callable[[int, int], str]
"""What goes wrong with a request (its number, which try it is), in the words of the replay upstream; "" is nothing."""
AT_ONCE = 12
_NUMBER = "x-bench-number"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    requests: int = 200
    seconds: float = 0.0
    """If set, requests go on until so long has passed."""
    stream: bool = False
    fault: Fault | None = None
    fault_model: str = ""
    """Only requests for this model have the fault."""
    timeout_s: float = 10.0


class Arm(msgspec.Struct, kw_only=True):
    """What one side has seen."""

    key: str
    feature: str
    asked: int = 0
    good: set[int] = msgspec.field(default_factory=set)
    """Requests, by number, that were answered whole and right."""
    failures: Counter[str] = msgspec.field(default_factory=Counter)
    """What the SDK raised, by name."""
    answered: list[str] = msgspec.field(default_factory=list)
    """Decision ids of all answers that came whole, errors of the provider included."""
    models: Counter[str] = msgspec.field(default_factory=Counter)
    """What served, as the header says; the proxy's side only."""
    latencies_ms: list[float] = msgspec.field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the requests that ended well."""
        return len(self.good) / self.asked if self.asked else 0.0


async def ask(url: str, arm: Arm, load: Load) -> None:
    """Asks until all is asked."""

    async def before(request: httpx.Request) -> None:
        tries = int(request.headers.get("x-stainless-retry-count", "0"))
        fault = load.fault(int(request.headers[_NUMBER]), tries) if load.fault is not None else ""
        if fault:
            request.headers["x-replay-fault"] = fault
            if load.fault_model:
                request.headers["x-replay-fault-model"] = load.fault_model

    async def after(response: httpx.Response) -> None:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return
        await response.aread()
        _note(arm, response.headers)

    http = openai.DefaultAsyncHttpxClient(
        event_hooks={"request": [before], "response": [after]}, trust_env=False
    )
    client = openai.AsyncOpenAI(
        base_url=f"{url}/v1", api_key=arm.key, timeout=load.timeout_s, http_client=http
    )
    numbers = _numbers(load)
    async with client, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(_worker(client, arm, load, numbers))


def _numbers(load: Load) -> Any:
    end = time.monotonic() + load.seconds
    number = 0
    while (time.monotonic() < end) if load.seconds else (number < load.requests):
        yield number
        number += 1


async def _worker(client: openai.AsyncOpenAI, arm: Arm, load: Load, numbers: Any) -> None:
    for number in numbers:
        arm.asked += 1
        began = time.perf_counter()
        try:
            right = await (_streamed if load.stream else _whole)(client, arm, number)
        except (openai.OpenAIError, httpx.HTTPError, ValueError) as error:
            arm.failures[type(error).__name__] += 1
        else:
            arm.good.add(number) if right else arm.failures.update(["wrong answer"])
        arm.latencies_ms.append(1000 * (time.perf_counter() - began))
        if load.seconds:
            # Time is what is filled, not the machine.
            await asyncio.sleep(0.02)


def _body(arm: Arm, number: int) -> tuple[dict[str, Any], str]:
    prompt = STORY if number % 2 else LABEL
    ask = {
        "model": BASELINE,
        "messages": [{"role": "user", "content": prompt}],
        "extra_headers": {
            _NUMBER: str(number),
            "x-suffice-feature": arm.feature,
            "x-suffice-session": f"s{number}",
        },
    }
    return ask, TEXTS[prompt]


async def _whole(client: openai.AsyncOpenAI, arm: Arm, number: int) -> bool:
    ask, text = _body(arm, number)
    answer = await client.chat.completions.create(**ask)
    return isinstance(answer, openai.types.chat.ChatCompletion) and answer.choices[0].message.content == text


async def _streamed(client: openai.AsyncOpenAI, arm: Arm, number: int) -> bool:
    ask, text = _body(arm, number)
    raw = await client.chat.completions.with_raw_response.create(**ask, stream=True)
    parts, ended = [], False
    async for chunk in raw.parse():
        for choice in chunk.choices:
            parts.append(choice.delta.content or "")
            ended = ended or choice.finish_reason is not None
    # The SDK does not say whether the end of a stream was its end: the choice's own does.
    if ended:
        _note(arm, raw.headers)
    return ended and "".join(parts) == text


def _note(arm: Arm, headers: Any) -> None:
    decision = headers.get("x-suffice-decision")
    if decision:
        arm.answered.append(decision)
        arm.models[headers.get("x-suffice-model", "")] += 1

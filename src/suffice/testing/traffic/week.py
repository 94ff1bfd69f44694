"""Writes weeks of the demo's traffic, with the answers of every model, in the format of a recorded week."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from suffice.testing.traffic import agent, code, extraction, labels, reasoning, writing
from suffice.testing.traffic.answers import Answered, answer
from suffice.testing.traffic.draft import Draft, UseCase, compact
from suffice.testing.traffic.models import MODELS

USE_CASES: tuple[UseCase, ...] = tuple(
    use_case
    for module in (labels, extraction, writing, code, reasoning, agent)
    for use_case in module.USE_CASES
)
BEGIN = datetime(2026, 11, 9, tzinfo=UTC)
"""A Monday."""
CONVERSATIONS = 1800
"""A week."""

_HOUR_WEIGHTS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 12, 15, 17, 16, 14, 11, 8, 6, 5, 4, 3, 2)
_DAY_WEIGHTS = (10, 11, 11, 10, 9, 4, 3)
_CACHE_LIVES = timedelta(minutes=10)
_WEEK = timedelta(days=7)


class _Planned(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    use_case: UseCase
    draft: Draft
    session: str | None


def write_weeks(
    folder: Path, *, seed: int = 1, weeks: int = 1, conversations: int = CONVERSATIONS
) -> list[int]:
    """Writes `week.jsonl` and `answers.jsonl` into a folder, which is made if it is missing.

    They hold all weeks, as a replay upstream needs them; `week-1.jsonl` and so on hold one each. No prompt comes twice.

    Args:
        folder: Where to write; files of these names are replaced.
        seed: The same seed writes the same bytes.
        weeks: How many, one after the other.
        conversations: In a week; most have one request, an agent's have four.

    Returns:
        The number of requests of each week.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)  # noqa: S311 -- not a secret
    seen: set[str] = set()
    written: list[list[dict[str, Any]]] = []
    answers: list[dict[str, Any]] = []
    for number in range(weeks):
        begin = BEGIN + number * _WEEK
        planned = sorted(_plan(rng, seen, begin, conversations), key=lambda request: request.at)
        first = sum(map(len, written))
        ids = [_id(seed, first + place) for place in range(len(planned))]
        written.append(list(_answered(rng, planned, ids, answers)))
        _write(folder / f"week-{number + 1}.jsonl", written[-1])
    _write(folder / "answers.jsonl", answers)
    _write(folder / "week.jsonl", [line for week in written for line in week])
    return [len(week) for week in written]


def _id(seed: int, number: int) -> str:
    return f"req_{hashlib.sha1(f'{seed} {number}'.encode(), usedforsecurity=False).hexdigest()[:20]}"


def _answered(
    rng: random.Random, planned: list[_Planned], ids: list[str], answers: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yields the lines of a week, and adds what every model answers."""
    warm = _WarmPrefixes()
    for request, request_id in zip(planned, ids, strict=True):
        warm_characters, hardness = warm.see(request), rng.random()
        answered = {
            model: answer(
                rng,
                request.use_case,
                request.draft,
                model,
                hardness=hardness,
                warm_characters=warm_characters,
            )
            for model in MODELS
        }
        answers += [_row(request_id, model, given) for model, given in answered.items()]
        yield _line(request, request_id, answered[request.use_case.baseline])


def _plan(rng: random.Random, seen: set[str], begin: datetime, conversations: int) -> Iterator[_Planned]:
    """Draws conversations until there are enough with prompts that were not seen before."""
    shares = [use_case.share for use_case in USE_CASES]
    enough = len(seen) + conversations
    while len(seen) < enough:
        (use_case,) = rng.choices(USE_CASES, shares)
        drafts = use_case.conversation(rng)
        prompt = compact(drafts[0].messages)
        if prompt in seen:
            continue
        seen.add(prompt)
        session = f"case-{len(seen):04d}" if len(drafts) > 1 else None
        at = begin + _arrival(rng)
        for draft in drafts:
            yield _Planned(at=at, use_case=use_case, draft=draft, session=session)
            at += timedelta(seconds=rng.uniform(3, 40))


def _arrival(rng: random.Random) -> timedelta:
    (day,) = rng.choices(range(7), _DAY_WEIGHTS)
    (hour,) = rng.choices(range(24), _HOUR_WEIGHTS)
    return timedelta(days=day, hours=hour, seconds=rng.uniform(0, 3600))


class _WarmPrefixes:
    """What a provider's prompt cache holds: the prompts of the last minutes, by use case."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[datetime, str]] = {}

    def see(self, request: _Planned) -> int:
        """Returns how many characters the prompt shares with the use case's last one, and remembers it."""
        tools = request.draft.parameters.get("tools", [])
        prompt = compact([tools, request.draft.messages])
        before = self._last.get(request.use_case.name)
        self._last[request.use_case.name] = (request.at, prompt)
        if before is None or request.at - before[0] > _CACHE_LIVES:
            return 0
        pairs = zip(before[1], prompt, strict=False)
        return next(
            (at for at, (old, new) in enumerate(pairs) if old != new), min(len(before[1]), len(prompt))
        )


def _line(request: _Planned, request_id: str, given: Answered) -> dict[str, Any]:
    baseline = request.use_case.baseline
    line = {
        "id": request_id,
        "timestamp": request.at.isoformat(),
        "feature": request.use_case.name,
        "task": request.use_case.task,
        "request": {"model": baseline, "messages": request.draft.messages, **request.draft.parameters},
        "response": _response(request, request_id, baseline, given),
        "expected": request.draft.expected,
    }
    return line | ({"session": request.session} if request.session else {})


def _response(request: _Planned, request_id: str, model: str, given: Answered) -> dict[str, Any]:
    finish_reason = "tool_calls" if given.message["content"] is None else "stop"
    return {
        "id": f"chatcmpl-{request_id.removeprefix('req_')}",
        "object": "chat.completion",
        "created": int(request.at.timestamp()),
        "model": model,
        "choices": [{"index": 0, "message": given.message, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": given.input_tokens,
            "completion_tokens": given.output_tokens,
            "total_tokens": given.input_tokens + given.output_tokens,
            "prompt_tokens_details": {"cached_tokens": given.cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": given.reasoning_tokens},
        },
    }


def _row(request_id: str, model: str, given: Answered) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "model": model,
        "message": compact(given.message),
        "tokens_source": "reported",
        **{name: getattr(given, name) for name in Answered.__struct_fields__ if name != "message"},
    }


def _write(file: Path, lines: list[dict[str, Any]]) -> None:
    file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

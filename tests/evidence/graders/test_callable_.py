from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from grading_cases import said, sample, score

from suffice.config import GraderSettings
from suffice.errors import ConfigError
from suffice.evidence.graders import Parts, make
from suffice.evidence.graders.callable_ import Callable_
from suffice.evidence.grading import Answered, Sample, Score


def asked(function: Any, *, timeout_s: float = 30.0) -> Score:
    return asyncio.run(Callable_(function, timeout_s=timeout_s).score(sample("42"), said("42")))


def equal(sample: Sample, answer: Answered) -> bool:
    return answer.text == sample.expected


async def half(_sample: Sample, _answer: Answered) -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"score": 0.5, "reason": "half"}


def raises(error: BaseException) -> Any:
    def function(_sample: Sample, _answer: Answered) -> float:
        raise error

    return function


def test_it_is_handed_the_sample_and_the_answer() -> None:
    assert asked(equal).value == 1


def test_an_async_function_is_awaited() -> None:
    assert asked(half).reason == "half"


def test_a_score_is_taken_as_it_is() -> None:
    given = Score(value=0.1, reason="mine", cost_nanos=5)
    assert asked(lambda _sample, _answer: given) is given


@pytest.mark.parametrize(
    "error", [ValueError("secret text"), StopIteration(), AssertionError(), RecursionError()]
)
def test_a_function_that_raises_is_no_verdict(error: Exception) -> None:
    found = asked(raises(error))
    assert found.value is None
    assert found.reason == f"grader_failed: {type(error).__name__}"


def test_an_async_function_that_raises_is_no_verdict() -> None:
    async def fails(_sample: Sample, _answer: Answered) -> float:
        raise KeyError("secret text")

    async def leaves(_sample: Sample, _answer: Answered) -> float:
        raise SystemExit(3)

    assert asked(fails).reason == "grader_failed: KeyError"
    assert asked(leaves).reason == "grader_failed: SystemExit"


def test_a_plain_function_may_return_what_has_to_be_awaited() -> None:
    class Judges:
        def __call__(self, sample: Sample, answer: Answered) -> Any:
            return half(sample, answer)

    assert asked(Judges()).reason == "half"


def test_a_function_that_would_end_the_program_is_no_verdict_and_the_next_call_works() -> None:
    async def both() -> tuple[Score, Score]:
        calls = iter([SystemExit(3), None])

        def function(_sample: Sample, _answer: Answered) -> float:
            error = next(calls)
            if error is not None:
                raise error
            return 1.0

        grader = Callable_(function)
        return await grader.score(sample(), said("a")), await grader.score(sample(), said("a"))

    first, second = asyncio.run(both())
    assert first.reason == "grader_failed: SystemExit"
    assert second.value == 1


@pytest.mark.parametrize("said_", ["splendid", 2, -0.1, float("nan"), [], object()])
def test_what_is_no_score_is_no_verdict(said_: Any) -> None:
    assert asked(lambda _sample, _answer: said_).reason.startswith("unreadable_score")


def test_none_is_no_verdict() -> None:
    assert asked(lambda _sample, _answer: None).reason == "grader_abstains"


def test_a_function_that_hangs_is_left_behind_and_the_next_call_works() -> None:
    held = threading.Event()

    async def both() -> tuple[Score, Score]:
        calls = iter([True, False])

        def function(_sample: Sample, _answer: Answered) -> float:
            if next(calls):
                held.wait(600)
            return 1.0

        grader = Callable_(function, timeout_s=0.2)
        first = await grader.score(sample(), said("a"))
        grader._timeout_s = 30.0
        return first, await grader.score(sample(), said("a"))

    first, second = asyncio.run(both())
    held.set()
    assert first.reason == "grader_timed_out: no verdict within 0.2 s"
    assert second.value == 1


def test_an_async_function_that_waits_too_long_does_not_disturb_the_others() -> None:
    async def function(_sample: Sample, answer: Answered) -> float:
        if answer.text == "slow":
            await asyncio.sleep(600)
        await asyncio.sleep(0.5)
        return 1.0

    async def both() -> list[Score]:
        hasty, patient = Callable_(function, timeout_s=0.2), Callable_(function)
        quick = [patient.score(sample(), said(str(number))) for number in range(20)]
        return await asyncio.gather(hasty.score(sample(), said("slow")), *quick)

    slow, *quick = asyncio.run(both())
    assert slow.reason == "grader_timed_out: no verdict within 0.2 s"
    assert {found.value for found in quick} == {1.0}


def test_calls_of_a_plain_function_wait_for_their_turn_not_for_the_timeout() -> None:
    running = threading.Semaphore(1)

    def function(_sample: Sample, _answer: Answered) -> bool:
        alone = running.acquire(blocking=False)
        threading.Event().wait(0.02)
        if alone:
            running.release()
        return alone

    async def many() -> list[Score]:
        grader = Callable_(function)
        return await asyncio.gather(*(grader.score(sample(), said("a")) for _ in range(20)))

    assert {found.value for found in asyncio.run(many())} == {1.0}


def test_a_module_beside_the_configuration_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "grades_of_mine.py").write_text(
        "def judge(sample, answer):\n    return len(answer.text) / 10\n"
    )
    settings = GraderSettings(kind="callable", function="grades_of_mine:judge")
    assert score(settings, None, said("12345"), Parts(folder=tmp_path)).value == 0.5
    with pytest.raises(ConfigError, match="grades_of_mine has no function jugde"):
        make(GraderSettings(kind="callable", function="grades_of_mine:jugde"), Parts(folder=tmp_path))

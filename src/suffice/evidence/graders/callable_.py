"""A Python function of yours judges each answer."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, ClassVar

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.grading import Answered, Sample, Score, no_verdict
from suffice.evidence.told import told_score

VERSION = "1"
READS = frozenset({"function", "timeout_s"})
NEEDS = frozenset({"function"})
REFERENCES: tuple[str, ...] = ()


class Callable_:  # noqa: N801 -- `Callable` is taken
    """What the function says; no verdict where it raises, takes too long or returns nothing readable.

    It is called with the sample and the answer (`suffice.evidence.grading`), one call at a time, in a thread of its
    own; an async function's calls run side by side. A call that takes too long is left behind with its thread, since
    Python cannot end one.

    Args:
        function: Yours.
        timeout_s: For one answer.
    """

    NAME: ClassVar[str] = "callable"
    VERSION: ClassVar[str] = VERSION

    def __init__(self, function: Callable[..., Any], *, timeout_s: float = 30.0) -> None:
        self.advisory = False
        self._function = function
        self._timeout_s = timeout_s
        self._lane = _Lane()

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns what the function says."""
        if not self._lane.open:
            self._lane = _Lane()
        lane = self._lane
        future = lane.submit(self._function, sample, answer)
        settled = asyncio.Event()
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(settled.set))
        try:
            async with asyncio.timeout(self._timeout_s):
                await settled.wait()
        except TimeoutError:
            lane.leave()
            return no_verdict("grader_timed_out", f"no verdict within {self._timeout_s:g} s")
        if future.cancelled():
            return no_verdict("grader_failed", "it was cancelled")
        error = future.exception()
        if error is not None:
            return no_verdict("grader_failed", type(error).__name__)
        said = future.result()
        return said if isinstance(said, Score) else told_score(said)


class _Lane:
    """A daemon thread with an event loop: what hangs in it does not keep the program from ending."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="suffice-grader", daemon=True)
        self._thread.start()
        self._left = False

    @property
    def open(self) -> bool:
        return self._thread.is_alive() and not self._left

    def submit(self, function: Callable[..., Any], sample: Sample, answer: Answered) -> Future[Any]:
        async def call() -> Any:
            try:
                said = function(sample, answer)
                return await said if inspect.isawaitable(said) else said
            except (SystemExit, KeyboardInterrupt) as error:
                # These two would end the loop, not only the call.
                return no_verdict("grader_failed", type(error).__name__)

        return asyncio.run_coroutine_threadsafe(call(), self._loop)

    def leave(self) -> None:
        """Takes no more calls: the next ones need a thread that is free."""
        self._left = True
        self._loop.call_soon_threadsafe(self._loop.stop)


def found(name: str, folder: Path) -> Callable[..., Any]:
    """Returns the function of `module:function`; a module beside the configuration's file is found, too.

    Raises:
        ValueError: It is not there, or its module cannot be imported; the text says why.
    """
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise ValueError(f'function must be "module:function", not "{name}"')
    here = str(folder.resolve())
    if here not in sys.path:
        sys.path.append(here)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ValueError(f"function {name}: {error}") from error
    function: Callable[..., Any] | None = getattr(module, function_name, None)
    if function is None:
        raise ValueError(f"function {name}: {module_name} has no function {function_name}")
    return function


def grader(settings: GraderSettings, parts: Parts) -> Callable_:
    """Returns the grader of some settings.

    Raises:
        ValueError: There is no such function.
    """
    return Callable_(found(settings.function or "", parts.folder), timeout_s=settings.timeout_s)

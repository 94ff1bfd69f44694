"""A Python function of yours judges each answer."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import sys
import threading
from collections.abc import Awaitable, Callable
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

    It is called with the sample and the answer (`suffice.evidence.grading`). A plain function is called in a thread,
    one call at a time; one that takes too long is left behind in its thread, since Python cannot end one. An async
    function's calls run side by side with everything else: it must not block.

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
        self._turn = asyncio.Lock()

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns what the function says."""
        if inspect.iscoroutinefunction(self._function):
            return await self._awaited(self._function(sample, answer))
        async with self._turn:
            said = await self._in_thread(sample, answer)
        return await self._awaited(said) if inspect.isawaitable(said) else _read(said)

    async def _awaited(self, call: Awaitable[Any]) -> Score:
        try:
            async with asyncio.timeout(self._timeout_s):
                said = await asyncio.gather(_kept_in(call), return_exceptions=True)
        except TimeoutError:
            return self._late()
        return _read(said[0])

    async def _in_thread(self, sample: Sample, answer: Answered) -> Any:
        loop = asyncio.get_running_loop()
        settled: asyncio.Future[Any] = loop.create_future()

        def work() -> None:
            caught = _Caught()
            with caught:
                caught.said = self._function(sample, answer)
            # It may come when nobody waits any more, and the loop is gone.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, settled, caught.said)

        # A daemon: what hangs in it does not keep the program from ending.
        threading.Thread(target=work, name="suffice-grader", daemon=True).start()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await settled
        except TimeoutError:
            return self._late()

    def _late(self) -> Score:
        return no_verdict("grader_timed_out", f"no verdict within {self._timeout_s:g} s")


class _Caught:
    """What a call returned, or the error that it raised, whatever it is."""

    said: Any = None

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        self.said = self.said if error is None else error
        return True


async def _kept_in(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except SystemExit as error:
        # It would end the program, not only the call.
        return error


def _settle(future: asyncio.Future[Any], said: Any) -> None:
    if not future.done():
        future.set_result(said)


def _read(said: Any) -> Score:
    if isinstance(said, asyncio.CancelledError):
        return no_verdict("grader_failed", "it was cancelled")
    if isinstance(said, BaseException):
        return no_verdict("grader_failed", type(said).__name__)
    return said if isinstance(said, Score) else told_score(said)


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

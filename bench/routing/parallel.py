"""Runs like pieces of work on all cores: forked, so that what they read is shared and nothing has to be copied."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import TypeVar

from rich.progress import track

Found = TypeVar("Found")

_work: list[Callable[[int], object]] = []


def each(work: Callable[[int], Found], count: int, told: str = "", workers: int | None = None) -> list[Found]:
    """Returns what a piece of work finds for 0, 1, ... `count` - 1, in this order.

    Args:
        work: Reads what it likes, changes nothing: it runs in a fork of this process.
        count: How many pieces.
        told: What the progress bar says; none if it is empty.
        workers: Processes; one for each core by default. A piece within a piece runs where it is.
    """
    workers = min(workers or os.cpu_count() or 1, count)
    within = bool(multiprocessing.current_process().daemon)
    if workers <= 1 or within:
        return [work(at) for at in (track(range(count), told) if told and not within else range(count))]
    _work.append(work)
    try:
        with multiprocessing.get_context("fork").Pool(workers, _end_when_told) as pool:
            found = pool.imap(_one, range(count))
            return list(track(found, told, total=count)) if told else list(found)
    finally:
        _work.pop()


def _end_when_told() -> None:
    # A handler of the process that this one is a fork of would wait for its interpreter, and the pool's end for that.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _one(at: int) -> object:
    return _work[-1](at)

"""Which requests of a week are done: a file of ids, one a line, so that a replay can be resumed."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self, TextIO


class DoneIds:
    """The ids of requests that got a good answer. Use as a context manager.

    Args:
        path: The file, made if it is missing; `None` remembers nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._ids: set[str] = set()

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("a+", encoding="utf-8")
            self._file.seek(0)
            # A line without its end was being written when a run was killed: that request is sent again.
            whole, _, torn = self._file.read().rpartition("\n")
            self._ids = set(whole.split("\n"))
            if torn:
                self._file.write("\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._ids

    def add(self, request_id: str) -> None:
        """Notes that a request is done, on disk before this returns."""
        if self._file is not None:
            self._file.write(f"{request_id}\n")
            self._file.flush()

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from suffice.cli._children import ChildError, SufficeChild
from suffice.cli.demo._stage import Stage
from suffice.ledger.entry import Entry


class ToldStage(Stage):
    """A stage without a proxy: what it says is kept, and commands answer with what the test gives them."""

    def __init__(self, out: Path, answers: dict[str, Any]) -> None:
        console = Console(file=io.StringIO(), width=80)
        super().__init__(out, 1, SufficeChild([], out / "serve.log"), console)
        self.ran: list[tuple[str, ...]] = []
        self.played: list[Path] = []
        self.arriving: list[Entry] = []
        """What the next replay brings."""
        self.live: dict[str, Any] = {}
        """What the proxy says of itself."""
        self._seen: list[Entry] = []
        self._answers = answers

    @property
    def text(self) -> str:
        file = self.console.file
        assert isinstance(file, io.StringIO)
        return file.getvalue()

    def run(self, *arguments: str, shown: str = "all", json: bool = False) -> Any:
        self.ran.append(arguments)
        self.typed("suffice", *arguments)
        answer = self._answers.get(" ".join(arguments[:2]), self._answers.get(arguments[0], ""))
        return answer() if callable(answer) else answer

    def quietly(self, *arguments: str) -> str:
        return str(self.run(*arguments))

    def replay(self, week: Path) -> None:
        self.played.append(week)
        self.sent += len(self.arriving)
        self._seen += self.arriving
        self.arriving = []

    def entries(self) -> list[Entry]:
        return list(self._seen)

    def health(self) -> dict[str, Any]:
        return self.live

    def failed(self, what: str) -> ChildError:
        return ChildError(what)


@pytest.fixture
def told_stage(tmp_path: Path) -> type[ToldStage]:
    return ToldStage

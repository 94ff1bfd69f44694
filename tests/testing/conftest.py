"""One small recording for all tests of the replay parts, and a server of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recorded import write_answers
from suffice.testing import ReplayUpstream
from suffice.testing.replay_upstream.answers import Answer, Call, Recording, Tokens


@pytest.fixture(scope="package")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_answers(tmp_path_factory.mktemp("answers"))


@pytest.fixture(scope="package")
def recording(answers: Path) -> Recording:
    return Recording.load(answers)


@pytest.fixture(scope="package")
def upstream(answers: Path) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(answers) as upstream:
        yield upstream


TOKENS = Tokens(input=2000, output=30, cached=1024, cache_write=128, reasoning=20)


@pytest.fixture
def text_answer() -> Answer:
    return Answer(seed="a1" * 20, model="m", created=7, text="Grüße, Welt: fine.", calls=(), tokens=TOKENS)


@pytest.fixture
def tool_answer() -> Answer:
    calls = (Call("f", '{"x": 1}'), Call("g", "not json"))
    return Answer(seed="b2" * 20, model="m", created=7, text=None, calls=calls, tokens=TOKENS)

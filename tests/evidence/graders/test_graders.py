"""The registry, and the contract on every grader there is."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from grading_cases import said, sample

from suffice.config import GraderSettings
from suffice.errors import ConfigError
from suffice.evidence import graders
from suffice.evidence.graders import KINDS, Parts, identity, make, module_of, problems_of, settings_for
from suffice.store.ratings import Rating
from suffice.testing.check_grader import check_grader

SAYS_HALF = [sys.executable, "-c", "import sys; sys.stdin.read(); print(0.5)"]


class Everybody:
    """Ratings of whatever is asked for."""

    def of(self, unit: str) -> list[Rating]:
        return [Rating(unit=unit, model="m", value=0.5, rater="a")]


async def says_tie(_body: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
    message = {"role": "assistant", "content": "They say the same.\nVERDICT: TIE"}
    return {"model": "judge", "choices": [{"message": message, "finish_reason": "stop"}]}, 100


EXAMPLES = [
    GraderSettings(kind="exact", field="answer", literals=True),
    GraderSettings(kind="exact", reference="baseline", ignore_case=True, ignore_spaces=True),
    GraderSettings(kind="regex", pattern=r"answer is (\d+)"),
    GraderSettings(kind="regex", pattern="42", reference="none"),
    GraderSettings(kind="json_schema", fields=("*",)),
    GraderSettings(kind="json_schema"),
    GraderSettings(kind="tool_calls", partial=True, loose_numbers=True),
    GraderSettings(kind="tool_calls", reference="baseline", ignore_optional=True),
    GraderSettings(kind="numeric"),
    GraderSettings(kind="numeric", field="answer", reference="baseline"),
    GraderSettings(kind="contains"),
    GraderSettings(kind="embedding"),
    GraderSettings(kind="embedding", reference="baseline"),
    GraderSettings(kind="command", command=tuple(SAYS_HALF)),
    GraderSettings(kind="callable", function="math:isfinite"),
    GraderSettings(kind="human"),
    GraderSettings(kind="human", style="pairwise"),
    GraderSettings(kind="judge", model="openai/judge"),
]


def named(settings: GraderSettings) -> str:
    return identity(settings)[0]


def test_every_kind_has_an_example() -> None:
    assert {settings.kind for settings in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize("settings", EXAMPLES, ids=named)
def test_every_grader_keeps_the_contract(settings: GraderSettings) -> None:
    grader = make(settings, Parts(ask=says_tie, ratings=Everybody()))
    samples = [sample("42"), sample(None), sample(["a"]), sample({"answer": 42}), sample(7.5)]
    few = samples[:2] if settings.kind == "command" else samples
    check_grader(grader, few)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_is_and_reads(kind: str) -> None:
    module = module_of(kind)
    assert (module.__doc__ or "").strip()
    assert module.NEEDS <= module.READS
    known = {name for name in GraderSettings.__struct_fields__ if name not in {"kind", "reference"}}
    assert known >= module.READS


@pytest.mark.parametrize("kind", [kind for kind in KINDS if module_of(kind).REFERENCES])
def test_without_a_right_answer_there_is_no_verdict(kind: str) -> None:
    needed = {"pattern": "42"} if "pattern" in module_of(kind).NEEDS else {}
    fields = {"fields": ("*",)} if kind == "json_schema" else {}
    grader = make(GraderSettings(kind=kind, **needed, **fields))
    assert hasattr(grader, "score")
    found = asyncio.run(grader.score(sample(None), said('{"answer": 42}')))
    assert found.value is None
    assert found.reason.startswith("no_expected: ")


def problems(**settings: Any) -> list[tuple[str, str]]:
    return list(problems_of(GraderSettings(**settings)))


def test_an_unknown_kind_has_a_suggestion() -> None:
    assert problems(kind="numerical") == [
        ("kind", 'there is no grader of kind "numerical"; did you mean "numeric"?')
    ]
    assert "there are: callable, command" in problems(kind="zzz")[0][1]


def test_a_key_that_a_kind_does_not_read_is_a_problem() -> None:
    ((key, text),) = problems(kind="numeric", ignore_case=True)
    assert key == "ignore_case"
    assert text.startswith('kind = "numeric" does not read ignore_case; it reads absolute_tolerance, field')


def test_a_key_that_a_kind_needs_is_a_problem() -> None:
    assert problems(kind="command") == [("kind", 'kind = "command" needs command')]


def test_a_reference_that_a_kind_has_no_use_for_is_a_problem() -> None:
    assert problems(kind="command", command=("x",), reference="baseline")[0][0] == "reference"
    assert problems(kind="exact", reference="none")[0][0] == "reference"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kind": "regex", "pattern": "("}, "pattern is no regular expression"),
        ({"kind": "regex", "pattern": "a", "flags": "ix"}, "letters i, m and s"),
        ({"kind": "command", "command": ("no-such-program-here",)}, "no-such-program-here is not there"),
        ({"kind": "callable", "function": "no_such_module_here:f"}, "No module named"),
        ({"kind": "callable", "function": "math"}, 'must be "module:function"'),
        ({"kind": "judge", "model": "m"}, "cannot be asked"),
        ({"kind": "human"}, "suffice bakeoff rate"),
    ],
)
def test_what_cannot_be_made_says_why(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        make(GraderSettings(**settings))


def test_a_schema_file_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    for text, told in (
        ("{", "is no JSON object"),
        ("[]", "is no JSON object"),
        (json.dumps({"type": 7}), "the schema is none"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=told):
            make(GraderSettings(kind="json_schema", schema=path))
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        make(GraderSettings(kind="json_schema", schema=path))


def test_another_pattern_is_another_version() -> None:
    first, second = (identity(GraderSettings(kind="regex", pattern=pattern)) for pattern in ("a", "b"))
    assert first[0] == second[0] == "regex"
    assert first[1] != second[1]
    assert first == identity(GraderSettings(kind="regex", pattern="a"))


def test_another_schema_in_the_same_file_is_another_version_and_another_place_is_not(tmp_path: Path) -> None:
    path, other = tmp_path / "a.json", tmp_path / "b.json"
    path.write_text('{"type": "object"}')
    other.write_text('{"type": "object"}')
    first = identity(GraderSettings(kind="json_schema", schema=path))
    assert identity(GraderSettings(kind="json_schema", schema=other)) == first
    path.write_text('{"type": "array"}')
    assert identity(GraderSettings(kind="json_schema", schema=path)) != first
    path.unlink()
    assert identity(GraderSettings(kind="json_schema", schema=path)) != first


def test_a_bucket_has_its_own_grader_or_everybodys() -> None:
    own, all_ = GraderSettings(kind="exact"), GraderSettings(kind="numeric")
    assert settings_for("a", {"a": own, "*": all_}) is own
    assert settings_for("b", {"a": own, "*": all_}) is all_
    assert settings_for("b", {"a": own}) is None


def test_only_the_embedding_is_advisory() -> None:
    made = {
        named(settings): make(settings, Parts(ask=says_tie, ratings=Everybody())) for settings in EXAMPLES
    }
    advisory = {name for name, grader in made.items() if grader.advisory}
    assert advisory == {"embedding", "embedding against the baseline"}
    assert graders.against_baseline(GraderSettings(kind="exact", reference="baseline"))

from __future__ import annotations

import ast

import pytest
from drafts import drafts, said, use_case

from suffice.testing.traffic.code import USE_CASES

FUNCTIONS = drafts(use_case(USE_CASES, "function-completion"))


def code(fenced: str) -> str:
    return fenced.removeprefix("```python\n").removesuffix("\n```")


@pytest.mark.parametrize("text", [text for draft in FUNCTIONS for text in (draft.right[0], draft.wrong)])
def test_functions_are_python(text: str) -> None:
    (function,) = ast.parse(code(text)).body
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)


def test_right_functions_work_and_wrong_ones_do_not() -> None:
    split = next(draft for draft in FUNCTIONS if "people: int" in said(draft))
    results = []
    for text in (split.right[0], split.wrong):
        scope: dict[str, object] = {}
        exec(code(text), scope)  # noqa: S102 -- our own text
        (function,) = [value for name, value in scope.items() if name != "__builtins__"]
        results.append(function(100, 7))
    assert (sum(results[0]), len(results[0])) == (100, 7)
    assert sum(results[1]) != 100


def test_queries_answer_the_question_and_wrong_ones_miss_its_condition() -> None:
    made = drafts(use_case(USE_CASES, "sql-assistant"))
    assert len({said(draft) for draft in made}) > 50
    for draft in made:
        assert draft.right[0].startswith("SELECT ")
        assert draft.right[0].endswith(";")
        assert len(draft.wrong) < len(draft.right[0])
        assert draft.wrong.count(" AND ") < draft.right[0].count(" AND ")

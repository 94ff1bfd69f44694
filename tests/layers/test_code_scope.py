from __future__ import annotations

import pytest
from conversations import demand, scored

ONE_FUNCTION = "Write a Python function that merges two sorted lists."
REPAIR = "Fix the bug in this code:\n```python\ndef f(x): return y\n```"
ONE_SERVICE = "Refactor this Java class and decouple its modules."
THREE_FILES = "Add a field to the code in app/models.py, app/views.py and app/forms.py."
ARCHITECTURE = "Refactor the architecture of api.py, models.py, views.py and jobs.py into services."


def test_demand_grows_from_a_function_to_an_architecture() -> None:
    scope = [
        demand("code_scope", text) for text in (ONE_FUNCTION, REPAIR, ONE_SERVICE, THREE_FILES, ARCHITECTURE)
    ]
    assert scope == sorted(scope)
    assert scope[0] == 0.25
    assert scope[-1] == 0.95


def test_each_further_file_demands_more() -> None:
    few, many = (
        demand("code_scope", "Change the import in " + ", ".join(f"m{number}.ts" for number in range(count)))
        for count in (3, 6)
    )
    assert few < many <= 0.95


@pytest.mark.parametrize(
    "question",
    [
        "Escribe una función en Python que ordene una lista.",
        "Schreibe eine Funktion in Rust, die eine Liste sortiert.",
        "写一个 Python 函数来合并两个列表。",
        "Write a SQL query that counts the orders of each month.",
    ],
)
def test_one_function_is_small_in_any_language(question: str) -> None:
    assert demand("code_scope", question) == 0.25


@pytest.mark.parametrize(
    "question", ["Hello!", "The main function of the heart is to pump.", "Plan a party."]
)
def test_what_is_not_about_code_abstains(question: str) -> None:
    assert scored("code_scope", question).demand is None

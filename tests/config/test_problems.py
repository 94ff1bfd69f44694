from __future__ import annotations

import pytest

from suffice.config.problems import Place, Problems, suggestion
from suffice.errors import ConfigError


def test_problems_come_in_the_order_of_the_file_and_variables_last() -> None:
    problems = Problems()
    problems.add(Place("SUFFICE_MODE"), "third")
    problems.add(Place("a.toml", 10), "second")
    problems.add(Place("a.toml", 9), "first")
    with pytest.raises(ConfigError) as caught:
        problems.raise_if_any()
    assert caught.value.message == "a.toml:9: first\na.toml:10: second\nSUFFICE_MODE: third"
    assert caught.value.code == "bad_config"


def test_no_problem_raises_nothing() -> None:
    Problems().raise_if_any()


def test_what_is_near_nothing_gets_the_list() -> None:
    assert suggestion("zzzz", ["host", "port"], {"policy": ["bar"]}) == "known here: host, port"


def test_the_same_table_is_preferred_over_another() -> None:
    assert suggestion("day", ["days"], {"other": ["day"]}) == 'did you mean "days"?'

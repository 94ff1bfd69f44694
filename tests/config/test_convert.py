from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suffice.config import Secret
from suffice.config.convert import convert, shown
from suffice.config.problems import Place
from suffice.config.schema import PROVIDER, SCALARS, SECTIONS, fields_of
from suffice.config.sources import Given

SERVER = fields_of(SECTIONS["server"])
BAR = fields_of(SECTIONS["policy"])["bar"]
DIRECTORY = fields_of(SECTIONS["data"])["directory"]


def given(value: Any, *, is_text: bool = False) -> Given:
    return Given(value, Place("a.toml", 1), Path("/base"), is_text)


def test_values_of_the_file_keep_their_types() -> None:
    assert convert(given(9000), SERVER["port"], {}) == 9000
    assert convert(given(1), BAR, {}) == 1.0
    assert convert(given("off"), SCALARS["mode"], {}) == "off"


@pytest.mark.parametrize("value", ["9000", True, 0, 65536, 1.5, [], {}])
def test_a_port_is_a_whole_number_in_its_range(value: object) -> None:
    with pytest.raises(ValueError, match="port must be a whole number from 1 to 65535, not"):
        convert(given(value), SERVER["port"], {})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1, "0.5", True])
def test_a_bar_is_a_probability(value: object) -> None:
    with pytest.raises(ValueError, match="bar must be a number from 0 to 1"):
        convert(given(value), BAR, {})


def test_text_of_a_variable_may_stand_for_numbers_and_truth() -> None:
    assert convert(given("9000", is_text=True), SERVER["port"], {}) == 9000
    assert convert(given("0.5", is_text=True), BAR, {}) == 0.5
    assert convert(given("true", is_text=True), PROVIDER["default"], {}) is True
    with pytest.raises(ValueError, match="true or false"):
        convert(given("maybe", is_text=True), PROVIDER["default"], {})


def test_a_relative_path_starts_at_the_base() -> None:
    assert convert(given("data"), DIRECTORY, {}) == Path("/base/data")
    assert convert(given("/var/data"), DIRECTORY, {}) == Path("/var/data")
    for value in ("", 3, "a\0b"):
        with pytest.raises(ValueError, match="a path in quotes"):
            convert(given(value), DIRECTORY, {})


def test_a_key_comes_from_its_variable() -> None:
    assert convert(given("client"), PROVIDER["key"], {}) is None
    assert convert(given("env:KEY"), PROVIDER["key"], {"KEY": " sk-1\n"}) == Secret("sk-1")


@pytest.mark.parametrize("value", ["sk-hidden", "env:", "env:sk-hidden", "$KEY", 3, "env:a b"])
@pytest.mark.parametrize("field", [PROVIDER["key"], SERVER["access_token"]])
def test_a_secret_in_the_file_is_refused_and_not_quoted(value: object, field: Any) -> None:
    with pytest.raises(ValueError, match="never written in the file") as caught:
        convert(given(value), field, {})
    assert "hidden" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named() -> None:
    for environ in ({}, {"KEY": ""}, {"KEY": "  "}):
        with pytest.raises(ValueError, match="export KEY="):
            convert(given("env:KEY"), PROVIDER["key"], environ)


@pytest.mark.parametrize("text", ["two words", "line\nbreak", "schlüssel", "a\0b"])
def test_a_secret_that_no_header_can_carry_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be sent as a header") as caught:
        convert(given("env:KEY"), PROVIDER["key"], {"KEY": text})
    assert text not in str(caught.value)


def test_shares_come_as_a_list_or_with_commas() -> None:
    ramp = fields_of(SECTIONS["route"])["ramp"]
    assert convert(given([0.1, 1]), ramp, {}) == (0.1, 1.0)
    assert convert(given("0.1, 1", is_text=True), ramp, {}) == (0.1, 1.0)
    for wrong in ([2], "much", [[0.1]], 0.5):
        with pytest.raises(ValueError, match="ramp must be a list of numbers from 0 to 1"):
            convert(given(wrong), ramp, {})


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 1000)) == 60
    assert shown([1]) == "a list"

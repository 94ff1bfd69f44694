from __future__ import annotations

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner, Result
from narrow import BASELINE, CANDIDATES, expect_whole

from suffice.cli import main
from suffice.cli.cost import Prices, moves_of, print_calculation
from suffice.errors import ConfigError
from suffice.ledger.calculator import Volume, calculate
from suffice.money import usd


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["cost", *arguments])


@pytest.mark.parametrize(
    ("tokens", "before", "after"), [("100M", 750, 225), ("1B", 7_500, 2_250), ("5b", 37_500, 11_250)]
)
def test_the_totals_follow_from_the_prices(tokens: str, before: int, after: int) -> None:
    ended = run(
        "--tokens", tokens, "--from", "gpt-5.4", "--to", "gpt-5.4-mini", "--at", "2026-04-15", "--json"
    )
    month = json.loads(ended.stdout)["month"]
    assert (month["before"]["nanos"], month["after"]["nanos"]) == (before * 10**9, after * 10**9)


def test_a_share_stays_and_the_table_adds_up() -> None:
    ended = run("--tokens", "1,000M", "--from", "gpt-5.4", "--to", "gpt-5.4-mini=65%", "--at", "2026-04-15")
    assert ended.exit_code == 0
    for said in (
        "$7,500.00",
        "35.0%",
        "$2,625.00",
        "65.0%",
        "$1,462.50",
        "$4,087.50",
        "45.5%",
        "$3,412.50",
        "$682.50",
    ):
        assert said in ended.stdout


def test_a_tier_has_its_own_prices() -> None:
    ended = run("--tokens", "100M", "--from", "gpt-5.4", "--to", "gpt-5.4-mini", "--tier", "flex", "--json")
    assert json.loads(ended.stdout)["month"]["before"]["usd"] == "$375.00"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tokens", "x", "--from", "gpt-5.4", "--to", "gpt-5.4-mini"], "no number of tokens"),
        (["--tokens", "1e999999999", "--from", "gpt-5.4", "--to", "gpt-5.4-mini"], "no number of tokens"),
        (["--tokens", "-5", "--from", "gpt-5.4", "--to", "gpt-5.4-mini"], "no number of tokens"),
        (["--tokens", "1M", "--from", "gpt-5.4", "--to", "gpt-5.4-mini=2"], "a model and its share"),
        (["--tokens", "1M", "--from", "gpt-5.4", "--to", "gpt-5.4-mini", "--cached", "101%"], "no share"),
        (["--tokens", "1M", "--from", "gpt-5.4-min", "--to", "gpt-5.4-mini"], "Did you mean gpt-5.4-mini"),
        (
            ["--tokens", "1M", "--from", "gpt-5.4", "--to", "gpt-5.4-mini", "--tier", "express"],
            "tier 'express'",
        ),
        (
            ["--tokens", "1M", "--from", "gpt-5.4", "--to", "gpt-5.4-mini", "--to", "gpt-5.4-nano"],
            "only one --to",
        ),
    ],
)
def test_a_mistake_is_named(arguments: list[str], said: str) -> None:
    ended = run(*arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_the_one_without_a_share_takes_what_is_left() -> None:
    prices = Prices(1_776_211_200_000_000_000)
    moves = moves_of((("gpt-5.4-nano", Fraction(1, 10)), ("gpt-5.4-mini", None)), prices)
    assert [move.share for move in moves] == [Fraction(1, 10), Fraction(9, 10)]
    with pytest.raises(ConfigError, match="no model of the catalog"):
        prices.cards("no-such-model")


def test_large_amounts_and_long_names_are_whole_on_eighty_columns() -> None:
    prices = Prices(1_793_491_200_000_000_000)
    volume = Volume(input_tokens=Fraction(8 * 10**11), output_tokens=Fraction(2 * 10**11))
    moves = moves_of(((CANDIDATES[0], Fraction(6, 10)), (CANDIDATES[1], Fraction(1, 10))), prices)
    found = calculate(volume, BASELINE, prices.cards(BASELINE), moves)
    figures = (usd(found.before_nanos), usd(found.before_nanos * 12), usd(found.saved_nanos * 12))
    expect_whole(lambda console: print_calculation(found, console, 0), BASELINE, *CANDIDATES, *figures)

"""`suffice cost`: what a month of traffic costs, and what it would cost with a share of it on cheaper models."""

from __future__ import annotations

import difflib
import time
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import click
import msgspec
from rich.console import Console

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.cli.report import Moment
from suffice.config.settings import BUILT_IN
from suffice.errors import ConfigError
from suffice.ledger.calculator import MONTHS, Calculation, Cards, Move, Volume, calculate
from suffice.money import usd
from suffice.report.figures import Figures, Line
from suffice.upstream.vendors import load_vendors

_UNITS = {"K": 1_000, "M": 1_000_000, "B": 1_000_000_000, "T": 1_000_000_000_000}
_MOST = Fraction(10**18)


class Tokens(click.ParamType[Fraction]):
    """A number of tokens such as 250000, 100M or 1.5B."""

    name = "tokens"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Returns the number."""
        text = str(value).strip().replace("_", "").replace(",", "").upper()
        unit = _UNITS.get(text[-1:], 1)
        number = _fraction(text if unit == 1 else text[:-1])
        if number is None or not 0 <= number * unit <= _MOST:
            self.fail(f"{value!r} is no number of tokens, such as 250000, 100M or 1.5B", param, ctx)
        return number * unit


class Ratio(Tokens):
    """A ratio such as 1.3."""

    name = "ratio"


class Share(click.ParamType[Fraction]):
    """A share such as 0.6 or 60%."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Returns the share, in [0, 1]."""
        share = _share(str(value))
        if share is None:
            self.fail(f"{value!r} is no share, such as 0.6 or 60%", param, ctx)
        return share


class Target(click.ParamType[tuple[str, Fraction | None]]):
    """A model, or a model and its share: gpt-5.4-mini, gpt-5.4-mini=60%."""

    name = "model[=share]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Fraction | None]:
        """Returns the model and its share, `None` for all that is left."""
        model, sign, said = str(value).partition("=")
        share = _share(said) if sign else None
        if not model or (sign and share is None):
            self.fail(f"{value!r}: write a model, or a model and its share, as gpt-5.4-mini=60%", param, ctx)
        return model, share


@click.command(
    epilog="""\b
Examples:
  suffice cost --tokens 100M --from gpt-5.4 --to gpt-5.4-mini
  suffice cost --tokens 1B --input-share 80% --cached 50% --from gpt-5.4 \\
    --to gpt-5.4-mini=60% --to gpt-5.4-nano=10%
  suffice cost --tokens 20M --from gpt-5.4 --to gpt-5.4-mini --tier flex --json
"""
)
@click.option("--from", "baseline", required=True, help="The model that serves all of it today.")
@click.option(
    "--to",
    "targets",
    type=Target(),
    multiple=True,
    required=True,
    help="A model that would serve a share of it; without a share: all that is left. Repeatable.",
)
@click.option("--tokens", type=Tokens(), required=True, help="Tokens a month, input and output together.")
@click.option(
    "--input-share", type=Share(), default="60%", show_default=True, help="Share of them that is input."
)
@click.option(
    "--cached", type=Share(), default="0", show_default=True, help="Share of the input served from cache."
)
@click.option(
    "--prompt-tokens",
    type=click.IntRange(min=0),
    default=0,
    help="Usual length of one prompt: some models charge more for long ones.",
)
@click.option(
    "--verbosity",
    type=Ratio(),
    default="1",
    show_default=True,
    help="Output tokens of the cheaper models for one of today's model.",
)
@click.option("--tier", help="Service tier of all calls, such as flex, batch or priority; else standard.")
@click.option("--at", "at_ns", type=Moment(), help="Prices of this day; else of today.")
@click.option("--json", "json_", is_flag=True, help="Print JSON: money in nano-dollars and as text.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    baseline: str,
    targets: tuple[tuple[str, Fraction | None], ...],
    tokens: Fraction,
    input_share: Fraction,
    cached: Fraction,
    prompt_tokens: int,
    verbosity: Fraction,
    tier: str | None,
    at_ns: int | None,
    json_: bool,
) -> None:
    """Calculate what a month of tokens costs, and what it would cost with cheaper models.

    Modelled: the same requests at other prices; no file and no proxy is needed. Which share can move without loss, a
    bake-off shows; what was really saved, a holdout. Names of models and their prices: docs/models.md.
    """
    at_ns = time.time_ns() if at_ns is None else at_ns
    prices = Prices(at_ns, tier)
    volume = Volume(
        input_tokens=tokens * input_share,
        output_tokens=tokens * (1 - input_share),
        cached=cached,
        prompt_tokens=prompt_tokens,
    )
    moves = moves_of(targets, prices, verbosity)
    found = calculate(volume, baseline, prices.cards(baseline), moves)
    if json_:
        click.echo(msgspec.json.format(msgspec.json.encode(as_json(found)), indent=2).decode())
        return
    print_calculation(found, Console(), at_ns)


class Prices:
    """Rates by a model's name alone.

    Args:
        at_ns: Unix time that they hold for.
        tier: Service tier, `None` for standard.
    """

    def __init__(self, at_ns: int, tier: str | None = None) -> None:
        self._at_ns = at_ns
        self._tier = tier
        self._catalog = Catalog.load(at_ns=at_ns)
        known = {**load_vendors(), **BUILT_IN}
        self._book = PriceBook({name: str(row["prices"]) for name, row in known.items() if row.get("prices")})

    def cards(self, model: str) -> Cards:
        """Returns a model's rates.

        Raises:
            ConfigError: It is not in the catalog, or has no prices for the tier.
        """
        providers = self._catalog.providers_of(model)
        if not providers:
            near = difflib.get_close_matches(model, self._catalog.names(), n=3)
            hint = f" Did you mean {' or '.join(near)}?" if near else " See docs/models.md."
            raise ConfigError(f"{model} is no model of the catalog.{hint}")
        cards = self._book.cards(provider=providers[0], model=model, at_ns=self._at_ns, tier=self._tier)
        if not cards:
            raise ConfigError(f"{model} has no price for the tier {self._tier!r}")
        return cards


def moves_of(
    targets: tuple[tuple[str, Fraction | None], ...], prices: Prices, verbosity: Fraction = Fraction(1)
) -> list[Move]:
    """Returns the moves that `--to` names; the one without a share takes what is left.

    Raises:
        ConfigError: More than one has no share, or a model has no price.
    """
    said = sum((share for _, share in targets if share is not None), Fraction(0))
    if sum(share is None for _, share in targets) > 1:
        raise ConfigError("only one --to can go without a share: write the others as MODEL=SHARE")
    return [
        Move(
            model=model,
            cards=prices.cards(model),
            share=max(Fraction(0), 1 - said) if share is None else share,
            verbosity=verbosity,
        )
        for model, share in targets
    ]


def as_json(found: Calculation) -> dict[str, Any]:
    """Returns the calculation as plain data; a year is twelve such months."""
    amounts = {
        "before": found.before_nanos,
        "after": found.after_nanos,
        "saved": found.saved_nanos,
        "fee_if_verified": found.fee_nanos,
    }
    return {
        "grade": "modelled",
        "month": {name: _amount(nanos) for name, nanos in amounts.items()},
        "year": {name: _amount(nanos * MONTHS) for name, nanos in amounts.items()},
        "saved_share": None if found.saved_share is None else round(float(found.saved_share), 6),
        "served": [
            {"model": line.model, "share": round(float(line.share), 6), "month": _amount(line.nanos)}
            for line in found.served
        ],
    }


def print_calculation(found: Calculation, console: Console, at_ns: int) -> None:
    """Prints a table of a month and a year."""
    day = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).date()

    def line(name: str, share: str, nanos: int, *, depth: int = 0, style: str = "") -> Line:
        return Line(name=name, cells=(share, usd(nanos), usd(nanos * MONTHS)), depth=depth, style=style)

    share = "" if found.saved_share is None else f"{float(found.saved_share):.1%}"
    lines = [
        line(f"today, all on {found.served[0].model}", "100%", found.before_nanos),
        line("with cheaper models", "100%", found.after_nanos),
        *(
            line(one.model, f"{float(one.share):.1%}", one.nanos, depth=1)
            for one in found.served
            if one.share
        ),
        line("saved", share, found.saved_nanos, style="bold"),
        line("fee, if all of it were verified", "20%", found.fee_nanos),
    ]
    console.print(
        Figures(("", "share", "a month", "a year"), lines, title=f"Modelled at the prices of {day}")
    )


def _amount(nanos: int) -> dict[str, int | str]:
    return {"nanos": nanos, "usd": usd(nanos)}


def _share(text: str) -> Fraction | None:
    percent = text.strip().endswith("%")
    number = _fraction(text.strip().removesuffix("%"))
    if number is None:
        return None
    share = number / 100 if percent else number
    return share if 0 <= share <= 1 else None


def _fraction(text: str) -> Fraction | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    # An exponent of a million would be a number of a million digits.
    if not number.is_finite() or abs(number.adjusted()) > 30 or len(number.as_tuple().digits) > 60:
        return None
    return Fraction(number)

"""cost.md: the calculator on three volumes that are often quoted, with totals that follow from the prices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from suffice.cli.cost import Prices
from suffice.ledger.calculator import MONTHS, Calculation, Move, Volume, calculate
from suffice.money import usd

APRIL_2026_NS = 1_776_211_200_000_000_000
_QUOTED = {100: (1_050, 315), 1_000: (10_500, 3_150), 5_000: (52_500, 15_750)}
"""Millions of tokens a month to the totals of the article, in US dollars a month."""

HEAD = """\
# What a month of tokens costs

`suffice cost` multiplies a volume by dated prices, before there is any traffic to measure:

    suffice cost --tokens 100M --from gpt-5.4 --to gpt-5.4-mini
    suffice cost --tokens 1B --input-share 80% --cached 50% --from gpt-5.4 --to gpt-5.4-mini=60% --to gpt-5.4-nano=10%

It knows cached input (`--cached`), prices for long prompts (`--prompt-tokens`), service tiers (`--tier flex`),
cheaper models that answer at greater length (`--verbosity 1.3`) and prices of another day (`--at`). The result is
*modelled*: the same requests at other prices. Which share can move without loss is what a bake-off shows; what was
really saved, a holdout.

## Three volumes, 60% input, GPT-5.4 to GPT-5.4 mini

At the prices of 15 April 2026: 2.50 and 15.00 dollars per million tokens of input and output for the flagship,
0.75 and 4.50 for mini.
"""

NOTE = """
An article of that month gives other totals for the same three volumes and the same prices:

{quoted}
They do not follow from the prices: 60 million tokens at 2.50 and 40 million at 15.00 are 150 + 600 = 750 dollars, not
1,050. Every total there is 1.4 times too high, so the ratio between the models, 70% less, is right, and the dollars
are not.
"""


def calculation(millions: int, share: Fraction) -> Calculation:
    """Returns what so many million tokens a month cost with a share of them on mini."""
    prices = Prices(APRIL_2026_NS)
    tokens = Fraction(millions * 1_000_000)
    volume = Volume(input_tokens=tokens * 3 / 5, output_tokens=tokens * 2 / 5)
    mini = Move(model="gpt-5.4-mini", cards=prices.cards("gpt-5.4-mini"), share=share)
    return calculate(volume, "gpt-5.4", prices.cards("gpt-5.4"), [mini])


def page(table: Callable[[list[str], Iterable[Iterable[str]]], str]) -> str:
    """Returns cost.md."""
    rows, quoted = [], []
    for millions, (before, after) in _QUOTED.items():
        whole = calculation(millions, Fraction(1))
        some = calculation(millions, Fraction(65, 100))
        rows.append(
            [
                f"{millions:,} M", usd(whole.before_nanos), usd(whole.after_nanos), usd(whole.saved_nanos),
                usd(whole.saved_nanos * MONTHS), usd(some.saved_nanos), f"{float(some.saved_share or 0):.1%}",
            ]
        )  # fmt: skip
        quoted.append(
            [
                f"{millions:,} M",
                f"${before:,}",
                usd(whole.before_nanos, places=0),
                f"${after:,}",
                usd(whole.after_nanos, places=0),
            ]
        )
    head = [
        "tokens a month",
        "all on the flagship",
        "all on mini",
        "saved a month",
        "saved a year",
        "saved with 65% on mini",
        "of the bill",
    ]
    said = table(
        ["tokens a month", "flagship, quoted", "flagship, right", "mini, quoted", "mini, right"], quoted
    )
    return HEAD + "\n" + table(head, rows) + NOTE.format(quoted=said)

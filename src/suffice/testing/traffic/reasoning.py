"""A use case that calculates: prices, stock and routes in several steps, with one right number at the end."""

from __future__ import annotations

import random
from collections.abc import Callable

from suffice.testing.traffic.draft import Draft, UseCase, ask
from suffice.testing.traffic.words import COMPANIES, GOODS, PLACES

_SYSTEM = "Work the problem out step by step. End with a line that says ANSWER: and the number alone."
Problem = tuple[str, list[str], int]


def _margin(rng: random.Random) -> Problem:
    pieces, cost, price = rng.randint(20, 90), rng.randint(4, 30), rng.randint(35, 80)
    returned, fee = rng.randint(2, 9), rng.randint(2, 6)
    goods, company = rng.choice(GOODS), rng.choice(COMPANIES)
    text = (
        f"{company} buys {pieces} pieces of the {goods} at {cost} EUR each and sells all of them at "
        f"{price} EUR. "
        f"{returned} buyers return theirs for a full refund; each return costs another {fee} EUR in "
        f"postage and "
        "the piece cannot be sold again. What is the profit in EUR?"
    )
    sold = pieces - returned
    profit = sold * price - pieces * cost - returned * fee
    steps = [
        f"Buying costs {pieces} x {cost} = {pieces * cost} EUR.",
        f"{pieces} - {returned} = {sold} sales stand, which is {sold} x {price} = {sold * price} EUR.",
        f"The returns cost {returned} x {fee} = {returned * fee} EUR in postage.",
        f"Profit: {sold * price} - {pieces * cost} - {returned * fee} = {profit} EUR.",
    ]
    return text, steps, profit


def _stock(rng: random.Random) -> Problem:
    start, daily, weeks = rng.randint(300, 900), rng.randint(6, 18), rng.randint(2, 5)
    delivery, spoiled = rng.randint(80, 260), rng.randint(5, 25)
    text = (
        f"A warehouse in {rng.choice(PLACES)} holds {start} units of the {rng.choice(GOODS)}. It ships "
        f"{daily} a day "
        f"on the five working days of a week. At the end of each of the first {weeks} weeks a delivery of "
        f"{delivery} units comes in, of which {spoiled} are thrown away. How many units are there after "
        f"{weeks} weeks?"
    )
    out, into = daily * 5 * weeks, (delivery - spoiled) * weeks
    steps = [
        f"A week ships {daily} x 5 = {daily * 5} units, {weeks} weeks ship {out}.",
        f"Each delivery leaves {delivery} - {spoiled} = {delivery - spoiled} usable units, {into} in all.",
        f"{start} - {out} + {into} = {start - out + into}.",
    ]
    return text, steps, start - out + into


def _vans(rng: random.Random) -> Problem:
    vans, stops, minutes, breaks = (
        rng.randint(3, 9),
        rng.randint(12, 30),
        rng.randint(6, 14),
        rng.randint(20, 45),
    )
    wage = rng.randint(18, 30)
    text = (
        f"{vans} vans leave the depot in {rng.choice(PLACES)}. Each makes {stops} stops of {minutes} "
        f"minutes and "
        f"takes one break of {breaks} minutes, which is paid. A driver costs {wage} EUR for every hour "
        f"that has "
        "begun. What do the drivers cost in all, in EUR?"
    )
    total = stops * minutes + breaks
    hours = -(-total // 60)
    steps = [
        f"One van needs {stops} x {minutes} + {breaks} = {total} minutes.",
        f"That is {hours} hours, counting the one that has begun.",
        f"One driver costs {hours} x {wage} = {hours * wage} EUR.",
        f"All {vans} cost {vans} x {hours * wage} = {vans * hours * wage} EUR.",
    ]
    return text, steps, vans * hours * wage


_PROBLEMS: tuple[Callable[[random.Random], Problem], ...] = (_margin, _stock, _vans)


def _calculation(rng: random.Random) -> list[Draft]:
    text, steps, answer = rng.choice(_PROBLEMS)(rng)
    slip = answer + rng.choice((-1, 1)) * rng.choice((2, 5, 10, 30))
    shown = "\n".join([*steps, "", f"ANSWER: {answer}"])
    wrong = "\n".join([*steps[:-1], "", f"ANSWER: {slip}"])
    return [Draft(messages=ask(_SYSTEM, text), right=(shown,), wrong=wrong, expected=str(answer))]


USE_CASES = (
    UseCase(
        name="price-reasoning",
        task="mathematics",
        baseline="gpt-5.4",
        share=0.08,
        right_rates={"top": 0.95, "middle": 0.78, "small": 0.52},
        reasoning_tokens=420,
        conversation=_calculation,
    ),
)

"""Traffic of our own invention whose clients send no tag, for the tests of what divides it."""

from __future__ import annotations

import random
from typing import Any

from asks import request, tool

from suffice.features import Features, read
from suffice.types import Request

PEOPLE = ("Ann", "Bob Stone", "Chen Wei", "Dr. Okafor", "Maria Lopez", "Zoe")
THINGS = ("parcel", "invoice", "refund", "delivery", "password", "address", "receipt", "warranty", "voucher")
SUMS = ("apples", "pencils", "marbles", "coins", "tickets", "cards", "cups", "stamps", "books", "shells")
WAYS = ("gives away", "buys", "loses", "finds", "sells", "shares", "breaks", "borrows", "hides", "counts")
PLACES = ("in the bag", "at home", "in the shop", "on the table", "in each box", "after lunch", "by evening")
OBJECTS = ("polynomial", "integral", "matrix", "sequence", "triangle", "congruence", "derivative", "ellipse")
ASKED = ("roots", "limit", "determinant", "area", "remainder", "maximum", "eigenvalues", "period")
FUNCTIONS = ("merge", "split", "reverse", "filter", "count", "rotate", "encode", "group")


def desk(rng: random.Random) -> dict[str, Any]:
    """A support desk: its system prompt has a name and a date in it."""
    day, person = f"2026-0{rng.randint(1, 9)}-11", rng.choice(PEOPLE)
    system = f"Northwind support desk. Today is {day}. You talk to {person}. Be kind."
    asked = f"My {rng.choice(THINGS)} never came and the {rng.choice(THINGS)} is wrong, order {rng.randint(1, 9999)}."
    return {"messages": [{"role": "system", "content": system}, {"role": "user", "content": asked}]}


def framed(rng: random.Random) -> dict[str, Any]:
    """Two kinds of exercises in one frame: sums for children, and formulas."""
    a, b, thing = rng.randint(2, 99), rng.randint(2, 99), rng.choice(SUMS)
    if rng.random() < 0.5:
        asked = (
            f"{rng.choice(PEOPLE)} has {a} {thing} and {rng.choice(WAYS)} {b} {rng.choice(PLACES)}. "
            f"How many {thing} does the {rng.choice(('girl', 'boy', 'clerk', 'teacher'))} have {rng.choice(PLACES)}?"
        )
    else:
        asked = (
            f"Let $f(x) = x^{a} + {b}x$ be the {rng.choice(OBJECTS)} of a {rng.choice(OBJECTS)}. "
            f"Find its {rng.choice(ASKED)} $\\alpha$ and the {rng.choice(ASKED)} of $x^{b}$ {rng.choice(ASKED)}."
        )
    frame = f"Exercise sheet: {asked}\n\nShow your working line by line, then write the final result between two bars."
    return {"messages": [{"role": "user", "content": frame}]}


def agent(rng: random.Random) -> dict[str, Any]:
    """An agent with always the same tools."""
    asked = f"Please look up the {rng.choice(THINGS)} of {rng.choice(PEOPLE)} and {rng.choice(FUNCTIONS)} it"
    tools = [tool("find_customer"), tool("open_ticket"), tool("send_mail")]
    return {"messages": [{"role": "user", "content": asked}], "tools": tools}


KINDS = {"desk": desk, "framed": framed, "agent": agent}


def bodies(
    count: int, *, seed: int = 1, kinds: tuple[str, ...] = tuple(KINDS)
) -> list[tuple[str, dict[str, Any]]]:
    """Requests of each kind in turn, with their kind."""
    rng = random.Random(seed)
    return [(kind, KINDS[kind](rng)) for _, kind in zip(range(count), kinds * count, strict=False)]


def read_all(found: list[tuple[str, dict[str, Any]]]) -> list[Features]:
    """The features of such requests."""
    return [read(request(body)) for _, body in found]


def tagged(feature: str) -> Request:
    """A request with a tag."""
    return Request(api="chat_completions", provider="openai", model="m", body={}, feature=feature)

"""Requests of known sizes, each with text that no other has: what the decision is timed on."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from suffice.testing.traffic.words import COMPANIES, GOODS, MONTHS, PLACES

CHARS_PER_TOKEN = 4.6
"""Of the sentences below, as o200k counts them."""
_SENTENCES = (
    "The {goods} that went to {place} in {month} came back because the box was open and one part was missing.",
    "{company} asked whether the invoice for {count} pieces could be split, since their books close in {month}.",
    "Please check the stock in {place}, and tell the customer when the next {goods} will leave the warehouse.",
    "Our driver waited for {count} minutes at the gate of {company} before anybody signed for the delivery.",
    "For the {goods} we always use the green label, never the blue one, unless the order comes from {place}.",
    "A refund of {count} euros was promised in {month}, but nobody at {company} can say who approved it.",
    "If the shelf in {place} is full, the team moves the oldest {goods} to the back and writes a note.",
    "In {month} the prices went up by {count} percent, so every offer to {company} had to be made again.",
)
TASK = "Write a short and friendly reply to the customer that explains what happened and what we do next. "


class Texts:
    """An endless supply of sentences. Two texts of one supply never begin alike.

    Args:
        seed: Of the dice.
    """

    def __init__(self, seed: int = 11) -> None:
        rng = random.Random(seed)
        self._pool = " ".join(self._sentence(rng) for _ in range(12_000))
        self._rng = rng
        self._count = 0

    def of(self, tokens: int) -> str:
        size = round(tokens * CHARS_PER_TOKEN)
        start = self._rng.randrange(len(self._pool) - size)
        self._count += 1
        return f"Case {self._count}. {self._pool[start : start + size]}"

    @staticmethod
    def _sentence(rng: random.Random) -> str:
        return rng.choice(_SENTENCES).format(
            goods=rng.choice(GOODS),
            place=rng.choice(PLACES),
            month=rng.choice(MONTHS),
            company=rng.choice(COMPANIES),
            count=rng.randint(2, 900),
        )


Bodies = Iterator[bytes]


def body(messages: list[dict[str, Any]], **more: Any) -> bytes:
    return json.dumps({"model": "gpt-5.4", "messages": messages, **more}).encode()


def one_turn(texts: Texts, tokens: int) -> Bodies:
    while True:
        yield body([{"role": "user", "content": TASK + texts.of(tokens - 20)}])


def next_turn(texts: Texts, turns: int, tokens: int, new_tokens: int) -> Bodies:
    """The next turn of one conversation, again and again: its history is always the same."""
    roles = ("user", "assistant")
    history = [{"role": roles[turn % 2], "content": texts.of(tokens)} for turn in range(turns)]
    system = {"role": "system", "content": "You answer the customers of a shop. " + texts.of(200)}
    while True:
        yield body([system, *history, {"role": "user", "content": texts.of(new_tokens)}])


def first_sight(texts: Texts, turns: int, tokens: int, new_tokens: int) -> Bodies:
    """A conversation that was never seen before: each time another."""
    while True:
        yield next(next_turn(texts, turns, tokens, new_tokens))


def tool(number: int) -> dict[str, Any]:
    names = ("order", "city", "days", "limit", "reason", "currency")
    properties = {
        f"{name}_{number}": {"type": "string", "description": f"The {name} that the call is about."}
        for name in names
    }
    schema = {"type": "object", "properties": properties, "required": [*properties][:2]}
    description = "Looks up what the shop knows of an order, and returns it with its state and history."
    function = {"name": f"look_up_{number}", "description": description, "parameters": schema}
    return {"type": "function", "function": function}


def with_tools(texts: Texts, count: int, tokens: int) -> Bodies:
    tools = [tool(number) for number in range(count)]
    while True:
        yield body([{"role": "user", "content": texts.of(tokens)}], tools=tools)


def agent_step(texts: Texts, steps: int, count: int) -> Bodies:
    """An agent's next step: its question and its tools stay, one more result comes."""
    tools = [tool(number) for number in range(count)]
    messages: list[dict[str, Any]] = [{"role": "user", "content": texts.of(200)}]
    for step in range(steps):
        call = {"name": "look_up_1", "arguments": json.dumps({"order_1": f"Q-{step}"})}
        called = [{"id": f"call_{step}", "type": "function", "function": call}]
        messages.append({"role": "assistant", "content": None, "tool_calls": called})
        messages.append({"role": "tool", "tool_call_id": f"call_{step}", "content": texts.of(150)})
    while True:
        yield body([*messages[:-1], {**messages[-1], "content": texts.of(150)}], tools=tools)


def hostile(text: str) -> Callable[[], Bodies]:
    def bodies() -> Bodies:
        count = 0
        while True:
            count += 1
            yield body([{"role": "user", "content": f"{count}{text}"}])

    return bodies


def deep_parts() -> Bodies:
    count = 0
    while True:
        count += 1
        inner: Any = f"text {count}"
        for _ in range(300):
            inner = [{"type": "text", "text": inner}]
        yield body([{"role": "user", "content": inner}])

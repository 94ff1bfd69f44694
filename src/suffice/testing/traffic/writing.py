"""Use cases that write prose: short summaries, comparison of contracts, campaign texts."""

from __future__ import annotations

import random

from suffice.testing.traffic.draft import Draft, UseCase, ask
from suffice.testing.traffic.words import COMPANIES, GOODS, MONTHS, PLACES, amount

_SUMMARY_SYSTEM = (
    "Summarise the call note for the account team in at most three sentences. No greeting, no advice."
)
_NOTE_POINTS = (
    (
        "Wants to move the {month} delivery to {place} because their shop there opens late.",
        "They ask to send the {month} delivery to {place}.",
    ),
    (
        "Says the last two boxes of the {goods} had scratched lids; has photos, will mail them tonight.",
        "Two boxes of the {goods} came scratched, and photos will follow.",
    ),
    (
        "Budget for the second half is {amount} EUR, not a cent more, the board has signed it.",
        "Their budget for the second half is fixed at {amount} EUR.",
    ),
    (
        "Compared us with another platform: likes our returns page, not that payouts take {days} days.",
        "They like the returns page but find payouts after {days} days too slow.",
    ),
    (
        "Bookkeeping still gets invoices at the old address although we changed it in {month}.",
        "Invoices still go to their old address.",
    ),
    (
        "Would try the {goods} as a bundle if the margin stays above {days}0 percent.",
        "They would try a bundle with the {goods} at a margin above {days}0 percent.",
    ),
    (
        "Colleague in {place} takes over the account from {month}, same phone number.",
        "A colleague in {place} takes the account over in {month}.",
    ),
)

_CONTRACT_SYSTEM = (
    "You compare supply contracts for a legal team. Name every point on which the documents contradict "
    "each other, "
    "quote the clause numbers, say which document prevails under its own precedence clause, and what is "
    "left open."
)
_CLAUSES = {
    "Payment": ("Invoices fall due {n} days after receipt.", (14, 30, 45, 60)),
    "Delivery": ("The supplier delivers within {n} working days of an order.", (3, 5, 10, 15)),
    "Liability": (
        "Liability for slight negligence is limited to {n} per cent of the yearly volume.",
        (5, 10, 20),
    ),
    "Term": (
        "Either party may end this agreement with {n} months' notice to the end of a quarter.",
        (1, 3, 6),
    ),
    "Returns": ("Goods may be returned within {n} days unless they were made to order.", (14, 21, 30)),
    "Prices": ("Prices are fixed for {n} months and then follow the producer price index.", (6, 12, 24)),
}
_PADDING = (
    "The parties name a contact each and tell the other in writing when that changes.",
    "Samples stay the property of the supplier until they are paid for.",
    "Should a provision be void, the rest of the agreement stands.",
    "Packaging is taken back free of charge at the place of delivery.",
    "Neither party may pass on the terms of this document without the other's consent.",
    "Transport insurance is the supplier's until goods are handed over.",
)

_COPY_SYSTEM = (
    "You write for shops that sell on Quayside. Warm, concrete, no superlatives, no exclamation marks. "
    "The customer knows the shop already; do not explain who it is."
)
_COPY_FORMS = (
    "a newsletter of about 400 words",
    "an essay of about 600 words for the shop's journal",
    "a landing page text of about 350 words with three headings",
)
_COPY_MOODS = (
    "the first cold evenings",
    "a spring clean",
    "long weekends at home",
    "gifts that get used",
    "repair",
)
_COPY = """
There is a moment in {month} when the light in {place} turns, and a {goods} stops being a thing on a shelf and
becomes part of the evening. We have been thinking about {mood}, and about what stays when a season goes.

Every {goods} that leaves our workshop passes the same pair of hands twice: once when it is made, and once
more a week later, with fresh eyes. What does not please them stays here. That is slower, and we like it so.

You told us last year that you wanted fewer things and better ones. So this collection is small. It has the
{goods} you know, in two new colours, and the {other} that so many of you asked about in {place}.

If yours is showing its age, write to us before you replace it. Most of what comes back to us for {mood} needs
an hour and a spare part, and it leaves with years ahead of it.

From {month} on you find everything together in the shop, and until the end of that month the {other} comes
with a card on which you can write who it is for. We will be there, with tea, at our door in {place}.

And if you only read this far to see whether we are still around: we are. The kettle is on.
"""
_COPY_PARTS = tuple(part.replace("\n", " ").strip() for part in _COPY.split("\n\n"))


def _slots(rng: random.Random) -> dict[str, str]:
    goods, other = rng.sample(GOODS, 2)
    return {
        "amount": amount(rng, 4_000, 90_000),
        "days": str(rng.randint(2, 9)),
        "goods": goods,
        "month": rng.choice(MONTHS),
        "mood": rng.choice(_COPY_MOODS),
        "other": other,
        "place": rng.choice(PLACES),
    }


def _summary(rng: random.Random) -> list[Draft]:
    slots, points = _slots(rng), rng.sample(_NOTE_POINTS, 3)
    company = rng.choice(COMPANIES)
    note = f"Call with {company}, {rng.randint(8, 40)} min.\n" + "\n".join(
        f"- {said.format(**slots)}" for said, _ in points
    )
    kept = tuple(short.format(**slots) + " " for _, short in points)
    wrong = f"{company} called about several things and would like an answer soon."
    return [
        Draft(
            messages=ask(_SUMMARY_SYSTEM, note),
            right=kept,
            wrong=wrong,
            parameters={"max_completion_tokens": 160},
        )
    ]


def _contracts(rng: random.Random) -> list[Draft]:
    supplier, buyer = rng.sample(COMPANIES, 2)
    topics = rng.sample(list(_CLAUSES), 5)
    contradicting = set(topics[:3])
    sides = [
        {topic: _CLAUSES[topic][0].format(n=n) for topic, n in zip(topics, numbers, strict=True)}
        for numbers in _numbers(rng, topics, contradicting)
    ]
    titles = ("FRAMEWORK AGREEMENT", "GENERAL TERMS OF PURCHASE")
    documents = "\n\n".join(
        _document(rng, f"Document {at + 1}: {titles[at]} between {supplier} and {buyer}", side)
        for at, side in enumerate(sides)
    )
    findings = tuple(
        f'{topic} (clause {topics.index(topic) + 2}): document 1 says "{sides[0][topic]}" Document 2 says '
        f'"{sides[1][topic]}" These cannot both hold; document 1 prevails under its clause 1.\n'
        for topic in topics
        if topic in contradicting
    )
    agreed = " and ".join(topic.lower() for topic in topics if topic not in contradicting)
    close = (
        f"On {agreed} the documents agree. "
        "Which document prevails for orders placed before both were signed is open.\n"
    )
    wrong = "\n".join(findings[:1]) + "I found no other contradiction."
    return [Draft(messages=ask(_CONTRACT_SYSTEM, documents), right=(*findings, close), wrong=wrong)]


def _numbers(rng: random.Random, topics: list[str], contradicting: set[str]) -> tuple[list[int], list[int]]:
    """The numbers of both documents: two different ones where they contradict each other."""
    pairs = [rng.sample(_CLAUSES[topic][1], 2) for topic in topics]
    first = [pair[0] for pair in pairs]
    second = [pair[topic in contradicting] for topic, pair in zip(topics, pairs, strict=True)]
    return first, second


def _document(rng: random.Random, title: str, clauses: dict[str, str]) -> str:
    lines = [title, "1. Precedence. Where documents differ, the framework agreement prevails."]
    for number, (topic, text) in enumerate(clauses.items(), start=2):
        lines.append(f"{number}. {topic}. {text} {' '.join(rng.sample(_PADDING, 3))}")
    return "\n".join(lines)


def _campaign(rng: random.Random) -> list[Draft]:
    slots = _slots(rng)
    brief = (
        f"Write {rng.choice(_COPY_FORMS)} for {rng.choice(COMPANIES)} about the {slots['goods']} and the "
        f"{slots['other']}. Occasion: {slots['mood']}, {slots['month']}. The shop's door is in "
        f"{slots['place']}."
    )
    parts = tuple(part.format(**slots) + "\n\n" for part in rng.sample(_COPY_PARTS, 5))
    wrong = "Discover the amazing {goods}! The perfect gift for {mood}! Order now in {place}!".format(**slots)
    return [Draft(messages=ask(_COPY_SYSTEM, brief), right=parts, wrong=wrong)]


USE_CASES = (
    UseCase(
        name="note-summary",
        task="short_summary",
        baseline="gpt-5.4",
        share=0.10,
        right_rates={"top": 0.96, "middle": 0.95, "small": 0.90},
        conversation=_summary,
    ),
    UseCase(
        name="contract-comparison",
        task="multi_document_synthesis",
        baseline="claude-opus-5",
        share=0.04,
        right_rates={"top": 0.93, "middle": 0.68, "small": 0.35},
        reasoning_tokens=600,
        conversation=_contracts,
    ),
    UseCase(
        name="campaign-copy",
        task="long_form_essay",
        baseline="gpt-5.4",
        share=0.04,
        right_rates={"top": 0.92, "middle": 0.74, "small": 0.48},
        conversation=_campaign,
    ),
)

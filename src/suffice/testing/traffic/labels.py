"""Use cases that choose from labels: support intent, review sentiment, ticket tags."""

from __future__ import annotations

import random
from collections.abc import Mapping

from suffice.testing.traffic.draft import Draft, UseCase, ask, compact, json_format
from suffice.testing.traffic.words import COMPANIES, GOODS, PLACES, amount, order_number

_INTENT_SYSTEM = (
    "You route messages of the Quayside shop platform. Answer with exactly one label and nothing else: "
    "billing, delivery, product, account."
)
_INTENTS = {
    "billing": (
        "I was charged {amount} EUR twice for order {order}. When do I get one of them back?",
        "The invoice for {order} shows the wrong VAT number for {company}. Can you issue a new one?",
        "Why is there a service fee of {amount} EUR on {order}? It was not there at checkout.",
    ),
    "delivery": (
        "Order {order} has been stuck in {place} for six days. Is it lost?",
        "The courier left my {goods} with a neighbour I do not know. Order {order}.",
        "Can {order} still go to our branch in {place} instead? It has not shipped yet.",
    ),
    "product": (
        "Is the {goods} safe for a dishwasher? I am asking before I order twelve for {company}.",
        "The {goods} from {order} came with a crack down one side. Is that how it is meant to look?",
        "Do you have the {goods} in a larger size, and does it ship to {place}?",
    ),
    "account": (
        "I cannot log in since the shop of {company} moved to the new page. Reset mails do not arrive.",
        "Please change the address of the account that placed {order}; we have moved to {place}.",
        "How do I add a second user to the account of {company} who may see orders but not {order}?",
    ),
}
_OPENINGS = ("", "Hello, ", "Hi there! ", "Good morning. ", "Second try: ", "Quick question. ")

_SENTIMENT_SYSTEM = "Classify the review's sentiment. Reply with one word: positive, neutral or negative."
_REVIEWS = {
    "positive": (
        "The {goods} is even better than the pictures, and it reached {place} in two days.",
        "Third {goods} from {company}, and still the best I own. Worth every cent of {amount} EUR.",
        "Gave the {goods} as a present; they asked where to buy another.",
    ),
    "neutral": (
        "The {goods} is as described. Delivery to {place} took the week they said it would.",
        "Some like the {goods} of {company}, some prefer the older one. For {amount} EUR it does its job.",
        "I have had the {goods} for a month. No complaints, nothing special either.",
    ),
    "negative": (
        "The {goods} broke on its second day and {company} has not answered since.",
        "Paid {amount} EUR for a {goods} that smells of glue. It goes back.",
        "Arrived in {place} with a dent, and the box had clearly been opened before. Never again.",
    ),
}

_TAGS = (
    "refund", "late_delivery", "damaged_goods", "wrong_item", "vat_invoice", "login", "bulk_order",
    "discount_code", "address_change", "product_question", "praise", "legal_threat",
)  # fmt: skip
_TAG_SYSTEM = (
    "Tag the support ticket. Use only these tags, each at most once, in the order in which the ticket "
    "raises them: " + ", ".join(_TAGS) + ". Set urgent to true if someone has to answer today."
)
_TICKETS = {
    "refund": "I want the {amount} EUR for order {order} back.",
    "late_delivery": "The parcel for {place} is {days} days late.",
    "damaged_goods": "The {goods} arrived in pieces.",
    "wrong_item": "I ordered a {goods} and got something else.",
    "vat_invoice": "Our bookkeeping at {company} needs an invoice with the VAT shown.",
    "login": "My password is not accepted any more.",
    "bulk_order": "We would also take {days}0 pieces if there is a price for that.",
    "discount_code": "The code WELCOME{days} did nothing at checkout.",
    "address_change": "Please note our new address in {place}.",
    "product_question": "Does the {goods} come with a warranty?",
    "praise": "Other than that, your team in {place} was very kind last time.",
    "legal_threat": "If I hear nothing by Friday I will hand this to a lawyer.",
}
_URGENT = frozenset({"legal_threat", "damaged_goods", "late_delivery"})
_TAG_FORMAT = json_format(
    "ticket_tags",
    {
        "tags": {"type": "array", "items": {"type": "string", "enum": list(_TAGS)}},
        "urgent": {"type": "boolean"},
    },
)


def _filled(rng: random.Random, template: str) -> str:
    return template.format(
        amount=amount(rng, 8, 240),
        company=rng.choice(COMPANIES),
        days=rng.randint(2, 9),
        goods=rng.choice(GOODS),
        order=order_number(rng),
        place=rng.choice(PLACES),
    )


def _one_label(
    rng: random.Random, system: str, templates: Mapping[str, tuple[str, ...]], openings: tuple[str, ...]
) -> list[Draft]:
    label = rng.choice(list(templates))
    text = rng.choice(openings) + _filled(rng, rng.choice(templates[label]))
    wrong = rng.choice([other for other in templates if other != label])
    limits = {"max_completion_tokens": 16}
    messages = ask(system, text)
    return [Draft(messages=messages, right=(label,), wrong=wrong, expected=label, parameters=limits)]


def _intent(rng: random.Random) -> list[Draft]:
    return _one_label(rng, _INTENT_SYSTEM, _INTENTS, _OPENINGS)


def _sentiment(rng: random.Random) -> list[Draft]:
    return _one_label(rng, _SENTIMENT_SYSTEM, _REVIEWS, ("", f"{rng.randint(1, 5)} of 5 stars. "))


def _tags(rng: random.Random) -> list[Draft]:
    tags = rng.sample(_TAGS, rng.randint(1, 4))
    ticket = f"Ticket {rng.randint(10_000, 99_999)}\n" + " ".join(_filled(rng, _TICKETS[tag]) for tag in tags)
    urgent = not _URGENT.isdisjoint(tags)
    missed = tags[:-1] if len(tags) > 1 else [rng.choice([tag for tag in _TAGS if tag not in tags])]
    right = compact({"tags": tags, "urgent": urgent})
    return [
        Draft(
            messages=ask(_TAG_SYSTEM, ticket),
            right=(right,),
            wrong=compact({"tags": missed, "urgent": urgent}),
            expected=right,
            parameters={"response_format": _TAG_FORMAT},
        )
    ]


USE_CASES = (
    UseCase(
        name="support-intent",
        task="classification",
        baseline="gpt-5.4",
        share=0.20,
        right_rates={"top": 0.98, "middle": 0.975, "small": 0.96},
        conversation=_intent,
    ),
    UseCase(
        name="review-sentiment",
        task="sentiment",
        baseline="gpt-5.4-mini",
        share=0.15,
        right_rates={"top": 0.97, "middle": 0.965, "small": 0.96},
        conversation=_sentiment,
    ),
    UseCase(
        name="ticket-tagging",
        task="document_tagging",
        baseline="gpt-5.4",
        share=0.13,
        right_rates={"top": 0.95, "middle": 0.93, "small": 0.84},
        conversation=_tags,
    ),
)

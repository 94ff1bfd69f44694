"""The slots of the demo's texts: a shop platform called Quayside, its goods, its trade customers."""

from __future__ import annotations

import random

COMPANIES = (
    "Harbour Tea Supply", "Nordlicht Ceramics", "Fernhill Cycles", "Blue Kiln Pottery", "Oakline Furniture",
    "Tidewater Candles", "Granite Peak Outfitters", "Saffron Street Foods", "Paper Lantern Press",
    "Larkspur Linens",
    "Copper Kettle Wares", "Millbrook Seeds", "Redwood Audio", "Silver Birch Toys", "Juniper Soap Works",
)  # fmt: skip
GOODS = (
    "stoneware mug", "linen tablecloth", "folding bicycle", "beeswax candle set", "walnut side table",
    "enamel teapot", "wool blanket", "trail lantern", "saffron tin", "letterpress calendar",
    "copper saucepan",
    "tomato seed kit", "bookshelf speaker", "wooden train set", "lavender soap bar", "ceramic planter",
)  # fmt: skip
PLACES = (
    "Porto", "Ghent", "Malmo", "Graz", "Cork", "Turin", "Leipzig", "Bergen", "Lyon", "Tartu", "Utrecht",
    "Split",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
)  # fmt: skip


def order_number(rng: random.Random) -> str:
    """Returns the number of an order, such as Q-204817."""
    return f"Q-{rng.randint(100_000, 999_999)}"


def amount(rng: random.Random, low: int, high: int) -> str:
    """Returns an amount of money in euros with cents."""
    return f"{rng.randint(low, high - 1)}.{rng.choice((0, 25, 40, 50, 75, 90, 95)):02d}"

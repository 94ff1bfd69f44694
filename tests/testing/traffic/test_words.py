from __future__ import annotations

import random
import re

from suffice.testing.traffic import words


def test_slots_have_their_form() -> None:
    rng = random.Random(1)
    for _ in range(100):
        assert re.fullmatch(r"Q-\d{6}", words.order_number(rng))
        assert 5 <= float(words.amount(rng, 5, 9)) < 9


def test_no_slot_is_there_twice() -> None:
    for slots in (words.COMPANIES, words.GOODS, words.PLACES, words.MONTHS):
        assert len(set(slots)) == len(slots) > 9

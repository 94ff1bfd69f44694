from __future__ import annotations

import pytest
from conversations import demand, scored


def test_demand_grows_with_how_much_tone_matters() -> None:
    letter = demand("creative_tone", "Write an email that confirms the date.")
    poem = demand("creative_tone", "Write a poem about the sea.")
    mood = demand("creative_tone", "Write an empathetic reply to an angry customer.")
    assert letter < poem < mood


def test_an_open_ask_demands_more_and_many_directives_less() -> None:
    plain = "Write a poem about the sea."
    bound = (
        plain
        + " It must rhyme. It must be short. Never use the word blue. Always end with a wave. Avoid gulls. "
    )
    bound += "It should have exactly four lines. Ensure that each has eight syllables."
    open_ask = demand("creative_tone", plain + " Something nice.")
    assert demand("creative_tone", bound) < demand("creative_tone", plain) < open_ask


@pytest.mark.parametrize(
    "question",
    [
        "Escribe un poema sobre el mar.",
        "Schreibe ein Gedicht über das Meer.",
        "写一首关于大海的诗。",
        "海の詩を書いて。",
    ],
)
def test_a_poem_is_creative_in_any_language(question: str) -> None:
    assert demand("creative_tone", question) >= 0.6


@pytest.mark.parametrize("question", ["Hello!", "What is 2 + 2?", "Extract the total from the invoice."])
def test_what_nobody_reads_for_its_tone_abstains(question: str) -> None:
    assert scored("creative_tone", question).demand is None

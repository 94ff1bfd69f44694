from __future__ import annotations

import random

from suffice.quality.templates import first_words
from suffice.quality.templating import find_templates, is_plain, telling

FRAME = "Translate the legal paragraph below into plain words. Paragraph:"


def words(*texts: str) -> list[list[str]]:
    return [list(first_words(text)) for text in texts]


def test_what_programs_put_around_their_input_is_found() -> None:
    rng = random.Random(1)
    asked = [f"{FRAME} {rng.choice('abcdefgh')} {rng.random()} {rng.choice('xyz')}" for _ in range(40)]
    ((found,),) = find_templates(words(*asked), support=30)
    assert list(found[: len(FRAME.split())]) == [word.strip(".:").lower() for word in FRAME.split()]


def test_two_templates_with_one_beginning_are_two() -> None:
    shared = "Support desk of the northern branch office."
    asked = words(*[f"{shared} Sort mails by urgency level {n}" for n in range(30)])
    asked += words(*[f"{shared} Draft polite replies about delays {n}" for n in range(35)])
    found = find_templates(asked, support=20)
    assert [[len(set(form) & {"urgency", "polite"}) for form in one] for one in found] == [[1], [1]]


def test_a_word_that_is_filled_in_makes_no_template_of_its_own() -> None:
    said = "My {} never came back and now I want a full refund paid into my bank account"
    asked = words(*[said.format(thing) for thing in ("parcel", "invoice", "voucher") for _ in range(30)])
    (forms,) = find_templates(asked, support=20)
    assert sorted({"parcel", "invoice", "voucher"} & {word for form in forms for word in form}) == [
        "invoice",
        "parcel",
        "voucher",
    ]


def test_what_is_said_before_a_word_that_is_filled_in_is_the_template() -> None:
    rng = random.Random(2)
    goods = ("apples", "pears", "plums", "grapes")
    said = [[rng.choice(goods) for _ in range(rng.randint(4, 9))] for _ in range(200)]
    asked = words(*[f"Sort these warehouse goods alphabetically: {' '.join(some)}" for some in said])
    (forms,) = find_templates(asked, support=25)
    assert forms == [("sort", "these", "warehouse", "goods", "alphabetically")]


def test_people_who_begin_alike_make_no_template() -> None:
    asked = words(
        *[f"Can you please tell me what the {word} is" for word in "abcdefghijklmnopqrstuvwxyz" * 4]
    )
    assert find_templates(asked, support=20) == []


def test_a_short_text_counts_if_it_is_all_there_is() -> None:
    assert find_templates(words(*["Translate to French"] * 25), support=20) == [
        [("translate", "to", "#", "\x03")]
    ]
    assert find_templates(words(*["You are a helpful assistant."] * 25), support=20) == []


def test_few_texts_and_none_make_no_template() -> None:
    assert find_templates(words(*[FRAME] * 19), support=20) == []
    assert find_templates([], support=20) == []


def test_words_that_say_nothing() -> None:
    assert is_plain("please")
    assert telling(["please", "summarise", "#", "x", "invoices"]) == ["summarise", "invoices"]

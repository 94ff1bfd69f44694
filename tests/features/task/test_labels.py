from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.task import labels, words_of
from suffice.features.task.labels import label_count, may_list


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("label as a1, b2 or c3", 3),
        ("one of: red | green | blue | grey", 4),
        ("categories: billing, technical support, other", 3),
        ("no list here", None),
        ("answer yes/no", 2),
        ("is this email spam or ham?", 2),
        ("classify the ticket priority as low, medium or high.", 3),
        ("choose one of these departments: billing, shipping, returns, technical, accounts, other.", 6),
        ("reply with one category.\n\nhello, as discussed, the offer is attached, regards", None),
        (
            "pick the code from the code book:\n10 price\n11 opening hours\n12 staff\n13 waiting time\n14 parking",
            5,
        ),
        ("allowed labels:\n- red\n- green\n- blue", 3),
        ("ordne den text zu: rechnung, mahnung oder angebot", 3),
        ("label it as positive, negative or neutral", 3),
        (
            "classify the email into one of these categories: refund, shipping delay, account access, spam, other.",
            5,
        ),
        ("what is the sentiment (positive/negative)?", 2),
        ("is this spam? answer yes or no.", 2),
        ("choose one of the following labels:\n- billing\n- technical\n- sales\n\ntext: hello", 3),
        ("possible labels: [anger, joy, sadness, fear, surprise, disgust]", 6),
        ("clasifica el texto como positivo, negativo o neutro", 3),
        ("tag each message with either urgent or normal", 2),
        ("intents: 'book flight', 'cancel flight', 'check status'", 3),
        ("classify this bug report by component.", None),
        ("hello", None),
        ("", None),
        ("label: " + "x" * 5_000 + "\nanswer with positive / neutral / negative", 3),
    ],
)
def test_labels_are_counted(text: str, count: int | None) -> None:
    assert label_count(text) == count


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    ["label as " + "a, " * 50_000, "one of " + "x " * 50_000, "either " + "or " * 50_000, "as or" * 100_000],
)
def test_a_hostile_list_does_not_make_it_backtrack(text: str) -> None:
    for _ in range(50):
        assert label_count(text) is None or label_count(text) > 1  # type: ignore[operator] -- an int then


@pytest.mark.parametrize("sign", [" or ", " oder ", " ou ", " o ", "/", "|", ":", "\uff1a", "还是", "または"])
def test_each_sign_of_a_list_is_seen(sign: str) -> None:
    text = f"label yes{sign}no"
    assert may_list(words_of(text), text)
    assert not may_list(words_of("the label is yes"), "the label is yes")


_PARTS = [
    "label ",
    "one of",
    "red",
    "green",
    " or ",
    " ou",
    "o ",
    "/",
    ":",
    ",",
    "\n- ",
    "还是",
    " ",
    "é",
    "x" * 900,
]


@given(st.lists(st.sampled_from(_PARTS), max_size=24).map("".join))
def test_what_may_list_no_labels_lists_none(text: str) -> None:
    assert may_list(words_of(text), text) or label_count(text) is None


_PIECES = [
    "a",
    "good'",
    '"',
    "bad ",
    " or ",
    ", ",
    "/",
    " o ",
    " ",
    "-",
    "&",
    "x" * 25,
    "é",
    "vs. ",
    "- ",
    "1",
    "e ",
]


@given(st.lists(st.sampled_from(_PIECES), min_size=4, max_size=30).map("".join))
def test_words_that_give_no_letters_back_make_the_same_lists(line: str) -> None:
    assert labels._LIST.findall(line) == labels._UNSPACED_LIST.findall(line)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("label it: 正面还是负面还是中立", 3),
        ("label it as discussed, in short, and soon", None),
        ("label it: as discussed, in short, and soon", 3),
        ("label it: as discussed, soon", None),
        ("label it: as discussed, soon or late", 3),
    ],
)
def test_a_line_lists_by_a_choice_or_by_commas_behind_a_colon(line: str, count: int | None) -> None:
    assert label_count(line) == count

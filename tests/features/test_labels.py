from __future__ import annotations

import pytest

from suffice.features.labels import KNOWN, labels_of
from suffice.features.task import words_of


def labels_in(text: str) -> int | None:
    found = labels_of(words_of(text), text)
    assert labels_of(words_of(text) & KNOWN, text) == found
    return found


@pytest.mark.parametrize(
    ("text", "count"),
    [
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
    ],
)
def test_labels_are_counted_as_they_are_listed(text: str, count: int | None) -> None:
    assert labels_in(text) == count


def test_in_a_long_text_yes_and_no_are_something_else() -> None:
    assert labels_in("print yes or no. " + "the input has numbers. " * 60) is None
    assert labels_in("the input has numbers. " * 60 + "is it spam, yes or no?") == 2


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        "label: a" + " " * 4_500 + "b",
        "label one of: " * 320,
        "label: " + "a, " * 1_500,
        "labels:\n" + "- a\n" * 1_100,
    ],
)
def test_a_hostile_list_is_read_in_bounded_time(text: str) -> None:
    found = [labels_in(text) for _ in range(100)]
    assert len(set(found)) == 1
    assert found[0] is None or found[0] >= 2

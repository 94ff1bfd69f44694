from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from suffice.quality.naming import Names, label_words, shape_label, template_name, weight_of


def test_a_name_is_given_once() -> None:
    names = Names({"support"})
    assert [names.give("support"), names.give("support"), names.give("other")] == [
        "support-2",
        "support-3",
        "other",
    ]


def test_a_template_is_named_by_the_words_that_only_it_has() -> None:
    words = ["triage", "incoming", "invoices", "carefully"]
    assert template_name(words, {"carefully": 9, "triage": 9}).split("-")[-1] == "invoices"
    assert template_name(words, {}) == "-".join(
        word for word in words if word in template_name(words, {}).split("-")
    )
    assert template_name(["the", "#", "42", "é"], {}) == ""


@given(st.lists(st.text(max_size=12), max_size=12))
def test_names_are_made_of_plain_letters(words: list[str]) -> None:
    assert re.fullmatch(r"[a-z-]*", template_name(words, {}))


def test_clusters_are_named_by_what_sets_them_apart() -> None:
    bread = [frozenset({"bake", "bread", "today"})] * 10
    tyres = [frozenset({"change", "tyres", "today"})] * 10
    assert label_words([bread, tyres]) == ["bake-bread", "change-tyres"]


def test_a_word_of_few_names_nothing() -> None:
    crowd = [frozenset({"same"})] * 97 + [frozenset({"same", "ursula"})] * 3
    assert label_words([crowd, [frozenset({"same"})] * 100]) == ["", ""]


def test_without_words_the_shape_gives_the_name() -> None:
    deviation = np.zeros(12, np.float32)
    deviation[[0, 6]] = -2, 1
    assert shape_label(deviation) == "short-code"


def test_rare_words_weigh_more() -> None:
    assert weight_of("the") < weight_of("first") < weight_of("invoice") < weight_of("qzxvk")

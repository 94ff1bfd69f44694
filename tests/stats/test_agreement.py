from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from suffice.stats.agreement import cohen_kappa, observed_agreement

labels = st.sampled_from(["better", "tie", "worse"])


@given(st.lists(st.tuples(labels, labels), min_size=1))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    assume(len({*first, *second}) > 1)
    theirs = cohen_kappa_score(first, second)
    ours = cohen_kappa(first, second)
    assert ours is not None
    assert ours == pytest.approx(theirs)


def test_what_cannot_be_said_is_none() -> None:
    assert cohen_kappa([], []) is None
    assert observed_agreement([], []) is None
    assert cohen_kappa(["a", "a"], ["a", "a"]) is None


def test_chance_and_worse_than_chance() -> None:
    assert cohen_kappa("aabb", "abab") == 0
    assert cohen_kappa("ab", "ba") == -1
    assert observed_agreement("ab", "aa") == 0.5
    assert not math.isnan(cohen_kappa("aaab", "aaaa") or 0.0)


def test_both_must_have_rated_the_same() -> None:
    with pytest.raises(ValueError, match="same items"):
        observed_agreement("ab", "a")

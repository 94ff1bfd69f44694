from __future__ import annotations

import math

from asks import chat

from suffice.features import read
from suffice.quality.outcomes import Example
from suffice.quality.verbosity import in_range, verbosity_of

FEATURES = read(chat("Hi"))
PAIRS = [("big", "small"), ("other", "small"), ("big", "mute")]


def example(bucket: str, **tokens: float) -> Example:
    return Example(
        features=FEATURES, scores={}, bucket=bucket, quality={"big": 1.0}, group="", output_tokens=tokens
    )


def test_a_factor_is_tokens_for_each_token_of_the_baselines() -> None:
    faq = [example("faq", big=100.0, small=150.0) for _ in range(30)]
    code = [example("code", big=100.0, small=50.0) for _ in range(30)]
    assert verbosity_of(faq + code, PAIRS) == {
        "": {"small": 1.0},
        "faq": {"small": 1.5},
        "code": {"small": 0.5},
    }


def test_few_requests_count_only_among_all() -> None:
    some = [example(f"use-{number}", big=10.0, small=20.0) for number in range(25)]
    assert verbosity_of(some, PAIRS) == {"": {"small": 2.0}}


def test_unknown_or_empty_answers_are_left_out() -> None:
    nothing = [example("faq", big=10.0) for _ in range(30)] + [example("faq", big=10.0, mute=0.0)] * 30
    assert verbosity_of(nothing, PAIRS) == {}


def test_absurd_factors_are_bounded_and_refused() -> None:
    assert verbosity_of([example("faq", big=1.0, small=1e9)] * 30, PAIRS)["faq"]["small"] == 20.0
    assert in_range({"": {"small": 1.0}})
    assert not in_range({"": {"small": math.nan}})
    assert not in_range({"": {"small": 0.0}})

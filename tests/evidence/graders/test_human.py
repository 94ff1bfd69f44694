from __future__ import annotations

from grading_cases import compare, said, score

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.grading import digest_of
from suffice.store.ratings import Rating

ABSOLUTE = GraderSettings(kind="human")
PAIRWISE = GraderSettings(kind="human", style="pairwise")


class Given:
    def __init__(self, *ratings: Rating) -> None:
        self._ratings = ratings

    def of(self, unit: str) -> list[Rating]:
        return [one for one in self._ratings if one.unit == unit]


def short(model: str) -> str:
    return model.removesuffix("-2024-07-18")


def parts(*ratings: Rating) -> Parts:
    return Parts(ratings=Given(*ratings), name_of=short)


def rating(value: float, model: str = "mini", **more: str) -> Rating:
    return Rating(unit="req_1", model=model, value=value, **more)


def test_the_mean_of_all_raters_counts() -> None:
    two = parts(rating(1.0, rater="a"), rating(0.5, rater="b"), rating(0.0, model="other"))
    found = score(ABSOLUTE, None, said("x", model="mini-2024-07-18"), two)
    assert (found.value, found.reason) == (0.75, "the mean of 2 ratings")


def test_an_answer_nobody_rated_has_no_verdict() -> None:
    assert score(ABSOLUTE, None, said("x"), parts()).reason.startswith("not_rated: ")
    another = parts(Rating(unit="req_2", model="m", value=1.0))
    assert score(ABSOLUTE, None, said("x"), another).value is None


def test_a_rating_of_one_answer_is_not_of_the_next_one() -> None:
    rated, next_ = said("x", model="mini"), said("y", model="mini")
    given = parts(rating(1.0, digest=digest_of(rated)))
    assert score(ABSOLUTE, None, rated, given).value == 1
    assert score(ABSOLUTE, None, next_, given).value is None


def test_preferences_count_from_both_sides() -> None:
    baseline, candidate = said("x", model="big"), said("y", model="mini")
    given = parts(rating(1.0, against="big", rater="a"), rating(-0.5, model="big", against="mini", rater="b"))
    assert compare(PAIRWISE, baseline, candidate, given).value == 0.75
    assert compare(PAIRWISE, candidate, baseline, given).value == -0.75
    assert compare(PAIRWISE, baseline, said("z", model="other"), given).value is None


def test_the_two_styles_do_not_mix() -> None:
    pair, one = parts(rating(1.0, against="big")), parts(rating(1.0))
    baseline, candidate = said("x", model="big"), said("y", model="mini")
    assert score(ABSOLUTE, None, candidate, pair).value is None
    assert compare(PAIRWISE, baseline, candidate, one).value is None

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suffice.policy.assignment import assign, draw

SHARE = st.floats(0, 1)


def test_arms_have_the_sizes_that_were_asked_for() -> None:
    arms = [assign(f"s-{n}", "faq", share=0.25, holdout=0.1) for n in range(20_000)]
    assert {one.propensity for one in arms} == {0.225}
    # Four standard deviations of a binomial share of 20,000.
    assert abs(sum(one.arm == "routed" for one in arms) / 20_000 - 0.225) < 0.012


@given(st.text(max_size=20), st.text(max_size=8), SHARE, SHARE, st.floats(0, 0.5))
def test_as_a_ramp_rises_nobody_is_taken_back_and_the_holdout_stays(
    unit: str, bucket: str, one: float, other: float, holdout: float
) -> None:
    low, high = sorted((one, other))
    if assign(unit, bucket, share=low, holdout=holdout).arm == "routed":
        assert assign(unit, bucket, share=high, holdout=holdout).arm == "routed"
    if draw(unit, bucket, "") < holdout:
        assert assign(unit, bucket, share=1.0, holdout=holdout).arm == "holdout"


def test_another_salt_or_bucket_casts_other_dice() -> None:
    def routed(bucket: str, salt: str) -> list[bool]:
        return [
            assign(f"s-{n}", bucket, share=0.5, holdout=0, salt=salt).arm == "routed" for n in range(2_000)
        ]

    one = routed("faq", "")
    for other in (routed("faq", "salt"), routed("code", "")):
        assert 0.45 < sum(a == b for a, b in zip(one, other, strict=True)) / 2_000 < 0.55
    assert one == routed("faq", "")


def test_texts_do_not_run_into_each_other() -> None:
    assert draw("c", "b", "a") != draw("bc", "", "a") != draw("c", "ab", "")
    assert 0 <= draw("\ud800", "", "") < 1

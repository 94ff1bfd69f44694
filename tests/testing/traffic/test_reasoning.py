from __future__ import annotations

import re

from drafts import drafts

from suffice.testing.traffic.reasoning import USE_CASES

DRAFTS = drafts(USE_CASES[0], 200)


def test_answers_end_with_the_number_and_wrong_ones_with_another() -> None:
    for draft in DRAFTS:
        assert draft.right[0].endswith(f"ANSWER: {draft.expected}")
        slip = re.search(r"ANSWER: (-?\d+)$", draft.wrong)
        assert slip is not None
        assert slip[1] != draft.expected


def test_every_shown_calculation_is_right() -> None:
    checked = 0
    for draft in DRAFTS:
        for left, shown in re.findall(r"([\d][\d x+\-]*[\d]) = (-?\d+)", draft.right[0]):
            if not left.strip("0123456789"):
                continue
            assert eval(left.replace("x", "*")) == int(shown), draft.right[0]  # noqa: S307 -- digits and operators
            checked += 1
    assert checked > 400

from __future__ import annotations

import json

import pytest
from drafts import drafts, said

from suffice.testing.traffic.extraction import USE_CASES

DRAFTS = drafts(USE_CASES[0])


def test_the_right_answer_is_what_is_printed() -> None:
    for draft in DRAFTS:
        right = json.loads(draft.right[0])
        printed = said(draft)
        assert right["supplier"] in printed
        assert right["number"] in printed
        assert f"{right['total']:.2f} EUR" in printed
        assert all(line["description"] in printed for line in right["lines"])


def test_sums_are_right_and_wrong_answers_are_not() -> None:
    for draft in DRAFTS:
        right = json.loads(draft.right[0])
        net = sum(line["quantity"] * line["unit_price"] for line in right["lines"])
        assert right["net"] == pytest.approx(net, abs=0.01)
        assert right["total"] == pytest.approx(right["net"] + right["vat"], abs=0.01)
        assert json.loads(draft.wrong) != right

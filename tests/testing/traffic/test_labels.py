from __future__ import annotations

import json

import pytest
from drafts import drafts, said, use_case

from suffice.testing.traffic.labels import USE_CASES


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("support-intent", {"billing", "delivery", "product", "account"}),
        ("review-sentiment", {"positive", "neutral", "negative"}),
    ],
)
def test_answers_are_labels_and_the_wrong_one_differs(name: str, labels: set[str]) -> None:
    made = drafts(use_case(USE_CASES, name))
    assert {draft.right[0] for draft in made} == labels
    assert all(draft.wrong in labels - {draft.right[0]} for draft in made)
    assert all(draft.expected == draft.right[0] for draft in made)
    assert not any("{" in said(draft) for draft in made)
    assert len({said(draft) for draft in made}) > 55


def test_tags_fit_their_schema() -> None:
    made = drafts(use_case(USE_CASES, "ticket-tagging"))
    known = made[0].parameters["response_format"]["json_schema"]["schema"]["properties"]["tags"]["items"][
        "enum"
    ]
    for draft in made:
        right, wrong = json.loads(draft.right[0]), json.loads(draft.wrong)
        assert set(right["tags"]) <= set(known)
        assert right["tags"] != wrong["tags"]
        assert set(wrong["tags"]) <= set(known)
        assert "{" not in said(draft)

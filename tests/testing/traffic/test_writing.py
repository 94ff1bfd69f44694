from __future__ import annotations

from drafts import drafts, said, use_case

from suffice.testing.traffic.writing import USE_CASES


def test_summaries_are_shorter_than_their_notes() -> None:
    for draft in drafts(use_case(USE_CASES, "note-summary")):
        assert len(draft.right) == 3
        assert len("".join(draft.right)) < len(said(draft))
        assert "{" not in said(draft) + "".join(draft.right)


def test_findings_quote_both_documents_and_they_differ() -> None:
    for draft in drafts(use_case(USE_CASES, "contract-comparison")):
        first, second = said(draft).split("\n\n")
        assert len(draft.right) == 4
        for finding in draft.right[:3]:
            _, one, _, other, _ = finding.split('"')
            assert one in first
            assert other in second
            assert one != other
        assert len(draft.wrong) < len("".join(draft.right))


def test_campaigns_are_long_and_filled_in() -> None:
    made = drafts(use_case(USE_CASES, "campaign-copy"))
    for draft in made:
        assert len("".join(draft.right).split()) > 150
        assert "{" not in said(draft) + "".join(draft.right) + draft.wrong
    assert len({said(draft) for draft in made}) > 55

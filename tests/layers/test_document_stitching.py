from __future__ import annotations

import pytest
from asks import request
from conversations import demand, scored

from suffice.features import read
from suffice.layers.document_stitching import score


def documents(count: int) -> str:
    return "\n\n".join(f"Document {number}:\nThe lease ends in June." for number in range(1, count + 1))


def test_to_reconcile_demands_more_than_to_read_and_more_with_each_document() -> None:
    read_two = demand("document_stitching", f"When does it end?\n\n{documents(2)}")
    demands = [
        demand("document_stitching", f"List the contradictions.\n\n{documents(count)}")
        for count in (2, 4, 6, 30)
    ]
    assert read_two < demands[0]
    assert demands == sorted(demands)
    assert demands[-1] == 1.0


def test_documents_by_tag_or_as_parts_count_too() -> None:
    tags = "<document>a</document>" * 3
    assert demand("document_stitching", f"Compare these. {tags}") == pytest.approx(0.72)
    parts = [{"type": "document", "source": {"type": "text", "data": "The lease ends."}}] * 2
    content = [*parts, {"type": "text", "text": "Where do they contradict each other?"}]
    found = score(read(request({"messages": [{"role": "user", "content": [*content]}]}, api="messages")))
    assert found.demand == 0.65


def test_documents_of_earlier_turns_count() -> None:
    messages = [{"role": "user", "content": documents(3)}, {"role": "user", "content": "Compare them."}]
    assert score(read(request({"messages": messages}))).demand == pytest.approx(0.72)


def test_sources_that_are_only_spoken_of_count_as_several() -> None:
    assert demand("document_stitching", "Reconcile the contracts of both vendors.") == 0.6


@pytest.mark.parametrize(
    "question", ["Hello!", "Summarize this document: the lease ends.", "See document 1."]
)
def test_one_text_abstains(question: str) -> None:
    assert scored("document_stitching", question).demand is None

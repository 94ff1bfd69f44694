from __future__ import annotations

import msgspec
from asks import chat

from suffice.features import read
from suffice.quality.outcomes import UNTAGGED, bucket_of
from suffice.types import Request


def tagged(question: str, tag: str) -> Request:
    body = {"messages": [{"role": "user", "content": question}]}
    return Request(api="chat_completions", provider="openai", model="m", body=body, feature=tag)


def test_the_clients_tag_is_the_use_case() -> None:
    assert bucket_of(read(tagged("Summarize this thread.", "support"))) == "support"


def test_without_a_tag_the_kind_of_task_is_and_without_that_nothing_is() -> None:
    features = read(chat("Hello!"))
    assert bucket_of(msgspec.structs.replace(features, task="sentiment")) == "task:sentiment"
    assert bucket_of(msgspec.structs.replace(features, task=None)) == UNTAGGED

from __future__ import annotations

import base64
import json
import math
import struct

import pytest

from suffice.testing.replay_upstream import embeddings
from suffice.testing.replay_upstream.prompt_key import MalformedRequest


def vectors(**request: object) -> list[list[float]]:
    return [item["embedding"] for item in json.loads(embeddings.body({"model": "m", **request}))["data"]]


def test_vectors_depend_on_the_text_alone_and_have_length_one() -> None:
    first, second, third = vectors(input=["a", "b", "a"])
    assert first == third != second
    assert len(first) == 1536
    assert math.isclose(math.hypot(*first), 1.0)


def test_base64_holds_the_same_numbers() -> None:
    (plain,) = vectors(input="a", dimensions=8)
    (packed,) = vectors(input="a", dimensions=8, encoding_format="base64")
    assert struct.unpack("<8f", base64.b64decode(packed)) == pytest.approx(plain)


def test_tokens_may_be_given_instead_of_text() -> None:
    assert len(vectors(input=[1, 2, 3])) == 1
    assert len(vectors(input=[[1, 2], [3]])) == 2


def test_usage_grows_with_the_text() -> None:
    counts = [json.loads(embeddings.body({"input": "word " * n}))["usage"]["prompt_tokens"] for n in (1, 100)]
    assert 0 < counts[0] < counts[1]


@pytest.mark.parametrize(
    "request_body", [{}, {"input": []}, {"input": "a", "dimensions": 0}, {"input": "a", "dimensions": "8"}]
)
def test_what_the_api_does_not_take_is_malformed(request_body: dict[str, object]) -> None:
    with pytest.raises(MalformedRequest):
        embeddings.body(request_body)

from __future__ import annotations

import pytest

from suffice.testing.replay_upstream.ask import Ask


@pytest.mark.parametrize(("value", "stream"), [(True, True), (False, False), (None, False), ("true", False)])
def test_only_true_streams(value: object, stream: bool) -> None:
    assert Ask({"stream": value}).stream is stream


@pytest.mark.parametrize("options", [None, 1, {}, {"include_usage": False}, {"include_usage": 1}])
def test_usage_is_included_only_where_asked(options: object) -> None:
    assert not Ask({"stream_options": options}).include_usage
    assert Ask({"stream_options": {"include_usage": True}}).include_usage


@pytest.mark.parametrize(
    ("asked", "served"), [("flex", "flex"), ("priority", "priority"), ("auto", "default"), (7, "default")]
)
def test_the_tier_that_served(asked: object, served: str) -> None:
    assert Ask({"service_tier": asked}).openai_tier == served

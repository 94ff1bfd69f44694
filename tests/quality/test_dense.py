from __future__ import annotations

import math
from typing import Any, cast

from asks import APIS, BODIES, chat, request, tool
from hypothesis import given

from suffice.features import read
from suffice.quality.dense import SIZES, cues_of, demands_of, places_of, sizes_of
from suffice.types import ClientApi, Score


def sizes(text: str, **more: Any) -> dict[str, float]:
    return dict(zip(SIZES, sizes_of(read(chat(text, **more))), strict=True))


def test_each_size_sees_what_it_is_named_after() -> None:
    plain, full = sizes("say hello"), sizes("why 17.5 or 18?\n- one\n- two", tools=[tool()])
    for name in (
        "log_tokens",
        "log_words",
        "numbers",
        "numbers_share",
        "decimals",
        "items",
        "questions",
        "tools",
    ):
        assert plain[name] < full[name], name


@given(BODIES, APIS)
def test_sizes_of_any_request_are_finite_and_moderate(body: dict[str, Any], api: str) -> None:
    found = sizes_of(read(request(body, api=cast("ClientApi", api))))
    assert len(found) == len(SIZES)
    assert all(math.isfinite(value) and 0 <= value < 60 for value in found)


def test_cues_are_counted_where_they_have_a_place() -> None:
    features = read(chat("prove the theorem, then prove the lemma"))
    kinds = sorted(features.cues)
    assert "proof" in kinds
    assert all(value > 0 for value in cues_of(features, places_of(kinds)))
    assert cues_of(features, places_of(("no such kind",))) == [0.0]


def test_an_abstention_and_a_layer_that_is_gone_are_usual() -> None:
    scores = {"a": Score(0.9, "seen"), "b": Score(None, "not seen")}
    assert demands_of(scores, ("a", "b", "c"), (0.1, 0.2, 0.3)) == [0.9, 0.2, 0.3]

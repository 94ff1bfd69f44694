from __future__ import annotations

from typing import Any

import pytest
from asks import request
from conversations import APIS, said

from suffice.features import read
from suffice.layers.modality import score
from suffice.types import ClientApi

IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}
FILE = {"type": "file", "file": {"file_data": ""}}


def demand(*parts: dict[str, Any]) -> float:
    content = [{"type": "text", "text": "What is this?"}, *parts]
    found = score(read(request({"messages": [{"role": "user", "content": content}]}))).demand
    assert found is not None
    return found


@pytest.mark.parametrize("api", APIS)
def test_an_image_is_seen_in_every_api(api: ClientApi) -> None:
    found = score(read(said(api, [("user", "What is this?")], image=True)))
    assert found.demand == pytest.approx(0.4)
    assert "image" in found.reason


def test_more_parts_and_more_kinds_demand_more() -> None:
    assert demand(IMAGE) < demand(IMAGE, IMAGE) < demand(*[IMAGE] * 9) <= 1.0
    assert (
        demand(IMAGE)
        < demand(FILE)
        < demand(AUDIO)
        < demand(IMAGE, AUDIO)
        < demand(IMAGE, AUDIO, FILE)
        <= 1.0
    )


def test_an_image_that_a_tool_returns_is_seen() -> None:
    part = {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "image", "source": {}}]}
    body = {"messages": [{"role": "user", "content": [part]}]}
    assert score(read(request(body, api="messages"))).demand == pytest.approx(0.4)


def test_text_alone_abstains() -> None:
    assert score(read(said("messages", [("user", "What is an image?")]))).demand is None

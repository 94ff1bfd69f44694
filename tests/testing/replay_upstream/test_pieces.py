from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from suffice.testing.replay_upstream.pieces import data_event, named_event, pieces


@given(st.text())
def test_pieces_join_to_the_text(text: str) -> None:
    cut = list(pieces(text, (1, 2, 3)))
    assert "".join(cut) == text
    assert all(cut)


def test_pieces_are_a_few_tokens_long() -> None:
    cut = list(pieces("The quick brown fox jumps over the lazy dog. " * 20, (1, 2, 1, 3)))
    assert 4 < sum(map(len, cut)) / len(cut) < 14


def test_no_text_is_no_piece() -> None:
    assert list(pieces("", (1,))) == []


def test_frames_hold_one_line_of_json() -> None:
    data = {"type": "ping", "text": "a\nb"}
    assert json.loads(data_event(data).removeprefix(b"data: ").removesuffix(b"\n\n")) == data
    assert named_event(data) == b"event: ping\n" + data_event(data)
    assert data_event(data).count(b"\n") == 2

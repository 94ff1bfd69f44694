from __future__ import annotations

import pickle

import msgspec
import pytest

from suffice.config import Secret

KEY = "sk-hidden-0123"


def test_the_text_shows_nowhere_but_in_reveal() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]} { ({'key': secret})!r}"
    assert secret.reveal() == KEY


def test_it_cannot_be_encoded_by_accident() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode({"key": Secret(KEY)})


def test_it_can_go_to_a_worker_process() -> None:
    assert pickle.loads(pickle.dumps(Secret(KEY))) == Secret(KEY)  # noqa: S301 -- made in the line itself


def test_secrets_compare_by_their_text() -> None:
    assert Secret(KEY) == Secret(KEY)
    assert hash(Secret(KEY)) == hash(Secret(KEY))
    assert Secret(KEY) != Secret(KEY + "x")
    assert Secret(KEY) != KEY

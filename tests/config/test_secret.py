from __future__ import annotations

import pickle

import msgspec
import pytest

from suffice.config import Secret
from suffice.config.secret import KEY_BYTES, keys_of

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


@pytest.mark.parametrize(
    "text",
    ["00" * 32, "Ab" * 32, "A" * 43 + "=", "-_" * 21 + "A=", " " + "00" * 32 + " , " + "11" * 32],
    ids=["hexadecimal", "capitals", "base64", "of URLs", "two"],
)
def test_keys_are_read_in_every_usual_form(text: str) -> None:
    assert {len(key) for key in keys_of(Secret(text))} == {KEY_BYTES}


@pytest.mark.parametrize(
    "text", ["", "00" * 31, "A" * 40, "a password", "00" * 32 + ",", "ß" * 44, "0x" + "00" * 31]
)
def test_what_is_no_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -hex 32") as caught:
        keys_of(Secret(text))
    assert not text or text not in str(caught.value)

"""Sealing at rest: what comes back, what does not, and what a reader without the key sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.config import Secret
from suffice.errors import ConfigError, StoreError
from suffice.store.cipher import OVERHEAD_BYTES, AesGcm, cipher_of

ONE, TWO = bytes(range(32)), bytes(range(32, 64))


@given(st.binary(max_size=2000), st.binary(max_size=40))
def test_what_is_sealed_opens_to_what_it_was(data: bytes, bound_to: bytes) -> None:
    cipher = AesGcm([ONE])
    sealed = cipher.seal(data, bound_to=bound_to)
    assert cipher.open(sealed, bound_to=bound_to) == data
    assert len(sealed) == len(data) + OVERHEAD_BYTES


@given(st.binary(max_size=100), st.data())
def test_any_change_is_noticed(data: bytes, drawn: st.DataObject) -> None:
    cipher = AesGcm([ONE])
    sealed = bytearray(cipher.seal(data))
    at = drawn.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= drawn.draw(st.integers(1, 255))
    with pytest.raises(StoreError):
        cipher.open(bytes(sealed))


@given(st.integers(0, 60))
def test_what_was_cut_short_does_not_open(kept: int) -> None:
    cipher = AesGcm([ONE])
    with pytest.raises(StoreError) as caught:
        cipher.open(cipher.seal(b"a text of thirty-two bytes, say.")[:kept])
    assert caught.value.code == "damaged"


def test_a_text_does_not_open_beside_something_else() -> None:
    cipher = AesGcm([ONE])
    with pytest.raises(StoreError, match="changed"):
        cipher.open(cipher.seal(b"text", bound_to=b"one"), bound_to=b"other")


def test_no_two_seals_are_alike_and_none_shows_the_text() -> None:
    cipher = AesGcm([ONE])
    sealed = {cipher.seal(b"the same text again") for _ in range(200)}
    assert len(sealed) == 200
    assert not any(b"same" in one for one in sealed)


def test_an_older_key_still_opens_and_no_longer_seals() -> None:
    old, both, new = AesGcm([ONE]), AesGcm([TWO, ONE]), AesGcm([TWO])
    assert both.open(old.seal(b"text")) == b"text"
    assert new.open(both.seal(b"text")) == b"text"
    with pytest.raises(StoreError, match="not among those given") as caught:
        new.open(old.seal(b"text"))
    assert caught.value.code == "unknown_key"


def test_a_secret_that_is_no_key_is_refused_without_being_quoted() -> None:
    with pytest.raises(ConfigError, match="openssl rand") as caught:
        cipher_of(Secret("my-own-password"))
    assert "my-own-password" not in caught.value.message
    assert cipher_of(Secret(ONE.hex())).open(AesGcm([ONE]).seal(b"text")) == b"text"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from graded import learned
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import PolicyError
from suffice.quality.artifact import Artifact

DATA = learned()[1].encode()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    plain = msgspec.msgpack.decode(DATA, strict=False)
    change(plain)
    return msgspec.msgpack.encode(plain)


def pair(plain: dict[str, Any]) -> dict[str, Any]:
    return plain["pairs"][0]  # type: ignore[no-any-return] -- plain data


def test_what_is_written_is_read_again() -> None:
    artifact = learned()[1]
    again = Artifact.decode(DATA)
    assert again == artifact
    assert again.fingerprint == artifact.fingerprint
    assert again.encode() == DATA


def test_the_fingerprint_names_the_content() -> None:
    artifact = learned()[1]
    assert len(artifact.fingerprint) == 12
    assert int(artifact.fingerprint, 16) >= 0
    assert msgspec.structs.replace(artifact, delta=0.1).fingerprint != artifact.fingerprint


def test_no_word_of_a_prompt_is_in_it() -> None:
    assert b"notwithstanding" not in DATA
    assert b"parcel" not in DATA


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "version": lambda plain: plain.update(version=99),
    "a missing field": lambda plain: plain.pop("space"),
    "a width that is no power of two": lambda plain: plain["space"].update(width=1000),
    "no width": lambda plain: plain["space"].update(width=0),
    "a column too many": lambda plain: plain["space"].update(kept=b"\xff" + plain["space"]["kept"][1:]),
    "rarity too short": lambda plain: plain["space"].update(rarity=b"123"),
    "a measure too many": lambda plain: plain["space"]["middle"].append(0.0),
    "a measure not finite": lambda plain: plain["space"]["middle"].__setitem__(0, float("nan")),
    "no spread": lambda plain: plain["space"]["spread"].__setitem__(0, 0.0),
    "tolerance": lambda plain: plain.update(delta=2.0),
    "a pair twice": lambda plain: plain["pairs"].append(plain["pairs"][0]),
    "head too short": lambda plain: pair(plain)["head"]["candidate"].update(words=b""),
    "head's scale": lambda plain: pair(plain)["head"]["baseline"].update(scale=float("inf")),
    "head's weights": lambda plain: pair(plain)["head"]["candidate"]["dense"].pop(),
    "a use case's weights": lambda plain: pair(plain)["head"]["candidate"].update(apart={"faq": b"12"}),
    "a use case's scale": lambda plain: pair(plain)["head"]["candidate"].update(apart_scale=float("nan")),
    "a leeway below nothing": lambda plain: pair(plain)["head"].update(leeway={"faq": (-1.0, 1.0)}),
    "a leeway not finite": lambda plain: pair(plain)["head"].update(leeway={"faq": (1.0, float("inf"))}),
    "a falling curve": lambda plain: pair(plain)["curve"].__setitem__(0, -1.0),
    "a curve without error": lambda plain: pair(plain)["curve"].__setitem__(3, [0.0]),
    "a negative count": lambda plain: pair(plain)["good"]["faq"].__setitem__(0, -1.0),
    "a sum not finite": lambda plain: pair(plain)["cells"]["faq"][-1].__setitem__(1, float("nan")),
    "an unknown cluster": lambda plain: pair(plain)["cells"]["faq"].update({7: [1.0, 0.0, 0.0]}),
    "clusters": lambda plain: plain.update(clusters=b"garbage"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_refused(what: str) -> None:
    def change(plain: dict[str, Any]) -> None:
        # Keys of numbers come back as text where the type is not known.
        BROKEN[what](plain)

    with pytest.raises(PolicyError) as raised:
        Artifact.decode(changed(change))
    assert raised.value.code in {"bad_artifact", "bad_clusters"}
    assert len(raised.value.message) < 300


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyError):
        Artifact.decode(data)


@given(st.integers(0, len(DATA) - 1))
def test_half_a_file_is_refused(length: int) -> None:
    with pytest.raises(PolicyError):
        Artifact.decode(DATA[:length])


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_the_fingerprint(at: int, by: int) -> None:
    data = bytearray(DATA)
    data[at] ^= by
    try:
        artifact = Artifact.decode(bytes(data))
    except PolicyError:
        return
    assert artifact.fingerprint != learned()[1].fingerprint


def test_more_than_can_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suffice.quality.artifact.MOST_BYTES", 100)
    with pytest.raises(PolicyError, match="more than 100"):
        Artifact.decode(DATA)

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suffice.errors import StoreError
from suffice.store.cipher import AesGcm
from suffice.store.traffic_bodies import BodyPacking

BODIES = [
    b'{"question": "What is %d of %d?", "answer": "It is %d."}' % (n, n * 7, n % 11) for n in range(3000)
]


def none() -> list[tuple[int, bytes]]:
    return []


def test_bodies_come_back() -> None:
    packing = BodyPacking(None)
    packed = [bytes(body) for body in packing.pack_all(BODIES)]
    assert [packing.unpack(0, body, none) for body in packed] == BODIES
    assert packing.unpack(0, packing.pack(b""), none) == b""
    assert packing.pack_all([]) == []


def test_a_dictionary_makes_them_smaller_and_is_asked_for_when_needed() -> None:
    packing = BodyPacking(None)
    plain = sum(len(bytes(body)) for body in packing.pack_all(BODIES))
    learned = packing.learned(BODIES)
    assert learned is not None
    packing.use(*learned)
    packed = [bytes(body) for body in packing.pack_all(BODIES)]
    assert sum(map(len, packed)) < plain * 0.8
    reader = BodyPacking(None)
    asked = []

    def dictionaries() -> list[tuple[int, bytes]]:
        asked.append(1)
        return [learned]

    assert [reader.unpack(0, body, dictionaries) for body in packed] == BODIES
    assert asked == [1]
    with pytest.raises(StoreError, match="dictionary is missing"):
        BodyPacking(None).unpack(0, packed[0], none)


def test_bodies_that_teach_nothing_make_no_dictionary() -> None:
    assert BodyPacking(None).learned([b""] * 1000) is None


def test_with_a_key_bodies_and_dictionary_are_sealed() -> None:
    packing = BodyPacking(AesGcm([AESGCM.generate_key(256)]))
    learned = packing.learned(BODIES)
    assert learned is not None
    assert learned[0]
    assert b"question" not in learned[1]
    packing.use(*learned)
    packed = [bytes(body) for body in packing.pack_all(BODIES[:3])]
    assert [packing.unpack(1, body, none) for body in packed] == BODIES[:3]
    with pytest.raises(StoreError) as caught:
        BodyPacking(None).unpack(1, packed[0], none)
    assert caught.value.code == "sealed_traffic"

from __future__ import annotations

import hashlib

import msgspec
import pytest
from entries import entry
from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.chain import GENESIS, MOST_PROBLEMS, Anchor, Link, link, verify
from suffice.ledger.entry import Cost, Entry, RateCard
from suffice.ledger.leg import leg_of
from suffice.types import Usage

RATES = RateCard(input=2_500, output=15_000, cache_read=250)


def priced(number: int) -> Entry:
    usage = Usage(input_tokens=100 + number, output_tokens=10, cache_read_tokens=40)
    nanos = ((60 + number) * 2_500 + 40 * 250 + 10 * 15_000) // 1_000
    cost = Cost(nanos=nanos, grade="measured", price_version="tests", rates=RATES)
    made = entry(number)
    return Entry(outcome=msgspec.structs.replace(made.outcome, usage=usage), cost=cost)


def chain(count: int) -> list[Link]:
    links, hash_ = [], GENESIS
    for number in range(count):
        one = priced(2 * number)
        raw = msgspec.json.encode(one)
        hash_ = link(hash_, raw)
        links.append(Link(seq=number + 1, id=one.outcome.id, hash=hash_, entry=raw, copies=leg_of(one)))
    return links


def test_an_untouched_chain_is_sound_and_added_up() -> None:
    audit = verify(chain(5))
    assert audit.sound
    assert (audit.entries, audit.recomputed, audit.head.seq) == (5, 5, 5)
    assert audit.nanos == {"measured": sum(priced(2 * number).cost.nanos or 0 for number in range(5))}


def test_the_first_hash_is_plain_sha_256() -> None:
    first = chain(1)[0]
    assert first.entry is not None
    assert first.hash == hashlib.sha256(bytes(32) + first.entry).digest()


@given(st.integers(0, 5), st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_can_be_changed(at: int, place: int, bits: int) -> None:
    links = chain(6)
    raw = bytearray(links[at].entry or b"")
    raw[place % len(raw)] ^= bits
    links[at] = msgspec.structs.replace(links[at], entry=bytes(raw))
    assert not verify(links).sound


@pytest.mark.parametrize("at", [0, 2, 4])
def test_no_entry_can_be_dropped_or_put_in(at: int) -> None:
    links = chain(6)
    assert not verify(links[:at] + links[at + 1 :]).sound
    assert not verify([*links[:at], links[at], *links[at:]]).sound
    gone = [*links[:at], msgspec.structs.replace(links[at], entry=None), *links[at + 1 :]]
    assert "not in the ledger" in verify(gone).problems[0]


def test_who_forges_a_price_has_to_forge_every_hash_after_it_and_then_the_noted_head_tells() -> None:
    links = chain(6)
    noted = Anchor(seq=links[-1].seq, hash=links[-1].hash)
    forged, hash_ = [], GENESIS
    for one in links:
        made = msgspec.json.decode(one.entry or b"", type=Entry)
        dearer = msgspec.structs.replace(RATES, input=5_000)
        nanos = (made.cost.nanos or 0) + 100 if one.seq == 3 else made.cost.nanos
        cost = msgspec.structs.replace(made.cost, nanos=nanos, rates=dearer if one.seq == 3 else RATES)
        changed = msgspec.structs.replace(made, cost=cost)
        raw = msgspec.json.encode(changed)
        hash_ = link(hash_, raw)
        forged.append(Link(seq=one.seq, id=one.id, hash=hash_, entry=raw, copies=leg_of(changed)))
    assert any("usage x rates" in problem for problem in verify(forged).problems)
    assert any("noted" in problem for problem in verify(forged, expect=noted).problems)
    assert verify(links, expect=noted).sound


def test_an_end_that_was_cut_off_is_seen_by_who_noted_it() -> None:
    links = chain(6)
    noted = Anchor(seq=6, hash=links[-1].hash)
    assert verify(links[:4]).sound
    assert "entry 6, which was noted, is gone" in verify(links[:4], expect=noted).problems[0]


@pytest.mark.parametrize(
    ("name", "value"), [("cost_nanos", 0), ("arm", "holdout"), ("propensity", 0.5), ("bucket", "faq")]
)
def test_copies_that_reports_add_up_are_held_against_the_entries(name: str, value: object) -> None:
    links = chain(2)
    copies = msgspec.structs.replace(leg_of(priced(2)), **{name: value})
    links[1] = msgspec.structs.replace(links[1], copies=copies)
    (problem,) = verify(links).problems
    assert f"the ledger's {name} is {value!r}" in problem


def test_a_stretch_begins_where_it_is_said_to() -> None:
    links = chain(6)
    start = Anchor(seq=2, hash=links[1].hash)
    assert verify(links[2:], start=start).sound
    assert not verify(links[2:]).sound


def test_problems_are_counted_and_the_first_are_listed() -> None:
    links = [msgspec.structs.replace(one, entry=None) for one in chain(50)]
    audit = verify(links)
    assert audit.problem_count == 50
    assert len(audit.problems) == MOST_PROBLEMS


def test_an_anchor_is_read_as_it_is_written() -> None:
    anchor = Anchor(seq=12, hash=bytes(range(32)))
    assert Anchor.read(str(anchor)) == anchor
    for text in ("", "12", "x:" + "0" * 64, "12:" + "0" * 63, "12:" + "g" * 64):
        assert Anchor.read(text) is None

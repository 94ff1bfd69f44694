from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from asks import APIS, BODIES, chat, request
from hypothesis import given
from hypothesis import strategies as st
from learned import artifact
from untagged import bodies, read_all, tagged

from suffice.catalog import Catalog
from suffice.engine import Engine
from suffice.errors import PolicyError
from suffice.features import read
from suffice.layers import LAYERS
from suffice.policy.policy import Certificate, Policy
from suffice.quality.fitted import FittedPredictor
from suffice.quality.grouping import fit_scheme, row_of
from suffice.quality.scheme import NO_PROMPT, BucketScheme, coarser, rest_of
from suffice.types import ClientApi


@pytest.fixture(scope="module")
def scheme() -> BucketScheme:
    asked = bodies(450) + bodies(300, kinds=("framed",))
    rows = [row for row in map(row_of, read_all(asked)) if row is not None]
    return fit_scheme(rows)


def test_a_tag_is_the_bucket(scheme: BucketScheme) -> None:
    assert scheme.bucket_of(read(tagged("support"))) == "support"


def test_what_is_in_no_group_goes_by_its_kind_of_task(scheme: BucketScheme) -> None:
    asked = read(chat("Prove that the square root of 2 is irrational."))
    assert scheme.bucket_of(asked) == rest_of(asked.task) == "task:math-proof"
    assert scheme.bucket_of(read(chat("Zzz"))) == "untagged"


def test_what_has_no_prompt_has_a_bucket_of_its_own(scheme: BucketScheme) -> None:
    assert scheme.bucket_of(read(request({}))) == NO_PROMPT
    assert scheme.bucket_of(read(request({"messages": []}))) == NO_PROMPT
    assert scheme.bucket_of(read(request({"input": ["a"]}, api="embeddings"))) == "route:embeddings"


def test_what_is_far_from_every_cluster_of_its_template_is_told_apart(scheme: BucketScheme) -> None:
    frame = bodies(1, kinds=("framed",))[0][1]["messages"][0]["content"]
    tail = frame.partition("\n\n")[2]
    odd = f"Exercise sheet: {'Gardening dolphins; whistle (opera_recipes)! ' * 90}\n\n{tail}"
    assert scheme.bucket_of(read(chat(odd))).endswith("/other")


def test_names_are_plain_and_each_is_there_once(scheme: BucketScheme) -> None:
    names = [label for group in scheme.groups for label in (group.name, *group.labels.values())]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9:/-]+", name) for name in names)


def test_it_is_the_same_after_writing_and_reading(scheme: BucketScheme) -> None:
    again = BucketScheme.decode(scheme.encode())
    assert again.fingerprint == scheme.fingerprint
    assert re.fullmatch(r"[0-9a-f]{12}", again.fingerprint)
    features = read_all(bodies(60, seed=4))
    assert [again.bucket_of(one) for one in features] == [scheme.bucket_of(one) for one in features]


def test_no_prompt_can_be_read_from_it(scheme: BucketScheme) -> None:
    data = scheme.encode()
    assert not [word for word in (b"parcel", b"Okafor", b"marbles", b"Today") if word in data]


def test_fingerprints_of_another_table_decide_nothing(scheme: BucketScheme) -> None:
    other = msgspec.structs.replace(scheme, version="00000000")
    framed = read_all(bodies(20, kinds=("framed",)))
    assert {other.bucket_of(one).rpartition("/")[2] for one in framed} == {"other"}


@given(body=BODIES, api=APIS)
def test_any_request_has_one_bucket(scheme: BucketScheme, body: dict[str, Any], api: ClientApi) -> None:
    assert scheme.bucket_of(read(request(body, api=api)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"\xc1",
        lambda data: data[:-1],
        lambda _: msgspec.msgpack.encode([9, "x", [[[], []]] * 3, [], []]),
        lambda _: msgspec.msgpack.encode([1, "x", [[[[7, 1]], []]] * 3, [], []]),
        lambda _: msgspec.msgpack.encode([1, "x", [[[], []]] * 2, [], []]),
    ],
)
def test_what_is_no_scheme_is_refused(scheme: BucketScheme, damage: Any) -> None:
    with pytest.raises(PolicyError, match="no bucket scheme"):
        BucketScheme.decode(damage(scheme.encode()))


def test_a_scheme_with_two_buckets_of_one_name_is_refused(scheme: BucketScheme) -> None:
    twice = msgspec.structs.replace(scheme, groups=(*scheme.groups, scheme.groups[0]))
    with pytest.raises(PolicyError, match="one name"):
        BucketScheme.decode(twice.encode())


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_raise_nothing_else(data: bytes) -> None:
    with pytest.raises(PolicyError):
        BucketScheme.decode(data)


def test_what_is_left_out_of_a_key_first() -> None:
    assert list(coarser((1, 0, 2, 3))) == [(1, 0, 2, 3), (1, 0, 2, 0), (1, 0, 0, 3), (1, 0, 0, 0)]
    assert list(coarser((0, 0, 0, 0))) == []


def test_a_policy_decides_by_the_scheme_and_what_was_learned_by_its_own_buckets(scheme: BucketScheme) -> None:
    catalog = Catalog.load(at_ns=0)
    asked = msgspec.structs.replace(request(bodies(1, kinds=("desk",))[0][1]), received_ns=1)
    bucket = scheme.bucket_of(read(asked))
    proof = Certificate(
        bucket=bucket, baseline="gpt-5.4", candidate="gpt-5.4-mini", issued_ns=0, expires_ns=10
    )
    alone = Engine(
        layers=LAYERS,
        predictor=FittedPredictor(artifact()),
        policy=Policy(certificates=(proof,)),
        resolve=catalog.resolve,
    )
    under = msgspec.structs.replace(alone, known=alone.known.under(scheme.bucket_of))
    assert bucket.startswith("prompt:")
    assert under.decide(asked).bucket == bucket != alone.decide(asked).bucket
    assert [one.model for one in under.decide(asked).estimates if one.certified] == ["gpt-5.4-mini"]
    assert not [one for one in alone.decide(asked).estimates if one.certified]
    for one, other in zip(under.decide(asked).estimates, alone.decide(asked).estimates, strict=True):
        assert (one.p_good, one.opinions, one.cost_nanos) == (other.p_good, other.opinions, other.cost_nanos)

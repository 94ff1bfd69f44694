from __future__ import annotations

import msgspec
import numpy as np
import pytest
from asks import chat
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import PolicyError
from suffice.features import read
from suffice.quality.clusters import Clusters, bucket_of
from suffice.quality.fingerprint import embed, load
from suffice.types import Request

PLAIN = Clusters(
    version="0",
    numbers=(4, 0),
    centres=np.eye(2, 3, dtype=np.float32),
    floors=np.array([0.5, 0.9], np.float32),
)
EMPTY = Clusters(
    version="0", numbers=(), centres=np.zeros((0, 3), np.float32), floors=np.zeros(0, np.float32)
)


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def test_the_nearest_cluster_is_named_by_its_number() -> None:
    found = PLAIN.nearest(unit(1, 0.2, 0))
    assert found is not None
    assert found[0] == 4
    assert found[1] == pytest.approx(1 / np.sqrt(1.04))


def test_below_the_floor_of_its_cluster_a_prompt_is_unknown() -> None:
    assert PLAIN.nearest(unit(0.6, 0, 0.8)) is not None
    assert PLAIN.nearest(unit(0, 0.6, 0.8)) is None
    assert PLAIN.nearest(unit(0, 0, 1)) is None


def test_nothing_is_near_to_nothing() -> None:
    zero = np.zeros(3, np.float32)
    low = msgspec.structs.replace(PLAIN, floors=np.zeros(2, np.float32))
    assert low.nearest(zero) is None
    assert EMPTY.nearest(unit(1, 0, 0)) is None
    assert EMPTY.assign(np.eye(3, dtype=np.float32)).tolist() == [-1, -1, -1]


@given(st.lists(st.tuples(*[st.floats(-1, 1, width=32)] * 3), min_size=1, max_size=20))
def test_many_rows_are_assigned_as_one(rows: list[tuple[float, float, float]]) -> None:
    vectors = np.array(rows, np.float32)
    one_by_one = [PLAIN.nearest(vector) for vector in vectors]
    assert PLAIN.assign(vectors).tolist() == [-1 if found is None else found[0] for found in one_by_one]


@pytest.mark.parametrize("clusters", [PLAIN, EMPTY], ids=["plain", "empty"])
def test_clusters_survive_encoding(clusters: Clusters) -> None:
    again = Clusters.decode(clusters.encode())
    assert (again.version, again.numbers) == (clusters.version, clusters.numbers)
    assert np.array_equal(again.centres, clusters.centres)
    assert np.array_equal(again.floors, clusters.floors)
    assert again.encode() == clusters.encode()


@given(st.binary(max_size=200))
def test_other_bytes_are_no_clusters(data: bytes) -> None:
    with pytest.raises(PolicyError):
        Clusters.decode(data)


def plain(*, version: object = "0", numbers: object = (1,), size: object = 1, centre: float = 1.0) -> bytes:
    number = np.array([centre], "<f4").tobytes()
    return msgspec.msgpack.encode([version, numbers, size, number, number])


@pytest.mark.parametrize(
    "data",
    [
        plain(version=1),
        plain(numbers=(1, 2)),
        plain(numbers=()),
        plain(numbers=(-1,)),
        plain(size=2),
        plain(size=0),
        plain(size=-1),
        plain(size=2**40),
        plain(centre=float("nan")),
        plain(centre=float("inf")),
        msgspec.msgpack.encode(["0", (3, 3), 1, b"\0" * 8, b"\0" * 8]),
        PLAIN.encode()[:-1],
    ],
)
def test_clusters_that_cannot_be_are_refused(data: bytes) -> None:
    assert Clusters.decode(plain()).numbers == (1,)
    with pytest.raises(PolicyError, match="clusters") as caught:
        Clusters.decode(data)
    assert caught.value.code == "bad_clusters"


def around(request: Request) -> Clusters:
    """Clusters of one: the prompts like this one."""
    centre = embed(read(request).hashes)
    return Clusters(
        version=load().version, numbers=(3,), centres=centre[None, :], floors=np.array([0.5], np.float32)
    )


def test_untagged_traffic_is_in_the_bucket_of_its_task_and_cluster() -> None:
    ask = chat("Summarize this thread about refunds.")
    assert bucket_of(read(ask), around(ask)) == "task:short_summary/cluster-03"


def test_a_prompt_without_task_or_cluster_is_untagged() -> None:
    hello, other = chat("Hello there, zorbulax!"), chat("Explain photosynthesis in plants")
    assert bucket_of(read(hello), around(hello)) == "untagged/cluster-03"
    assert bucket_of(read(hello), around(other)) == "untagged"
    assert bucket_of(read(chat("?!")), around(other)) == "untagged"


def test_a_tag_is_the_bucket_whatever_the_cluster() -> None:
    ask = msgspec.structs.replace(chat("Summarize this thread."), feature="support-digest")
    assert bucket_of(read(ask), around(ask)) == "support-digest"

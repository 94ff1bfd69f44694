"""Use cases in untagged traffic: which group of like prompts a fingerprint falls in, if any.

A value that a fit has made (`suffice.quality.clustering`) and a proxy only looks up: k centres on the unit sphere, each
with a floor of similarity below which a prompt is no member. Clusters keep their numbers over refits, so that evidence
that is kept by a bucket's name stays with the use case it belongs to.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError
from suffice.features import Features
from suffice.quality.fingerprint import embed
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.outcomes import bucket_of as bucket_without_clusters

MOST = 10_000
"""More clusters than this are no artifact of ours."""


class _Plain(msgspec.Struct, frozen=True, array_like=True):
    version: str
    numbers: tuple[int, ...]
    dimensions: int
    centres: bytes
    floors: bytes


class Clusters(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of like prompts."""

    version: str
    """Of the table of word vectors that the fingerprints came from; see `suffice.quality.fingerprint`."""
    numbers: tuple[int, ...]
    """What each cluster is called; never given to another cluster in a refit."""
    centres: NDArray[np.float32]
    """Unit length, shape (k, d)."""
    floors: NDArray[np.float32]
    """The least similarity of a member, shape (k,)."""

    def nearest(self, vector: NDArray[np.float32]) -> tuple[int, float] | None:
        """Returns the number of the nearest cluster and the cosine similarity to its centre.

        Args:
            vector: A fingerprint, shape (d,), unit length or zeros.

        Returns:
            `None` if the vector is zero or too far from every cluster: this kind of prompt is not known.
        """
        if not self.numbers:
            return None
        similarities = self.centres @ vector
        place = int(similarities.argmax())
        similarity = float(similarities[place])
        # A zero vector is as near to all as to none, whatever the floors.
        if not similarity >= self.floors[place] or not vector.any():
            return None
        return self.numbers[place], similarity

    def assign(self, vectors: NDArray[np.float32]) -> NDArray[np.int64]:
        """Returns the number of each row's cluster, -1 where `nearest` says `None`; shape (n,)."""
        if not self.numbers:
            return np.full(len(vectors), -1, np.int64)
        similarities = vectors @ self.centres.T
        places = similarities.argmax(axis=1)
        near = similarities[np.arange(len(vectors)), places] >= self.floors[places]
        return np.where(near & vectors.any(axis=1), np.array(self.numbers, np.int64)[places], -1)

    def encode(self) -> bytes:
        """Returns the bytes that `decode` reads: numbers, and arrays as little-endian 32-bit floats."""
        plain = _Plain(
            self.version,
            self.numbers,
            self.centres.shape[1],
            self.centres.astype("<f4").tobytes(),
            self.floors.astype("<f4").tobytes(),
        )
        return msgspec.msgpack.encode(plain)

    @staticmethod
    def decode(data: bytes) -> Clusters:
        """Returns the clusters of some bytes.

        Raises:
            PolicyError: They are no clusters that can be used.
        """
        try:
            plain = msgspec.msgpack.decode(data, type=_Plain)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PolicyError(f"these are no clusters: {error}", code="bad_clusters") from error
        count = len(plain.numbers)
        if (
            count > MOST
            or not 0 < plain.dimensions <= MOST
            or len(plain.centres) != 4 * count * plain.dimensions
            or len(plain.floors) != 4 * count
        ):
            raise PolicyError("these are no clusters: sizes disagree", code="bad_clusters")
        if len(set(plain.numbers)) != count or min(plain.numbers, default=0) < 0:
            raise PolicyError("these are no clusters: bad numbers", code="bad_clusters")
        centres = np.frombuffer(plain.centres, "<f4").reshape(count, plain.dimensions)
        floors = np.frombuffer(plain.floors, "<f4")
        if not (np.isfinite(centres).all() and np.isfinite(floors).all()):
            raise PolicyError("these are no clusters: a value is not finite", code="bad_clusters")
        return Clusters(version=plain.version, numbers=plain.numbers, centres=centres, floors=floors)


def bucket_of(features: Features, clusters: Clusters) -> str:
    """Returns the use-case bucket of a request: the client's tag, else the kind of task and the cluster.

    Args:
        features: Of the request.
        clusters: As fitted; an unknown kind of prompt is in its task's bucket, without a cluster.

    Returns:
        Such as `support-triage` (a tag), `task:short_summary/cluster-03`, `untagged/cluster-11`, `task:math_proof`.
    """
    if features.feature != UNTAGGED:
        return bucket_without_clusters(features)
    return bucket_near(features, clusters.nearest(embed(features.hashes)))


def bucket_near(features: Features, found: tuple[int, float] | None) -> str:
    """Returns the use-case bucket of a request whose nearest cluster has been found; see `bucket_of`."""
    bucket = bucket_without_clusters(features)
    return bucket if found is None or features.feature != UNTAGGED else f"{bucket}/cluster-{found[0]:02d}"

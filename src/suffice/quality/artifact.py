"""PREDICT: what was learned, as plain data named by its content: numbers, names, and arrays of little-endian numbers.

No prompt text is in it. `decode` believes nothing: sizes, names and every number are checked before use.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from suffice.errors import PolicyError
from suffice.quality.ability import Abilities
from suffice.quality.calibration import Curve
from suffice.quality.clusters import Clusters
from suffice.quality.heads import Head
from suffice.quality.outcomes import Example
from suffice.quality.posterior import Cells
from suffice.quality.space import WIDEST, Space
from suffice.quality.verbosity import in_range
from suffice.stats.moments import Moments

VERSION = 2
MOST_BYTES = 64 * 1024 * 1024


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a pair's estimates did on examples that they had not learned from."""

    count: int
    mean_gain: float
    mean_low: float
    mean_high: float
    """Ends of the 95% interval of the mean gain; groups are drawn, not examples."""
    penalty: float | None
    """Of the head, chosen on inner folds; `None` if a head did not help."""
    auc: float | None
    """How often a good answer had the higher `p_good`; `None` if all or none were good."""
    brier: float
    calibration_error: float
    sure: float
    """Share with a `p_good` of 0.9 or more."""
    sure_good: float | None
    """And how many of these were good; `None` if there are none."""


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one candidate in the place of one baseline."""

    baseline: str
    candidate: str
    cells: Cells
    """Gains, less what the head explains, by use case and cluster."""
    good: Mapping[str, Moments]
    """1 for a good answer, else 0, by use case."""
    head: Head | None
    curve: Curve
    report: Report


class Artifact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a fit learned."""

    version: int = VERSION
    delta: float = 0.0
    """Tolerance: how much lower than the baseline's an answer's score may be and still be good."""
    space: Space
    clusters: bytes = b""
    """As `Clusters.encode` writes them; empty if there are none."""
    abilities: bytes = b""
    """As `Abilities.encode` writes them, to expect new models from their profiles; empty if there are none."""
    verbosity: Mapping[str, Mapping[str, float]] = {}
    """Use case to model to how much longer than the baseline's its answers are; "" is every other use case."""
    pairs: tuple[Pair, ...]

    @property
    def fingerprint(self) -> str:
        """Names the content: 12 hex digits."""
        return hashlib.sha256(self.encode()).hexdigest()[:12]

    def encode(self) -> bytes:
        """Returns the bytes that `decode` reads."""
        return msgspec.msgpack.encode(self)

    @staticmethod
    def decode(data: bytes) -> Artifact:
        """Returns the artifact of some bytes, all of it checked.

        Raises:
            PolicyError: They are no artifact that can be used; says what is wrong.
        """
        if len(data) > MOST_BYTES:
            raise _broken(f"it has {len(data):,} bytes, more than {MOST_BYTES:,}")
        try:
            version = msgspec.msgpack.decode(data, type=_Versioned).version
            if version != VERSION:
                raise _broken(f"it is of version {version}, this program reads version {VERSION}: fit again")
            artifact = msgspec.msgpack.decode(data, type=Artifact)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _broken(str(error)) from error
        _check(artifact)
        return artifact

    def updated(self, examples: Sequence[Example]) -> Artifact:
        """Returns this artifact with some outcomes more; see `suffice.quality.update`."""
        # Here, because what reads an artifact is built upon it.
        from suffice.quality.update import updated  # noqa: PLC0415 -- see above

        return updated(self, examples)

    def known_clusters(self) -> Clusters | None:
        """Returns the clusters of like prompts; `None` if there are none.

        Raises:
            PolicyError: They cannot be used.
        """
        return Clusters.decode(self.clusters) if self.clusters else None

    def known_abilities(self) -> Abilities | None:
        """Returns what is known of models in general; `None` if nothing is.

        Raises:
            PolicyError: It cannot be used.
        """
        return Abilities.decode(self.abilities) if self.abilities else None


class _Versioned(msgspec.Struct):
    version: int


def _broken(what: str) -> PolicyError:
    return PolicyError(f"the artifact cannot be used: {what}", code="bad_artifact")


def _check(artifact: Artifact) -> None:
    space = artifact.space
    if space.width & (space.width - 1) or not 8 <= space.width <= WIDEST:
        raise _broken(f"{space.width} is no power of two up to {WIDEST}")
    if len(space.kept) * 8 != space.width or int.from_bytes(space.kept).bit_count() != space.columns:
        raise _broken("its columns are not those that are kept")
    measures = len(space.names)
    sizes = (len(space.seen), len(space.middle), len(space.spread), len(space.usual))
    if sizes != (space.columns, measures, measures, len(space.layers)):
        raise _broken("the sizes of its space disagree")
    if not 0 <= artifact.delta <= 1 or min(space.spread, default=1.0) <= 0:
        raise _broken("a tolerance or a spread is out of range")
    names = [(pair.baseline, pair.candidate) for pair in artifact.pairs]
    if len(set(names)) != len(names):
        raise _broken("a pair of models is in it twice")
    known = set() if (clusters := artifact.known_clusters()) is None else set(clusters.numbers)
    artifact.known_abilities()
    if not in_range(artifact.verbosity):
        raise _broken("a factor of verbosity is out of range")
    for pair in artifact.pairs:
        _check_pair(pair, space, known)
    if not all(map(math.isfinite, (*space.middle, *space.spread, *space.usual, *_numbers(artifact.pairs)))):
        raise _broken("a number in it is not finite")


def _check_pair(pair: Pair, space: Space, clusters: set[int]) -> None:
    name = f"{pair.candidate} for {pair.baseline}"
    head = pair.head
    if head is not None and not _fits(head, space):
        raise _broken(f"the head of {name} does not fit its space")
    if len(pair.curve.covariance) != 9 or pair.curve.slope < 0 or pair.curve.share < 0:
        raise _broken(f"the curve of {name} falls, or lacks its covariance")
    if any(not moments.count >= 0 or not moments.squares >= 0 for moments in _moments(pair)):
        raise _broken(f"a count of {name} is negative")
    if {number for row in pair.cells.values() for number in row} - clusters - {-1}:
        raise _broken(f"{name} has outcomes in a cluster that is not there")


def _fits(head: Head, space: Space) -> bool:
    sides = (head.candidate, head.baseline)
    sizes = len(space.names) - len(space.layers)
    return (
        all(len(side.words) == space.columns and len(side.dense) == len(space.names) for side in sides)
        and all(len(weights) == sizes for side in sides for weights in side.apart.values())
        and head.prior_variance >= 0
        and all(value >= 0 for both in head.leeway.values() for value in both)
    )


def _moments(pair: Pair) -> Iterator[Moments]:
    for row in pair.cells.values():
        yield from row.values()
    yield from pair.good.values()


def _numbers(pairs: Iterable[Pair]) -> Iterator[float]:
    for pair in pairs:
        if pair.head is not None:
            yield from (pair.head.centre, pair.head.prior_variance)
            for side in (pair.head.candidate, pair.head.baseline):
                yield from (side.scale, side.apart_scale, *side.dense)
            for both in pair.head.leeway.values():
                yield from both
        yield from (pair.curve.slope, pair.curve.share, pair.curve.offset, *pair.curve.covariance)
        for moments in _moments(pair):
            yield from (moments.count, moments.total, moments.squares)

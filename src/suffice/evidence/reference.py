"""LEARN: what a use case's traffic looks like: a sample of fingerprints, answer lengths and served versions.

Taken when a certificate is issued, kept in a file named by its digest, and taken again at every look: drift is the
difference. Of a session one call counts: calls of one conversation are alike, and would pass for a shift.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError
from suffice.evidence.certificate import Reference
from suffice.evidence.drift import MOST_UNITS, Seen
from suffice.features import read
from suffice.policy.published import Lengths, VoidIf, fingerprint_of
from suffice.quality.fingerprint import embed, load
from suffice.store.traffic import CallHead
from suffice.types import LoggedCall, Request

LOOK_BACK_NS = 7 * 86_400_000_000_000
"""Traffic of the last week counts: a whole one, so that weekdays and nights are in it as they were."""
_MOST_TOKENS = 10_000_000

NameOf = Callable[[str], str]
_Row = TypeVar("_Row")


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A reference as it is written."""

    version: str
    """Of the table of word vectors."""
    dimensions: int
    vectors: bytes
    """Little-endian 16-bit floats, row by row."""
    output_tokens: tuple[int, ...]
    served: dict[str, dict[str, int]]
    last_ns: int | None
    """When the newest of these calls came in: what is later is compared with them."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One answer of a baseline, without any text."""

    asked: str
    """The model as the client named it."""
    served: str | None
    """As the response names it."""
    output_tokens: int | None
    session: str = ""


def pick(
    heads: Iterable[CallHead],
    use_case: tuple[str, str],
    *,
    name_of: NameOf,
    rng: np.random.Generator,
    since_ns: int | None = None,
) -> list[str]:
    """Returns the ids of a random sample of a use case's calls, one of each session.

    Args:
        heads: Of logged calls; those that are in no bucket yet are taken by their tag.
        use_case: Its bucket, and the catalog's name of the model that was asked for.
        name_of: Tells the catalog's name of a model by any that it goes by.
        rng: For the sample.
        since_ns: Only calls that came in after this, and of those only the last week's.
    """
    bucket, baseline = use_case
    found: list[tuple[int, str, str]] = [
        (head.received_ns or 0, head.session, head.id)
        for head in heads
        if (head.bucket or head.feature) == bucket
        and name_of(head.model) == baseline
        and (since_ns is None or (head.received_ns is not None and head.received_ns > since_ns))
    ]
    if since_ns is not None and found:
        newest = max(found)[0]
        found = [one for one in found if one[0] > newest - LOOK_BACK_NS]
    order = [found[place] for place in rng.permutation(len(found))]
    return [id_ for _, _, id_ in _one_of_each(order, lambda one: one[1])][:MOST_UNITS]


def seen_in(calls: Iterable[LoggedCall], *, told_elsewhere: Collection[str] = ()) -> Seen:
    """Returns what logged calls look like.

    Args:
        calls: Of one use case and baseline.
        told_elsewhere: Ids of calls whose answers another source tells: none is to count twice.
    """
    vectors: list[NDArray[np.float32]] = []
    answers = []
    for call in calls:
        request = Request(
            api=call.api, provider=call.provider, model=call.model, body=call.request, feature=call.feature
        )
        vector = embed(read(request).hashes)
        if vector.any():
            vectors.append(vector)
        if call.id in told_elsewhere:
            continue
        served = None if call.response is None else call.response.get("model")
        tokens = None if call.usage is None else call.usage.output_tokens
        answers.append(
            Answer(asked=call.model, served=served if isinstance(served, str) else None, output_tokens=tokens)
        )
    told = seen_of(answers)
    return msgspec.structs.replace(told, vectors=np.stack(vectors) if vectors else None)


def seen_of(answers: Iterable[Answer]) -> Seen:
    """Returns what answers look like: lengths and versions, one of each session."""
    tokens, served = [], dict[str, dict[str, int]]()
    for answer in _one_of_each(list(answers), lambda one: one.session):
        if answer.output_tokens is not None and 0 <= answer.output_tokens < _MOST_TOKENS:
            tokens.append(answer.output_tokens)
        if answer.served:
            counts = served.setdefault(answer.asked, {})
            counts[answer.served] = counts.get(answer.served, 0) + 1
    return Seen(output_tokens=tokens, served=served)


def together(one: Seen, other: Seen) -> Seen:
    """Returns what two sources say of the same traffic: the fingerprints of either, the answers of both."""
    served = {name: dict(counts) for name, counts in one.served.items()}
    for name, counts in other.served.items():
        mine = served.setdefault(name, {})
        for version, count in counts.items():
            mine[version] = mine.get(version, 0) + count
    return Seen(
        vectors=one.vectors if one.vectors is not None else other.vectors,
        output_tokens=[*one.output_tokens, *other.output_tokens],
        served=served,
    )


def keep(seen: Seen, *, last_ns: int | None) -> tuple[str, bytes, Reference]:
    """Returns a reference's digest, its bytes, and what a certificate says of it.

    Args:
        seen: Traffic at issue.
        last_ns: When the newest of it came in.
    """
    vectors = np.zeros((0, 0), np.float32) if seen.vectors is None else seen.vectors
    kept = Kept(
        version=load().version,
        dimensions=vectors.shape[1],
        vectors=vectors.astype("<f2").tobytes(),
        output_tokens=tuple(seen.output_tokens),
        served={name: dict(counts) for name, counts in sorted(seen.served.items())},
        last_ns=last_ns,
    )
    data = msgspec.msgpack.encode(kept, order="sorted")
    digest = fingerprint_of(data)
    void_if = VoidIf(
        prompts=digest if len(vectors) else None,
        output_tokens=_summary(seen.output_tokens),
        served={name: tuple(sorted(counts)) for name, counts in sorted(seen.served.items())},
    )
    return digest, data, Reference(void_if=void_if, prompts=digest)


def recall(data: bytes) -> tuple[Seen, int | None]:
    """Returns the traffic of a reference's bytes, and when the newest of it came in.

    Raises:
        PolicyError: They are no reference.
    """
    try:
        kept = msgspec.msgpack.decode(data, type=Kept)
        flat = np.frombuffer(kept.vectors, "<f2").astype(np.float32)
        vectors = flat.reshape(-1, kept.dimensions) if kept.dimensions else None
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise PolicyError(f"this is no reference: {error}", code="bad_reference") from error
    if vectors is not None and not np.isfinite(vectors).all():
        raise PolicyError("this is no reference: a value is not finite", code="bad_reference")
    # Fingerprints of another table of words cannot be compared with today's.
    if kept.version != load().version:
        vectors = None
    return Seen(vectors=vectors, output_tokens=kept.output_tokens, served=kept.served), kept.last_ns


def served_then(void_if: VoidIf) -> Mapping[str, Mapping[str, int]]:
    """Returns the versions that a certificate names, for where its reference is not on this machine."""
    return {name: dict.fromkeys(versions, 1) for name, versions in void_if.served.items()}


def _summary(tokens: Sequence[int]) -> Lengths | None:
    if not tokens:
        return None
    p10, p50, p90 = (float(round(q, 1)) for q in np.quantile(np.array(tokens), (0.1, 0.5, 0.9)))
    return Lengths(n=len(tokens), p10=p10, p50=p50, p90=p90)


def _one_of_each(rows: Sequence[_Row], session: Callable[[_Row], str]) -> list[_Row]:
    """The first of each session; one without a session stands alone."""
    seen: set[str] = set()
    found = []
    for row in rows:
        name = session(row)
        if name and name in seen:
            continue
        seen.add(name)
        found.append(row)
    return found

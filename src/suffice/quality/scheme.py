"""Which use-case bucket a request belongs to: one rule for a log of a million calls and for a live request.

The client's tag if it gives one. Without one: the template that the prompt was made with (its system prompt, its set of
tools, the frame around its question), else the recognised kind of task; and within either the cluster of like prompts,
where there are clearly several kinds. `suffice.quality.grouping` finds all that; this value only looks it up. It has a
fingerprint, by which a policy says what its buckets mean. No prompt text is in it but the words of the buckets' names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError
from suffice.features import Features
from suffice.features.tools import Tools
from suffice.quality.clusters import Clusters
from suffice.quality.fingerprint import load as fingerprint_table
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.templates import Part, first_words, last_words
from suffice.quality.view import SHAPE, View, view_of

DIRECTORY = "schemes"
"""The folder of schemes in the data directory."""
VERSION = 1
MOST_BYTES = 64 * 1024 * 1024
NO_PROMPT = f"{UNTAGGED}/no-prompt"
"""The bucket of untagged requests without any text or tools."""
_WIDEST_SHAPE = 2.5

Key = tuple[int, int, int, int]
"""Numbers of the templates of a prompt: of its system text, its tools, the beginning and the end of its question. 0 is
none."""
NO_TEMPLATE: Key = (0, 0, 0, 0)
Vector = NDArray[np.float32]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Prompts of one template, or of one kind of task, and the clusters among them."""

    name: str
    key: Key = NO_TEMPLATE
    task: str | None = None
    """Of a group without template."""
    generation: int = 1
    """Which fit found it: what an earlier one found comes first, so that a prompt stays in its group."""
    rows: int = 0
    """How many prompts it was found in."""
    mean: Vector
    """Fingerprint that they share, shape (d,): what remains is what tells them apart."""
    centre: Vector
    """Usual shape, shape (len(SHAPE),)."""
    scale: Vector
    """What a deviation from it counts, shape (len(SHAPE),); 0 where all are alike."""
    clusters: Clusters
    labels: Mapping[int, str] = {}
    """What each cluster's bucket is called, by its number."""

    @property
    def other(self) -> str:
        """Is the bucket of prompts of this group that are in none of its clusters."""
        return f"{self.name}/other"

    def place(self, view: View) -> str:
        """Returns the bucket of a prompt of this group."""
        if not self.labels:
            return self.name
        found = self.clusters.nearest(self.relative(view)) if view.fingerprint.any() else None
        return self.other if found is None else self.labels[found[0]]

    def relative(self, view: View) -> Vector:
        """Returns how a prompt differs from what is usual here; shape (d + len(SHAPE),), unit length."""
        about = _unit(view.fingerprint - self.mean)
        shape = np.clip((view.shape - self.centre) * self.scale, -_WIDEST_SHAPE, _WIDEST_SHAPE)
        active = int(np.count_nonzero(self.scale))
        return _unit(np.concatenate((about, shape / np.float32(max(active, 1) ** 0.5))))


class BucketScheme(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """How untagged traffic is divided."""

    version: str
    """Of the table that the fingerprints came from."""
    system: Part = Part()
    head: Part = Part()
    tail: Part = Part()
    tools: Mapping[int, int] = {}
    """Checksum of a set of tools' names to its number, from 1."""
    groups: tuple[Group, ...] = ()

    def bucket_of(self, features: Features) -> str:
        """Returns the use-case bucket of a request.

        >>> from suffice.features import read
        >>> from suffice.types import Request
        >>> asked = Request(api="chat_completions", provider="openai", model="m", body={}, feature="support-triage")
        >>> BucketScheme(version="none").bucket_of(read(asked))
        'support-triage'
        """
        if features.feature != UNTAGGED:
            return features.feature
        if features.api in {"embeddings", "passthrough"}:
            return f"route:{features.api}"
        if not has_prompt(features):
            return NO_PROMPT
        group = self.group_of(features)
        if group is None:
            return rest_of(features.task)
        if not group.labels:
            return group.name
        # Fingerprints of two tables cannot be compared: then a cluster is none.
        return group.place(view_of(features)) if self._comparable else group.other

    def group_of(self, features: Features) -> Group | None:
        """Returns the group of an untagged prompt: of its template, else of its kind of task."""
        return self.group_for(self.key_of(features), features.task)

    def group_for(self, key: Key, task: str | None) -> Group | None:
        """Returns the group of prompts with these templates, else of this kind of task."""
        return self.templated(key) or self._by_task.get(task)

    def templated(self, key: Key) -> Group | None:
        """Returns the group of prompts with these templates: the first that was found, and the finest of those."""
        found = list(filter(None, map(self._by_key.get, coarser(key))))
        return min(found, key=_generation) if found else None

    def key_of(self, features: Features) -> Key:
        """Returns which templates a prompt was made with."""
        question = features.question
        return self.key(
            first_words(features.instructions),
            tools_key(features.tools),
            first_words(question),
            last_words(question),
        )

    def key(self, system: Iterable[str], tools: int | None, head: Iterable[str], tail: Iterable[str]) -> Key:
        """Returns the numbers of the templates; see `key_of`."""
        return (
            self.system.find(system),
            0 if tools is None else self.tools.get(tools, 0),
            self.head.find(head),
            self.tail.find(tail),
        )

    @cached_property
    def fingerprint(self) -> str:
        """Names the content: 12 hex digits."""
        return hashlib.sha256(self.encode()).hexdigest()[:12]

    @cached_property
    def names(self) -> frozenset[str]:
        """Every bucket of untagged traffic that it has found, without those for the rest."""
        return frozenset(label for group in self.groups for label in (group.labels.values() or (group.name,)))

    @cached_property
    def _comparable(self) -> bool:
        return self.version == fingerprint_table().version

    @cached_property
    def _by_key(self) -> dict[Key, Group]:
        return {group.key: group for group in self.groups if group.key != NO_TEMPLATE}

    @cached_property
    def _by_task(self) -> dict[str | None, Group]:
        return {group.task: group for group in self.groups if group.key == NO_TEMPLATE}

    def encode(self) -> bytes:
        """Returns the bytes that `decode` reads."""
        groups = tuple(
            _PlainGroup(
                name=group.name,
                key=group.key,
                task=group.task,
                generation=group.generation,
                rows=group.rows,
                mean=group.mean.astype("<f4").tobytes(),
                centre=group.centre.astype("<f4").tobytes(),
                scale=group.scale.astype("<f4").tobytes(),
                clusters=group.clusters.encode(),
                labels=tuple(sorted(group.labels.items())),
            )
            for group in self.groups
        )
        parts = (_plain_part(self.system), _plain_part(self.head), _plain_part(self.tail))
        tools = tuple(sorted(self.tools.items()))
        return msgspec.msgpack.encode(_Plain(VERSION, self.version, parts, tools, groups))

    @staticmethod
    def decode(data: bytes) -> BucketScheme:
        """Returns the scheme of some bytes, all of it checked.

        Raises:
            PolicyError: They are no scheme that can be used.
        """
        if len(data) > MOST_BYTES:
            raise _broken(f"it has {len(data):,} bytes, more than {MOST_BYTES:,}")
        try:
            plain = msgspec.msgpack.decode(data, type=_Plain)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _broken(str(error)) from error
        if plain.format != VERSION:
            raise _broken(f"it is of version {plain.format}, this program reads version {VERSION}")
        system, head, tail = map(_part, plain.parts)
        scheme = BucketScheme(
            version=plain.version,
            system=system,
            head=head,
            tail=tail,
            tools=dict(plain.tools),
            groups=tuple(map(_group, plain.groups)),
        )
        labels = [label for group in scheme.groups for label in (group.name, *group.labels.values())]
        if len(set(labels)) != len(labels) or not all(labels):
            raise _broken("two buckets have one name")
        return scheme


class _PlainGroup(msgspec.Struct, frozen=True, array_like=True):
    name: str
    key: Key
    task: str | None
    generation: int
    rows: int
    mean: bytes
    centre: bytes
    scale: bytes
    clusters: bytes
    labels: tuple[tuple[int, str], ...]


class _PlainPart(msgspec.Struct, frozen=True, array_like=True):
    known: tuple[tuple[int, int], ...]
    steps: tuple[int, ...]


class _Plain(msgspec.Struct, frozen=True, array_like=True):
    format: int
    version: str
    parts: tuple[_PlainPart, _PlainPart, _PlainPart]
    tools: tuple[tuple[int, int], ...]
    groups: tuple[_PlainGroup, ...]


def tools_key(tools: Tools | None) -> int | None:
    """Returns what a set of tools goes by; `None` without tools."""
    return None if tools is None else crc32("\0".join(tools.names).encode("utf-8", "surrogatepass"))


def has_prompt(features: Features) -> bool:
    """Tells whether there is anything that a use case could be told by."""
    return bool(features.question or features.instructions or features.tools or features.modalities)


def rest_of(task: str | None) -> str:
    """Returns the bucket of untagged requests of no known group: of their kind of task, if it is recognised.

    >>> rest_of("math_proof"), rest_of(None)
    ('task:math-proof', 'untagged')
    """
    return UNTAGGED if task is None else f"task:{task.replace('_', '-')}"


def coarser(key: Key) -> Iterator[Key]:
    """Yields the key and what it becomes as parts are left out, the system's template last; never `NO_TEMPLATE`."""
    system, tools, head, tail = key
    last = NO_TEMPLATE
    for some_tools in dict.fromkeys((tools, 0)):
        for some_head in dict.fromkeys((head, 0)):
            for some_tail in dict.fromkeys((tail, 0)):
                last = (system, some_tools, some_head, some_tail)
                if last != NO_TEMPLATE:
                    yield last


def _generation(group: Group) -> int:
    return group.generation


def _plain_part(part: Part) -> _PlainPart:
    return _PlainPart(tuple(sorted(part.known.items())), tuple(sorted(part.steps)))


def _part(plain: _PlainPart) -> Part:
    part = Part(dict(plain.known), frozenset(plain.steps))
    if not part.known.keys() <= part.steps:
        raise _broken("a template has no steps")
    return part


def _unit(vector: Vector) -> Vector:
    length = float(np.sqrt(vector @ vector))
    return vector / np.float32(length) if length > 1e-6 else vector


def _group(plain: _PlainGroup) -> Group:
    clusters = Clusters.decode(plain.clusters)
    mean, centre, scale = (np.frombuffer(part, "<f4") for part in (plain.mean, plain.centre, plain.scale))
    if len(centre) != len(SHAPE) or len(scale) != len(SHAPE) or len(mean) != fingerprint_table().dimensions:
        raise _broken("the sizes of a group disagree")
    if not all(np.isfinite(part).all() for part in (mean, centre, scale)):
        raise _broken("a value is not finite")
    if clusters.centres.shape[1] != len(mean) + len(SHAPE):
        raise _broken("the sizes of a group's clusters disagree")
    if {number for number, _ in plain.labels} != set(clusters.numbers):
        raise _broken("a cluster has no name")
    return Group(
        name=plain.name,
        key=plain.key,
        task=plain.task,
        generation=plain.generation,
        rows=plain.rows,
        mean=mean,
        centre=centre,
        scale=scale,
        clusters=clusters,
        labels=dict(plain.labels),
    )


def _broken(why: str) -> PolicyError:
    return PolicyError(f"this is no bucket scheme: {why}", code="bad_scheme")

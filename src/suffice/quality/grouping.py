"""Finds how untagged traffic divides into use cases. For fitting; `suffice.quality.scheme` only looks it up.

First the templates, then groups of prompts with the same ones, or else of the same kind of task, then clusters in each
group. How many clusters: the most for which two halves of the prompts agree about who belongs together (the rule of
Tibshirani and Walther, "Cluster Validation by Prediction Strength", JCGS 2005, with the adjusted Rand index as the
measure of `suffice.quality.clustering`). Prompts of one program that only differ in what is put in stay together so.

What was found before stays as it is: a later fit only adds groups for prompts that were in none. So a bucket keeps its
name and its members, and the same traffic gives the same scheme, byte by byte.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import product
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.features import Features
from suffice.quality.clustering import agreed, mixed, path
from suffice.quality.clusters import Clusters
from suffice.quality.fingerprint import load as fingerprint_table
from suffice.quality.naming import Names, label_words, template_name
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.scheme import (
    NO_PROMPT, NO_TEMPLATE, BucketScheme, Group, Key, has_prompt, rest_of, tools_key,
)  # fmt: skip
from suffice.quality.templates import Outline, Part, ends_of, key_of, outline_of
from suffice.quality.templating import find_templates, telling
from suffice.quality.view import SHAPE, View, pieces, view_of

FEWEST = 30
"""Prompts that a group needs at least; fewer than this can prove nothing."""
SHARE = 0.002
"""Share of all prompts that it needs as well, and of its system prompt's for what is told apart under it:"""
SHARE_OF_SYSTEM = 0.05
SMALLEST = 50
"""Prompts that a cluster needs."""
MOST_CLUSTERS = 12
AGREEMENT = 0.9
LOOSE_AGREEMENT = 0.7
"""Adjusted Rand index that halves have to reach: among prompts of one template, which are of one program as a rule, and
among those of a kind of task, which are not (house heuristic)."""
OUTSIDE = 0.005
"""Share of a cluster's prompts that its floor leaves out."""
_HALVINGS = 3
_ROWS_TO_CLUSTER = 4_000
_WORDS_TO_NAME = 120
_ALIKE = 1e-3
_TAIL = 3
MOST_TEMPLATES = 2_000
"""Of each part of a prompt."""

Words = tuple[str, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One untagged prompt, as far as a fit needs it: no text that can be read on."""

    system: Words
    """Its first words, masked; see `suffice.quality.templates.ends_of`."""
    head: Words
    tail: Words
    system_outline: Outline
    question_outline: Outline
    tools: int | None
    tool_words: Words
    task: str | None
    view: View
    words: frozenset[str]
    """Some of its words, the same ones in every prompt that has them."""


def row_of(features: Features) -> Row | None:
    """Returns what a fit needs of a request; `None` if it has a tag, or nothing that could be told apart."""
    if features.feature != UNTAGGED or features.api in {"embeddings", "passthrough"} or not has_prompt(features):
        return None
    head, tail = ends_of(features.question) if features.question else ([], [])
    names = () if features.tools is None else features.tools.names
    return Row(
        system=tuple(ends_of(features.instructions)[0]) if features.instructions else (),
        head=tuple(head),
        tail=tuple(tail),
        system_outline=outline_of(features.instructions),
        question_outline=outline_of(features.question),
        tools=tools_key(features.tools),
        tool_words=tuple(pieces(" ".join(names[:8]))),
        task=features.task,
        view=view_of(features),
        words=frozenset(nsmallest(_WORDS_TO_NAME, features.words, key=_by_checksum)),
    )


def fit_scheme(
    rows: Sequence[Row], *, previous: BucketScheme | None = None, taken: Collection[str] = ()
) -> BucketScheme:
    """Returns how untagged traffic divides into use cases.

    Args:
        rows: Of a random sample of it, in any order.
        previous: What was found before. All of it stays; of another version of the fingerprints nothing does.
        taken: Names that no bucket may get, such as the clients' tags.

    Returns:
        The previous scheme itself where nothing new is found.
    """
    # Sums of floats depend on their order: what is found must not depend on the rows'.
    rows = sorted(rows, key=_order)
    version = fingerprint_table().version
    old = previous if previous is not None and previous.version == version else BucketScheme(version=version)
    support = max(FEWEST, round(SHARE * len(rows)))
    templates = _Templates(old)
    templates.grow(rows, support)
    scheme = templates.scheme()
    members = _members(scheme, rows, support)
    names = Names({*taken, NO_PROMPT, *_all_names(old)})
    shared = Counter(word for key, _ in members for word in set(templates.words_of(key)))
    generation = 1 + max((group.generation for group in old.groups), default=0)
    groups: list[Group] = []
    for (key, task), places in members.items():
        wanted = rest_of(task) if key == NO_TEMPLATE else _name(key, templates.words_of(key), shared)
        named = _group([rows[place] for place in places], names, names.give(wanted), templated=key != NO_TEMPLATE)
        groups.append(msgspec.structs.replace(named, key=key, task=task, generation=generation))
    return msgspec.structs.replace(scheme, groups=(*old.groups, *groups)) if groups else old


class _Templates:
    """The templates of a scheme, and those that a fit adds to them with their words."""

    def __init__(self, old: BucketScheme) -> None:
        self._old = old
        self._system, self._head, self._tail = (
            dict(part.known) for part in (old.system, old.head, old.tail)
        )
        self._tools = dict(old.tools)
        self._words: dict[tuple[int, int], Words] = {}

    def scheme(self) -> BucketScheme:
        """Returns the old scheme with what was added."""
        return msgspec.structs.replace(
            self._old,
            system=Part(self._system),
            head=Part(self._head),
            tail=Part(self._tail),
            tools=self._tools,
        )

    def words_of(self, key: Key) -> Words:
        """Returns the words of the templates of a key, as far as this fit has found them."""
        return tuple(word for place in (0, 2, 3, 1) for word in self._words.get((place, key[place]), ()))

    def grow(self, rows: Sequence[Row], support: int) -> None:
        """Adds the templates of rows that have none yet."""
        old = self._old
        fresh = [row.system for row in rows if row.system and not old.system.find(row.system_outline.head)]
        self._add(0, self._system, find_templates(fresh, support=support))
        self._add_tools(rows, support)
        system = Part(self._system)
        under: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            under[system.find(row.system_outline.head)].append(row)
        for number, some in sorted(under.items()):
            need = support if not number else max(support, round(SHARE_OF_SYSTEM * len(some)))
            heads = [row.head for row in some if not old.head.find(row.question_outline.head)]
            tails = [row.tail for row in some if not old.tail.find(row.question_outline.tail)]
            self._add(2, self._head, find_templates(heads, support=need))
            self._add(3, self._tail, find_templates(tails, support=need))

    def _add(self, place: int, known: dict[int, int], found: Iterable[Words]) -> None:
        for words in found:
            key = key_of(words)
            if key not in known and len(known) < MOST_TEMPLATES:
                known[key] = 1 + max(known.values(), default=0)
                # The end of a question is found from its last word on.
                self._words[place, known[key]] = tuple(telling(words if place != _TAIL else words[::-1]))

    def _add_tools(self, rows: Sequence[Row], support: int) -> None:
        counts = Counter(row.tools for row in rows if row.tools is not None)
        words = {row.tools: row.tool_words for row in rows if row.tools is not None}
        for tools, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            if count >= support and tools not in self._tools and len(self._tools) < MOST_TEMPLATES:
                self._tools[tools] = 1 + max(self._tools.values(), default=0)
                self._words[1, self._tools[tools]] = words[tools]


def _members(scheme: BucketScheme, rows: Sequence[Row], support: int) -> dict[tuple[Key, str | None], list[int]]:
    """Which rows each new group gets: of the finest key that enough of them share, else of their kind of task."""
    keys = [scheme.key(row.system_outline, row.tools, row.question_outline) for row in rows]
    waiting = [place for place, key in enumerate(keys) if scheme.templated(key) is None]
    systems = Counter(key[0] for key in keys)
    members: dict[tuple[Key, str | None], list[int]] = {}
    for kept in product((1, 0), repeat=3):
        sharing: dict[Key, list[int]] = defaultdict(list)
        for place in waiting:
            system, tools, head, tail = keys[place]
            sharing[system, tools * kept[0], head * kept[1], tail * kept[2]].append(place)
        for key, places in sorted(sharing.items()):
            if key != NO_TEMPLATE and len(places) >= _need(key, systems, support):
                members.setdefault((key, None), []).extend(places)
        taken = {place for places in members.values() for place in places}
        waiting = [place for place in waiting if place not in taken]
    known = {group.task for group in scheme.groups if group.key == NO_TEMPLATE}
    by_task: dict[str | None, list[int]] = defaultdict(list)
    for place in waiting:
        by_task[rows[place].task].append(place)
    for task, places in sorted(by_task.items(), key=lambda pair: pair[0] or ""):
        if len(places) >= support and task not in known:
            members[NO_TEMPLATE, task] = places
    return members


def _need(key: Key, systems: Mapping[int, int], support: int) -> int:
    system, *rest = key
    if not system:
        return support
    return max(support, round(SHARE_OF_SYSTEM * systems[system])) if any(rest) else 1


def _name(key: Key, words: Words, shared: Mapping[str, int]) -> str:
    system, _, head, tail = key
    kind = "prompt" if system or head or tail else "tools"
    return f"{kind}:{template_name(words, shared) or 'unnamed'}"


def _all_names(scheme: BucketScheme) -> Iterable[str]:
    return (name for group in scheme.groups for name in (group.name, group.other, *group.labels.values()))


def _group(rows: Sequence[Row], names: Names, name: str, *, templated: bool) -> Group:
    fingerprints = np.stack([row.view.fingerprint for row in rows])
    shapes = np.stack([row.view.shape for row in rows])
    spread = shapes.std(axis=0)
    group = Group(
        name=name,
        rows=len(rows),
        mean=fingerprints.mean(axis=0),
        centre=shapes.mean(axis=0),
        scale=np.where(spread > _ALIKE, 1 / np.maximum(spread, _ALIKE), 0).astype(np.float32),
        clusters=_clusters(np.zeros((0, fingerprints.shape[1] + len(SHAPE)), np.float32), None),
    )
    if len(rows) < 2 * SMALLEST:
        return group
    vectors = np.stack([group.relative(row.view) for row in rows])
    centres = _centres(vectors, AGREEMENT if templated else LOOSE_AGREEMENT)
    if len(centres) < 2:
        return group
    places = (vectors @ centres.T).argmax(axis=1)
    prompts = [[rows[at].words for at in np.flatnonzero(places == number)] for number in range(len(centres))]
    labels: dict[int, str] = {}
    for number, label in enumerate(label_words(prompts)):
        labels[number] = names.give(f"{name}/{label or f'kind-{number + 1}'}")
    return msgspec.structs.replace(group, clusters=_clusters(centres, vectors), labels=labels)


def _centres(vectors: NDArray[np.float32], least: float) -> NDArray[np.float32]:
    """The centres of the most clusters about which halves of the rows agree; of one, if of no more."""
    sample = mixed(vectors)[:_ROWS_TO_CLUSTER]
    most = min(MOST_CLUSTERS, len(sample) // SMALLEST)
    candidates = list(path(sample, most))
    depth = len(candidates)
    if depth < 2:
        return candidates[0]
    found = [agreed(sample, halving, depth) for halving in range(_HALVINGS)]
    depth = min(depth, *map(len, found))
    agreement = np.mean([one[:depth] for one in found], axis=0)
    for count in range(depth, 1, -1):
        centres = candidates[count - 1]
        sizes = np.bincount((sample @ centres.T).argmax(axis=1), minlength=count)
        if agreement[count - 1] >= least and sizes.min() >= SMALLEST / 2:
            return centres[np.argsort(-sizes, kind="stable")]
    return candidates[0]


def _clusters(centres: NDArray[np.float32], vectors: NDArray[np.float32] | None) -> Clusters:
    floors = np.zeros(len(centres), np.float32)
    if vectors is not None:
        similarities = vectors @ centres.T
        places, near = similarities.argmax(axis=1), similarities.max(axis=1)
        for place in np.unique(places):
            floors[place] = max(0.0, float(np.quantile(near[places == place], OUTSIDE)))
    return Clusters(
        version=fingerprint_table().version, numbers=tuple(range(len(centres))), centres=centres, floors=floors
    )


def _order(row: Row) -> tuple[int, Words, Words]:
    return crc32(row.view.fingerprint.tobytes() + row.view.shape.tobytes()), row.head, row.tail


def _by_checksum(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))

"""Finds how untagged traffic divides into use cases. For fitting; `suffice.quality.scheme` only looks it up.

First the templates, then groups of prompts with the same ones, or else of the same kind of task, then clusters in each
group (`suffice.quality.dividing`).

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

from suffice.features import Features
from suffice.quality.dividing import divide
from suffice.quality.fingerprint import load as fingerprint_table
from suffice.quality.naming import Names, template_name
from suffice.quality.outcomes import UNTAGGED
from suffice.quality.scheme import (
    NO_PROMPT,
    NO_TEMPLATE,
    BucketScheme,
    Group,
    Key,
    has_prompt,
    rest_of,
    tools_key,
)  # fmt: skip
from suffice.quality.templates import Part, first_words, keys_of, last_words
from suffice.quality.templating import find_templates, telling
from suffice.quality.view import View, pieces, view_of

FEWEST = 30
"""Prompts that a group needs at least; fewer than this can prove nothing."""
SHARE = 0.002
"""Share of all prompts that it needs as well, and of its system prompt's for what is told apart under it:"""
SHARE_OF_SYSTEM = 0.05
_WORDS_TO_NAME = 120
_SYSTEM, _TOOLS, _HEAD, _TAIL = range(4)
"""Places in a key."""
MOST_TEMPLATES = 2_000
"""Of each part of a prompt."""

Words = tuple[str, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One untagged prompt, as far as a fit needs it: no text that can be read on."""

    system: Words
    """Its first words, masked; see `suffice.quality.templates`."""
    head: Words
    tail: Words
    tools: int | None
    tool_words: Words
    task: str | None
    view: View
    words: frozenset[str]
    """Some of its words, the same ones in every prompt that has them."""


def row_of(features: Features) -> Row | None:
    """Returns what a fit needs of a request; `None` if it has a tag, or nothing that could be told apart."""
    if (
        features.feature != UNTAGGED
        or features.api in {"embeddings", "passthrough"}
        or not has_prompt(features)
    ):
        return None
    names = () if features.tools is None else features.tools.names
    return Row(
        system=tuple(first_words(features.instructions)),
        head=tuple(first_words(features.question)),
        tail=tuple(last_words(features.question)),
        tools=tools_key(features.tools),
        tool_words=tuple(pieces(" ".join(names[:8]))),
        task=features.task,
        view=view_of(features),
        words=frozenset(nsmallest(_WORDS_TO_NAME, filter(str.isalpha, features.words), key=_by_checksum)),
    )


def fit_scheme(
    rows: Sequence[Row],
    *,
    previous: BucketScheme | None = None,
    named_like: BucketScheme | None = None,
    taken: Collection[str] = (),
) -> BucketScheme:
    """Returns how untagged traffic divides into use cases.

    Args:
        rows: Of a random sample of it, in any order.
        previous: What was found before. All of it stays; of another version of the fingerprints nothing does.
        named_like: A scheme whose names new buckets get where most of their prompts are the same.
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
    heirs = _Heirs(rows, named_like)
    shared = Counter(word for key, _ in members for word in set(templates.words_of(key)))
    generation = 1 + max((group.generation for group in old.groups), default=0)
    groups: list[Group] = []
    for (key, task), places in members.items():
        wanted = rest_of(task) if key == NO_TEMPLATE else _name(key, templates.words_of(key), shared)
        name = names.give(heirs.group_name(places) or wanted)
        names.give(f"{name}/other")
        group, inside = divide([rows[place] for place in places], loosely=key == NO_TEMPLATE)
        labels = {
            number: names.give(heirs.bucket_name([places[at] for at in some]) or f"{name}/{label}")
            for number, (label, some) in inside.items()
        }
        groups.append(
            msgspec.structs.replace(
                group, name=name, key=key, task=task, generation=generation, labels=labels
            )
        )
    return msgspec.structs.replace(scheme, groups=(*old.groups, *groups)) if groups else old


class _Heirs:
    """Names of an earlier scheme for what is much the same now."""

    def __init__(self, rows: Sequence[Row], scheme: BucketScheme | None) -> None:
        self._groups: list[str] = []
        self._buckets: list[str] = []
        if scheme is not None and scheme.version == fingerprint_table().version:
            for row in rows:
                group = scheme.group_for(_key_of(scheme, row), row.task)
                self._groups.append("" if group is None else group.name)
                self._buckets.append("" if group is None else group.place(row.view))
        self._sizes = Counter(self._groups), Counter(self._buckets)

    def group_name(self, places: Sequence[int]) -> str | None:
        """Returns the name of the earlier group that these rows are most of, and that is most of them."""
        return self._name(self._groups, self._sizes[0], places)

    def bucket_name(self, places: Sequence[int]) -> str | None:
        """Returns the same of a bucket."""
        return self._name(self._buckets, self._sizes[1], places)

    @staticmethod
    def _name(names: Sequence[str], sizes: Counter[str], places: Sequence[int]) -> str | None:
        if not names:
            return None
        ((name, common),) = Counter(names[place] for place in places).most_common(1)
        return name if name and 2 * common > len(places) + sizes[name] - common else None


class _Templates:
    """The templates of a scheme, and those that a fit adds to them with their words."""

    def __init__(self, old: BucketScheme) -> None:
        self._old = old
        self._parts = {_SYSTEM: old.system, _HEAD: old.head, _TAIL: old.tail}
        self._tools = dict(old.tools)
        self._words: dict[tuple[int, int], Words] = {}

    def scheme(self) -> BucketScheme:
        """Returns the old scheme with what was added."""
        return msgspec.structs.replace(
            self._old,
            system=self._parts[_SYSTEM],
            head=self._parts[_HEAD],
            tail=self._parts[_TAIL],
            tools=self._tools,
        )

    def words_of(self, key: Key) -> Words:
        """Returns the words of the templates of a key, as far as this fit has found them."""
        parts = (_SYSTEM, _HEAD, _TAIL, _TOOLS)
        return tuple(word for place in parts for word in self._words.get((place, key[place]), ()))

    def grow(self, rows: Sequence[Row], support: int) -> None:
        """Adds the templates of rows that have none yet."""
        old = self._old
        fresh = [row.system for row in rows if row.system and not old.system.find(row.system)]
        self._add(_SYSTEM, find_templates(fresh, support=support))
        self._add_tools(rows, support)
        under: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            under[self._parts[_SYSTEM].find(row.system)].append(row)
        for number, some in sorted(under.items()):
            need = support if not number else max(support, round(SHARE_OF_SYSTEM * len(some)))
            heads = [row.head for row in some if not old.head.find(row.head)]
            tails = [row.tail for row in some if not old.tail.find(row.tail)]
            self._add(_HEAD, find_templates(heads, support=need))
            self._add(_TAIL, find_templates(tails, support=need))

    def _add(self, place: int, found: Iterable[Sequence[Words]]) -> None:
        known, steps = dict(self._parts[place].known), set(self._parts[place].steps)
        for forms in found:
            keys = [keys_of(words) for words in forms]
            if len(known) + len(keys) > MOST_TEMPLATES:
                continue
            new = 1 + max(known.values(), default=0)
            number = next((known[one[-1]] for one in keys if one[-1] in known), new)
            for one in keys:
                known.setdefault(one[-1], number)
                steps.update(one)
            # The end of a question is found from its last word on.
            words = forms[0] if place != _TAIL else forms[0][::-1]
            self._words.setdefault((place, number), tuple(telling(words)))
        self._parts[place] = Part(known, frozenset(steps))

    def _add_tools(self, rows: Sequence[Row], support: int) -> None:
        counts = Counter(row.tools for row in rows if row.tools is not None)
        words = {row.tools: row.tool_words for row in rows if row.tools is not None}
        for tools, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            if count >= support and tools not in self._tools and len(self._tools) < MOST_TEMPLATES:
                self._tools[tools] = 1 + max(self._tools.values(), default=0)
                self._words[_TOOLS, self._tools[tools]] = words[tools]


def _members(
    scheme: BucketScheme, rows: Sequence[Row], support: int
) -> dict[tuple[Key, str | None], list[int]]:
    """Which rows each new group gets: of the finest key that enough of them share, else of their kind of task."""
    keys = [_key_of(scheme, row) for row in rows]
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


def _key_of(scheme: BucketScheme, row: Row) -> Key:
    return scheme.key(row.system, row.tools, row.head, row.tail)


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


def _order(row: Row) -> tuple[int, Words, Words]:
    return crc32(row.view.fingerprint.tobytes() + row.view.shape.tobytes()), row.head, row.tail


def _by_checksum(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))

"""Which candidates take a request's parameters, remembered by the parameters: an app sends the same ones over and over.

What `adapt` says depends on the names of a body's members, in their order, on the values of some of them, and on traits
of its messages and tools. A dialect says which values can matter: those are remembered with the names if they are
small. A body with an unknown name, or with a large value there, is looked at anew each time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from suffice.features.recent import Recent
from suffice.policy.adapt import LIMITS, adapt
from suffice.policy.traits import TRAITS
from suffice.types import Candidate, ClientApi, Dialect, Thinking

ENTRIES, ENTRY_BYTES = 1_024, 12_000
"""How many sets of parameters are remembered, and about the most that one takes with its key."""
_MOST_LATELY, _MOST_NAMES, _MOST_TOLD, _MOST_INNER, _MOST_CHARS, _MOST_BITS = 8, 24, 8, 4, 24, 64

Vetoes = tuple[str | None, ...]
"""The constraint that excludes each candidate, in their order; `None` for none."""


def memory() -> Recent[Vetoes]:
    """Returns room for what was found of sets of parameters, for any number of baselines."""
    return Recent(ENTRIES, ENTRIES * ENTRY_BYTES, lambda _: ENTRY_BYTES)


class Parameters:
    """What stands in the way of each candidate of a baseline on one client API.

    Args:
        api: The client API.
        baseline: The model that the client asks for.
        candidates: Those that could stand in for it.
        recent: Where what was found is remembered.
    """

    __slots__ = (
        "_always",
        "_api",
        "_baseline",
        "_candidates",
        "_known",
        "_lately",
        "_light",
        "_passed",
        "_recent",
        "_traits",
    )

    def __init__(
        self, api: ClientApi, baseline: Candidate, candidates: Sequence[Candidate], recent: Recent[Vetoes]
    ) -> None:
        self._api: ClientApi = api
        self._baseline, self._candidates = baseline, candidates
        here = baseline.dialects.get(api)
        others = [one.dialects[api] for one in candidates if api in one.dialects]
        before = Thinking() if here is None else here.thinking
        read = [there for there in others if there is not here]
        self._known = frozenset().union(*map(_names, read))
        self._passed = self._known.intersection(*(_passed(before, there) for there in read))
        self._light = self._known.intersection(*(_light(before, there) for there in read))
        self._traits = tuple(dict.fromkeys(trait for there in read for trait in there.traits))
        self._recent = recent
        self._lately: dict[tuple[str, ...], Vetoes] = {}
        self._always = None if read else self._found({})

    def vetoes(self, body: Mapping[str, Any]) -> Vetoes:
        """Returns the constraint that excludes each candidate for a parameter.

        Args:
            body: The decoded body. Untrusted: any value may have any type.
        """
        if self._always is not None:
            return self._always
        # Of names alone, as most requests have them, the last few are found at once.
        found = self._lately.get(tuple(body))
        return self._looked_up(body) if found is None else found

    def _looked_up(self, body: Mapping[str, Any]) -> Vetoes:
        told = () if self._passed.issuperset(body) else self._told(body)
        if told is None:
            return self._found(body)
        traits = self._traits and tuple([trait for trait in self._traits if TRAITS[trait](body)])
        key = (self, tuple(body), told, traits)
        found = self._recent.get(key)
        if found is None:
            found = self._found(body)
            self._recent.put(key, found)
        if not (told or self._traits):
            if len(self._lately) >= _MOST_LATELY:
                self._lately.clear()
            self._lately[tuple(body)] = found
        return found

    def _found(self, body: Mapping[str, Any]) -> Vetoes:
        return tuple([adapt(self._api, body, self._baseline, one).veto for one in self._candidates])

    def _told(self, body: Mapping[str, Any]) -> tuple[Hashable, ...] | None:
        """The values that can matter; `None` where they are too much to remember."""
        if len(body) > _MOST_NAMES or not self._known.issuperset(body):
            return None
        told: list[Hashable] = []
        for name, value in body.items():
            if name in self._passed:
                continue
            small = (type(value), bool(value)) if _holds(value) and name in self._light else _small(value)
            if small is None or len(told) == _MOST_TOLD:
                return None
            told.append(small)
        return tuple(told)


def _names(there: Dialect) -> Iterable[str]:
    """The members of a body that are known to a dialect."""
    return {name.partition(".")[0] for name in (*there.accepts, there.thinking.member)} | there.holders


def _passed(before: Thinking, there: Dialect) -> frozenset[str]:
    """The members of a body whose values make no difference."""
    after = there.thinking
    looked_at = {name.partition(".")[0] for name in (before.member, after.member)}
    looked_at.update(found.without for found in there.accepts.values())
    if before.default == "none" and after.default != "none" and after.off is None:
        looked_at.update(LIMITS)
    return there.plain - there.holders - looked_at


def _light(before: Thinking, there: Dialect) -> frozenset[str]:
    """The members whose lists and objects make a difference only by being empty."""
    told_apart = {
        name
        for name, found in there.accepts.items()
        if found.visible
        or any(told is not None for told in (found.values, found.at_least, found.at_most, found.most))
        or any(_holds(value) and value for value in found.neutral)
    }
    looked_at = {name.partition(".")[0] for name in (before.member, there.thinking.member)}
    return frozenset(_names(there)) - there.holders - told_apart - looked_at


def _holds(value: object) -> bool:
    return isinstance(value, (list, dict))


def _small(value: object) -> Hashable | None:
    """A value with its type, for 1 and True are equal and do not mean the same; `None` where it is no small one."""
    if isinstance(value, dict):
        parts = (*value, *value.values())
    elif isinstance(value, list):
        parts = tuple(value)
    else:
        return _scalar(value)
    inner = tuple(map(_scalar, parts)) if len(value) <= _MOST_INNER else (None,)
    return None if None in inner else (type(value), inner)


def _scalar(value: object) -> tuple[type, Hashable] | None:
    if isinstance(value, str):
        return (str, value) if len(value) <= _MOST_CHARS else None
    if isinstance(value, int):
        return (type(value), value) if value.bit_length() <= _MOST_BITS else None
    return (type(value), value) if value is None or isinstance(value, float) else None

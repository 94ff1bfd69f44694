"""What has to change in a request when another model serves it, or why it cannot. Pure; the facts are data.

A parameter that carries meaning is never dropped and never weakened. For each one that a request has, in this order:

1. The candidate takes its value: it passes as it stands.
2. The candidate takes it by another name: it is renamed.
3. Its value means what its absence means: it is left out.
4. Else the candidate may not serve.

Where the client says nothing of thinking, and the baseline answers at once, a candidate that would think first is told
not to: it would take longer, cost more, and use up a limit of the answer's length, for thinking counts as part of it.
One that cannot be told may serve where no such limit is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from suffice.policy.constraints import OTHER_WIRE_FORMAT, UNKNOWN_PARAMETER
from suffice.policy.patch import Patch
from suffice.policy.proposing import crossing
from suffice.policy.traits import TRAITS
from suffice.types import Acceptance, Candidate, ClientApi, Dialect, Thinking

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""The members that limit an answer's length, thinking included."""
THINKING_LIMIT, EFFORT = "thinking_limit", "effort"
_ROLES: Mapping[str, Mapping[str, str]] = {"messages: developer role": {"developer": "system"}}


class Adapted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A patch, or a veto."""

    patch: Patch | None = None
    """What to change; `None` where the candidate may not serve."""
    veto: str | None = None
    """A key of `suffice.policy.constraints.TEXTS`."""
    words: str = ""
    """What stands in the way, for a person: names the parameter, quotes no value of the client's."""


class _Draft:
    """The changes found so far, and the first thing that stands in the way."""

    __slots__ = ("body", "dropped", "put", "renamed", "roles", "there", "veto", "words")

    def __init__(self, body: Mapping[str, Any], there: Dialect) -> None:
        self.body, self.there = body, there
        self.renamed: dict[str, str] = {}
        self.dropped: set[str] = set()
        self.put: dict[str, Any] = {}
        self.roles: dict[str, str] = {}
        self.veto: str | None = None
        self.words = ""

    def stop(self, veto: str, words: str) -> None:
        if self.veto is None:
            self.veto, self.words = veto, f"{self.there.family}: {words}"

    def leave_out(self, name: str) -> None:
        holder, _, inner = name.partition(".")
        if not inner:
            self.dropped.add(name)
            return
        kept = {key: value for key, value in self.put.get(holder, self.body[holder]).items() if key != inner}
        if kept:
            self.put[holder] = kept
        else:
            self.put.pop(holder, None)
            self.dropped.add(holder)

    def add(self, name: str, value: Any) -> None:
        holder, _, inner = name.partition(".")
        if not inner:
            self.put[name] = value
            return
        said = self.put.get(holder, self.body.get(holder))
        self.put[holder] = {**(said if isinstance(said, dict) else {}), inner: value}


def adapt(api: ClientApi, body: Mapping[str, Any], baseline: Candidate, candidate: Candidate) -> Adapted:
    """Returns what has to change in a request for a candidate to serve it, or why it may not.

    Args:
        api: The client API that the request speaks.
        body: The decoded body. Untrusted: any value may have any type.
        baseline: The model that the client asked for.
        candidate: The model that could serve.
    """
    here, there = baseline.dialects.get(api), candidate.dialects.get(api)
    elsewhere = candidate.provider != baseline.provider
    if there is None or (elsewhere and api not in crossing(candidate)):
        if not elsewhere and here is None:
            # Nothing is known of either: its provider's API is the same, and so are the parameters.
            return _as_it_stands(candidate.model, candidate.provider, "", bearer=False)
        return Adapted(veto=OTHER_WIRE_FORMAT, words=f"{candidate.model} is not served on {api}")
    path, bearer = (there.path, there.bearer) if elsewhere else ("", False)
    unchanged = _as_it_stands(candidate.model, candidate.provider, path, bearer=bearer)
    if here is there:
        return unchanged
    draft = _draft(body, Thinking() if here is None else here.thinking, there)
    if draft.veto is not None:
        return Adapted(veto=draft.veto, words=draft.words)
    if not (draft.renamed or draft.dropped or draft.put or draft.roles):
        return unchanged
    return Adapted(
        patch=Patch(
            model=candidate.model,
            provider=candidate.provider,
            path=path,
            bearer=bearer,
            renamed=draft.renamed,
            dropped=frozenset(draft.dropped),
            put=draft.put,
            roles=draft.roles,
        )
    )


@lru_cache(maxsize=1_024)
def _as_it_stands(model: str, provider: str, path: str, *, bearer: bool) -> Adapted:
    """The same for every request that needs no change but the model's name."""
    return Adapted(patch=Patch(model=model, provider=provider, path=path, bearer=bearer))


def level_of(body: Mapping[str, Any], member: str) -> str | None:
    """Returns how much thinking a request asks for, in the words of a dialect; `None` if it does not say.

    Args:
        body: Of the request.
        member: What says so in that dialect; a dot leads into an object.

    >>> level_of({"reasoning": {"effort": "low"}}, "reasoning.effort")
    'low'
    >>> level_of({"thinking": {"type": "enabled", "budget_tokens": 2048}}, "thinking")
    'budget'
    """
    holder, _, inner = member.partition(".")
    said = body.get(holder)
    if inner:
        said = said.get(inner) if isinstance(said, dict) else None
    if isinstance(said, dict):
        kind = said.get("type")
        named = {"enabled": "budget", "disabled": "none"}
        return named.get(kind, kind) if isinstance(kind, str) else "unreadable"
    return None if said is None else said if isinstance(said, str) else "unreadable"


def _draft(body: Mapping[str, Any], before: Thinking, there: Dialect) -> _Draft:
    draft = _Draft(body, there)
    idle = _settle_thinking(draft, before)
    # In the client's order: of two things in the way, the same one is named everywhere.
    for name in body:
        if name in there.plain:
            continue
        if name in there.holders and isinstance(body[name], dict):
            for inner, value in body[name].items():
                _take(draft, f"{name}.{inner}", value, idle=idle)
        else:
            _take(draft, name, body[name], idle=idle)
    for trait, found in there.traits.items():
        if TRAITS[trait](body):
            if found.becomes:
                draft.roles.update(_ROLES[trait])
            else:
                draft.stop(found.veto, trait)
    return draft


def _settle_thinking(draft: _Draft, before: Thinking) -> bool:
    """Sets how much the candidate thinks; returns whether it does not."""
    body, after = draft.body, draft.there.thinking
    member = before.member or after.member
    said = level_of(body, member) if member else None
    if said is not None:
        return _said(draft, member, said, before)
    if after.default == "none":
        return True
    if before.default != "none":
        return False
    if after.off is not None:
        draft.add(after.member, after.off)
        return True
    if any(body.get(name) is not None for name in LIMITS):
        draft.stop(THINKING_LIMIT, "it always thinks, and thinking counts as part of the answer")
    return False


def _said(draft: _Draft, member: str, said: str, before: Thinking) -> bool:
    after = draft.there.thinking
    same = before.scale in ("", after.scale) or said == "none"
    if said in after.levels and same and member == after.member:
        return said == "none"
    if said == "none" and after.default == "none" and not after.levels:
        draft.leave_out(member)
        return True
    draft.stop(EFFORT, f"{member} cannot be what the client says")
    return False


def _take(draft: _Draft, name: str, value: Any, *, idle: bool) -> None:
    if name == draft.there.thinking.member or (name in draft.dropped):
        return
    found = draft.there.accepts.get(name)
    if found is None:
        if value is not None:
            draft.stop(UNKNOWN_PARAMETER, f"{name} is not known")
        elif "." not in name:
            draft.leave_out(name)
        return
    if found.becomes:
        _rename(draft, name, value, found)
    elif not (_takes(value, found, draft.body) and (idle or not found.idle)):
        if _means_nothing(value, found):
            draft.leave_out(name)
        else:
            draft.stop(found.veto, name)


def _rename(draft: _Draft, name: str, value: Any, found: Acceptance) -> None:
    if value is None:
        draft.leave_out(name)
    elif found.becomes in draft.body:
        draft.stop(found.veto, f"{name} and {found.becomes} are one")
    else:
        draft.renamed[name] = found.becomes


def _means_nothing(value: Any, found: Acceptance) -> bool:
    if value is None or found.label:
        return True
    # 1 and True are equal and do not mean the same.
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in found.neutral)


def _takes(value: Any, found: Acceptance, body: Mapping[str, Any]) -> bool:
    if not found.takes or (found.without and body.get(found.without) is not None):
        return False
    if found.values is not None and not any(
        value == one and isinstance(value, bool) == isinstance(one, bool) for one in found.values
    ):
        return False
    if found.visible:
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            return False
    return _in_range(value, found)


def _in_range(value: Any, found: Acceptance) -> bool:
    if found.at_least is not None or found.at_most is not None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        if found.at_least is not None and value < found.at_least:
            return False
        if found.at_most is not None and value > found.at_most:
            return False
    return found.most is None or not isinstance(value, list) or len(value) <= found.most

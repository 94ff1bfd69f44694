"""What has to change in a request when another model serves it, or why it cannot. Pure; the facts are data.

A parameter that carries meaning is never dropped and never weakened: it passes, it goes by another name with the same
meaning, or the candidate may not serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.policy.patch import Patch
from suffice.types import Candidate, ClientApi


class Adapted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A patch, or a veto."""

    patch: Patch | None = None
    """What to change; `None` where the candidate may not serve."""
    veto: str | None = None
    """A key of `suffice.policy.constraints.TEXTS`."""
    words: str = ""
    """What stands in the way, for a person: names the parameter, quotes no value of the client's."""


def adapt(api: ClientApi, body: Mapping[str, Any], baseline: Candidate, candidate: Candidate) -> Adapted:
    """Returns what has to change in a request for a candidate to serve it, or why it may not.

    Args:
        api: The client API that the request speaks.
        body: The decoded body. Untrusted: any value may have any type.
        baseline: The model that the client asked for.
        candidate: The model that could serve.
    """
    raise NotImplementedError

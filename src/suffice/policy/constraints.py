"""Hard filters: what a candidate must be able to do for this request. Never traded for price."""

from __future__ import annotations

from collections.abc import Callable

from suffice.features import Features
from suffice.types import Candidate

_NEEDS: tuple[tuple[str, Callable[[Features], bool]], ...] = (
    ("tools", lambda features: features.tools is not None),
    ("parallel_tools", lambda features: features.parallel_tools),
    (
        "json_schema",
        lambda features: features.contract is not None and features.contract.kind == "json_schema",
    ),
    ("vision", lambda features: "image" in features.modalities),
    ("audio", lambda features: "audio" in features.modalities),
    ("files", lambda features: "file" in features.modalities),
    ("reasoning", lambda features: features.reasoning),
    ("logprobs", lambda features: features.logprobs),
    ("multiple_choices", lambda features: features.choices > 1),
)


def needs_of(features: Features) -> tuple[str, ...]:
    """Returns the capabilities that a request asks for, of those that a catalog's row may name."""
    return tuple(capability for capability, needed in _NEEDS if needed(features))


def veto(features: Features, needs: tuple[str, ...], candidate: Candidate) -> str | None:
    """Returns the first constraint that excludes a candidate, or `None` if it may serve.

    Constraints: `pinned` (state that only the baseline can continue), `hosted_tools` (run by the provider, per
    model), one for each capability (`no_tools` ...), `context` and `output_limit`.

    Args:
        features: Of the request.
        needs: What `needs_of` says of them.
        candidate: A model that could serve.
    """
    if features.pinned:
        return "pinned"
    if features.tools is not None and features.tools.hosted:
        return "hosted_tools"
    for capability in needs:
        if capability not in candidate.capabilities:
            return f"no_{capability}"
    return _too_long(features, candidate)


def _too_long(features: Features, candidate: Candidate) -> str | None:
    # The count is an estimate: a tenth is left free for its error.
    room = None if candidate.context_tokens is None else candidate.context_tokens * 9 // 10
    if room is not None and features.input_tokens + (features.output_limit or 0) > room:
        return "context"
    if candidate.max_output_tokens is not None and (features.output_limit or 0) > candidate.max_output_tokens:
        return "output_limit"
    return None

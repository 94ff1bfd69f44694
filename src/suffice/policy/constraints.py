"""Hard filters: what a candidate must be able to do for this request, and may. Never traded for price."""

from __future__ import annotations

from collections.abc import Mapping

from suffice.features import Features
from suffice.types import Candidate

NOT_ALLOWED = "not_allowed"
UNKNOWN_PARAMETER = "unknown_parameter"
OTHER_WIRE_FORMAT = "other_wire_format"
STAKES = "stakes"
STAKES_UNREADABLE = "stakes_unreadable"
TEXTS: Mapping[str, str] = {
    "pinned": "only the model that made it can go on with this conversation's state",
    "hosted_tools": "it uses tools that the provider runs, model by model",
    "no_tools": "it cannot call tools",
    "no_parallel_tools": "it cannot call tools in parallel",
    "no_json_schema": "it cannot keep to a JSON schema",
    "no_vision": "it cannot see images",
    "no_audio": "it cannot hear audio",
    "no_files": "it cannot read files",
    "no_reasoning": "it takes no reasoning parameters",
    "no_logprobs": "it gives no log-probabilities",
    "no_multiple_choices": "it gives one answer at a time",
    "context": "the prompt and the answer may not fit its context",
    "output_limit": "the client accepts a longer answer than it can give",
    "sampling": "it does not take the temperature, top_p, penalties or bias that the client set",
    "effort": "it cannot be told to think as much, or as little, as the client says",
    "thinking_limit": "its thinking would use up the length that the client allows the answer",
    "tools_while_thinking": "it calls tools on this API only while it does not think",
    "stop": "it does not stop where the client says",
    "one_tool_at_a_time": "it cannot be kept to one tool call at a time",
    "tool_form": "it does not take tools in the form that the client sends",
    "answer_form": "it cannot keep to the form of answer that the client asks for",
    "seed": "it does not repeat an answer for the client's seed",
    "prediction": "it makes nothing of the client's predicted output",
    "audio_answer": "it does not answer in sound",
    "web_search": "it does not search the web on this API",
    "service_tier": "it is not served in the tier that the client asks for",
    "kept_by_provider": "the client wants something kept by the provider of the baseline",
    "verbosity": "it cannot be told to be as brief, or as wordy, as the client says",
    "prefill": "it does not go on from an answer that the client has begun",
    "instructions_moved": "it would read instructions in the middle of the conversation at its beginning",
    "speaker_names": "it does not see the names of who speaks",
    UNKNOWN_PARAMETER: "the request has a parameter of which it is not known what it makes",
    OTHER_WIRE_FORMAT: "its provider does not serve it on the API that the client speaks",
    NOT_ALLOWED: "it is not on the allow list, or it is on the deny list",
    STAKES: "a bad answer would cost too much for what it would save",
    STAKES_UNREADABLE: "the stakes that the client named cannot be read",
}
"""Every constraint in words, of a candidate."""

_MODALITIES = (("image", "vision"), ("audio", "audio"), ("file", "files"))


def needs_of(features: Features) -> tuple[str, ...]:
    """Returns the capabilities that a request asks for, of those that a catalog's row may name."""
    needs = []
    if features.tools is not None:
        needs.append("tools")
    if features.parallel_tools:
        needs.append("parallel_tools")
    if features.contract is not None and features.contract.kind == "json_schema":
        needs.append("json_schema")
    if features.modalities:
        needs += [capability for kind, capability in _MODALITIES if kind in features.modalities]
    if features.reasoning:
        needs.append("reasoning")
    if features.logprobs:
        needs.append("logprobs")
    if features.choices > 1:
        needs.append("multiple_choices")
    return tuple(needs)


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


def too_risky(stakes_nanos: int | None, saving_nanos: int, ratio: float) -> bool:
    """Tells whether a bad answer would cost more than so many times what routing is expected to save.

    Args:
        stakes_nanos: What it would cost; `None` if nobody has said, and then no saving is too small for it.
        saving_nanos: Expected cost of the baseline minus the candidate's.
        ratio: The policy's `stakes_ratio`.

    >>> too_risky(1_001, 100, 10), too_risky(1_000, 100, 10), too_risky(None, 100, 10)
    (True, False, False)
    """
    return stakes_nanos is not None and stakes_nanos > ratio * saving_nanos


def _too_long(features: Features, candidate: Candidate) -> str | None:
    # The count is an estimate: a tenth is left free for its error.
    room = None if candidate.context_tokens is None else candidate.context_tokens * 9 // 10
    if room is not None and features.input_tokens + (features.output_limit or 0) > room:
        return "context"
    if candidate.max_output_tokens is not None and (features.output_limit or 0) > candidate.max_output_tokens:
        return "output_limit"
    return None

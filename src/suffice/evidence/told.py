"""LEARN: what a program or function outside of suffice says of an answer, read into a score or into no verdict."""

from __future__ import annotations

from typing import Any

import msgspec

from suffice.evidence.grading import Answered, Sample, Score, no_verdict

_WORDS = {"pass": 1.0, "passed": 1.0, "fail": 0.0, "failed": 0.0}
_LONGEST = 300


def handed(sample: Sample, answer: Answered) -> dict[str, Any]:
    """Returns what an outside grader is told, ready to be JSON: `sample` and `answer` with all their fields."""
    return {"sample": msgspec.to_builtins(sample), "answer": msgspec.to_builtins(answer)}


def told_score(said: Any) -> Score:
    """Returns the score that was told.

    Args:
        said: A number in [0, 1]; true or false; "pass" or "fail"; or an object with `score` (any of these, or null for
            no verdict) and optionally `reason`.

    >>> told_score(True).value, told_score({"score": 0.5, "reason": "half"}).reason, told_score("great").value
    (1.0, 'half', None)
    """
    reason = ""
    if isinstance(said, dict) and "score" in said:
        reason = str(said.get("reason") or "")[:_LONGEST]
        said = said["score"]
        if said is None:
            return no_verdict("grader_abstains", reason)
    if said is None:
        return no_verdict("grader_abstains")
    if isinstance(said, str):
        said = _WORDS.get(said.strip().lower(), said)
    if isinstance(said, (bool, int, float)) and 0 <= said <= 1:
        return Score(value=float(said), reason=reason or f"the grader says {float(said):g}")
    return no_verdict("unreadable_score", "it is no number from 0 to 1")


def told_text(text: str) -> Score:
    r"""Returns the score that the last line of a text tells: as JSON, or one of the words pass and fail.

    >>> told_text("3 tests run\npass").value, told_text("").reason
    (1.0, 'unreadable_score: nothing was printed')
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return no_verdict("unreadable_score", "nothing was printed")
    try:
        return told_score(msgspec.json.decode(lines[-1]))
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return told_score(lines[-1])

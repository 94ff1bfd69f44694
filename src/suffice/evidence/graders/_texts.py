"""What graders of text share: what an answer without text scores, and how a reference is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from suffice.config import GraderSettings
from suffice.evidence.grading import Answered, Sample, Score, no_verdict, said_nothing
from suffice.evidence.taking import Taking, compiled

Judgement = tuple[float, str]
"""A score in [0, 1], and its reason in words."""
NO_EXPECTED = "the request comes without a right answer"


def taking_of(settings: GraderSettings) -> Taking:
    """Returns what takes the graded part, as the settings say.

    Raises:
        ValueError: The pattern is none; the text says what is wrong.
    """
    pattern = None if settings.pattern is None else compiled(settings.pattern, settings.flags)
    return Taking(field=settings.field, pattern=pattern)


def text_score(
    sample: Sample, answer: Answered, taking: Taking, judge: Callable[[str, Any], Judgement | None]
) -> Score:
    """Scores the graded part of an answer against the right one.

    An answer that refuses, is filtered, is empty or lacks the graded part is wrong: 0. A cut-off answer is graded as
    far as it goes. A missing right answer is no verdict.

    Args:
        sample: With the right answer.
        answer: What was answered.
        taking: Takes the graded part.
        judge: Is told the part and the right answer; `None` where the right answer cannot be compared with.
    """
    if sample.expected is None:
        return no_verdict("no_expected", NO_EXPECTED)
    found, silent = taken(answer, taking)
    judged = judge("" if found is None else found, sample.expected)
    if judged is None:
        return no_verdict("bad_expected", "the right answer is none that this grader can compare with")
    if found is None:
        return Score(value=0.0, reason=silent)
    return Score(value=judged[0], reason=judged[1])


def taken(answer: Answered, taking: Taking) -> tuple[str | None, str]:
    """Returns the graded part of an answer, or `None` and why there is none."""
    silent = said_nothing(answer)
    if silent is not None:
        return None, f"the answer is {silent}"
    if not answer.text.strip():
        return None, "the answer has tool calls and no text"
    found = taking.of(answer.text)
    cut = " (it was cut off)" if answer.finish == "length" else ""
    return found, "" if found is not None else f"the answer lacks the part to grade{cut}"


def reference_text(answer: Answered, taking: Taking) -> str | None:
    """Returns what another answer is to be held against, or `None` if this one has nothing to offer."""
    return taken(answer, taking)[0]


def as_text(value: Any) -> str:
    """Returns a right answer as text: a text as it is, anything else as JSON.

    >>> as_text("yes"), as_text(4), as_text(["a"])
    ('yes', '4', '["a"]')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def normal(text: str, *, ignore_case: bool, ignore_spaces: bool) -> str:
    r"""Returns a text in the form in which it is compared; spaces around it never count.

    >>> normal(" A  b\n", ignore_case=True, ignore_spaces=False), normal("A b", ignore_case=False, ignore_spaces=True)
    ('a  b', 'Ab')
    """
    text = text.casefold() if ignore_case else text
    return "".join(text.split()) if ignore_spaces else text.strip()

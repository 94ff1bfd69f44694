"""One function is small work; the further a change to code reaches, the more of it has to be understood at once."""

from __future__ import annotations

from collections.abc import Mapping

from suffice.features import Features
from suffice.types import Score

NUMBER = 11
READS = "words about code and its design, source files named, blocks of code"
SOURCE = (
    "house heuristic: what code prints 0.35, one function 0.25, code in general 0.4, a repair 0.45, two files 0.55, "
    "design 0.75, more than two files 0.8 and 0.03 more for each, design over more than two files 0.95"
)

_ABSTAINS = Score(None, "nothing says that this is about code")


def score(features: Features) -> Score:
    """Returns a demand from one function to an architecture; abstains where nothing is about code."""
    cues = features.cues
    named = features.files or "code" in cues or "code_small" in cues or "code_design" in cues
    if not named or not _about_code(features):
        return _ABSTAINS
    return _wide(features) or _narrow(cues)


def _about_code(features: Features) -> bool:
    cues = features.cues
    code, small, design = cues.get("code", 0), cues.get("code_small", 0), cues.get("code_design", 0)
    # One such word is in many a text on something else.
    if code > 1 or design > 1 or features.files > 0:
        return True
    if code and (features.fences or design or cues.get("code_repair", 0)):
        return True
    return small > 0 and (features.fences > 0 or cues.get("make", 0) > 0 or cues.get("code_run", 0) > 0)


def _wide(features: Features) -> Score | None:
    files, design = features.files, features.cues.get("code_design", 0)
    if files > 2:
        if design:
            return Score(0.95, f"a change of design over {files} files")
        return Score(min(0.95, 0.8 + 0.03 * (files - 3)), f"work on {files} files")
    if design > 1 or (design and features.cues.get("code", 0)):
        return Score(0.75, "design of a system, or a change to one")
    return Score(0.55, "work on two files") if files == 2 else None


def _narrow(cues: Mapping[str, int]) -> Score:
    if cues.get("code_repair", 0):
        return Score(0.45, "a fault to find or to repair")
    if cues.get("code_run", 0) > 1 and not cues.get("make", 0):
        return Score(0.35, "what a piece of code gives")
    if cues.get("code_small", 0):
        return Score(0.25, "one function, query or snippet")
    return Score(0.4, "code, of no particular scope")

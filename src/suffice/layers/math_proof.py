"""From sums that any model does to competition problems and proofs that the best still fail."""

from __future__ import annotations

from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 12
READS = "words of arithmetic, school and higher mathematics, contests and proofs; numbers and formulas"
SOURCE = "house heuristic: a sum 0.25, a word problem 0.3, school mathematics 0.5, higher 0.7, contest 0.8, proof 0.95"

_SHORT_TOKENS = 250
_ABSTAINS = Score(None, "nothing says that this is mathematics")


def score(features: Features) -> Score:
    """Returns a demand from arithmetic to proofs; abstains where nothing is mathematics."""
    cues = features.cues
    if features.marks.formulas or "proof" in cues or "contest" in cues or "higher_maths" in cues:
        return _hard(features) or _plain(features) or _ABSTAINS
    if "school_maths" in cues:
        return _plain(features) or _ABSTAINS
    return (_sums(features) if "arithmetic" in cues else None) or _ABSTAINS


def _hard(features: Features) -> Score | None:
    cues, formulas = features.cues, features.marks.formulas
    proof, contest = cues.get("proof", 0), cues.get("contest", 0)
    higher, find_all = cues.get("higher_maths", 0), cues.get("find_all", 0)
    maths = contest + higher + cues.get("school_maths", 0)
    # One word alone has another meaning in many a text: proof of payment, the root of a problem.
    if proof and (maths or formulas or find_all or proof > 1):
        return Score(0.95, "a proof")
    if contest > 1 or (formulas and (contest or find_all)):
        return Score(0.8, "mathematics of a competition's kind")
    if higher > 1 or (formulas and higher):
        return Score(0.7, "higher mathematics")
    return None


def _plain(features: Features) -> Score | None:
    cues, formulas, numbers = features.cues, features.marks.formulas, features.marks.numbers
    school = cues.get("school_maths", 0)
    if formulas > 2 or school > 1 or (school and (formulas or numbers > 1)):
        return Score(min(0.65, 0.5 + 0.02 * formulas), "school mathematics")
    found = _sums(features) if "arithmetic" in cues else None
    return Score(0.5, "a formula") if found is None and formulas else found


def _sums(features: Features) -> Score | None:
    numbers = features.marks.numbers
    if numbers > 1 and (features.question_tokens < _SHORT_TOKENS or features.cues["arithmetic"] > 1):
        return _word_problem(numbers)
    return None


@lru_cache(maxsize=1_024)
def _word_problem(numbers: int) -> Score:
    return Score(0.25 if numbers == 2 else 0.3, f"a word problem with {numbers} numbers")

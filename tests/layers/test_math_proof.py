from __future__ import annotations

import pytest
from conversations import demand, scored

KINDS = {
    "a sum": "Anna buys 3 apples and 4 pears. How many pieces does she have in total?",
    "school": "Solve the quadratic equation 2x^2 - 3x + 1 = 0.",
    "higher": "Compute the eigenvalues of the matrix and the limit of its powers.",
    "contest": r"Find all integers $n$ for which $n^2 + 3$ is divisible by 7.",
    "proof": "Prove the theorem that there are infinitely many primes.",
}


def test_demand_grows_from_sums_to_proofs() -> None:
    demands = [demand("math_proof", question) for question in KINDS.values()]
    assert demands == sorted(set(demands))
    assert demands[0] <= 0.3
    assert demands[-1] == 0.95


@pytest.mark.parametrize(
    "question",
    [
        "Demuestra el teorema de Pitágoras.",
        "Beweise: Die Gleichung hat keine Lösung. Der Beweis soll kurz sein.",
        "证明这个定理。三角形的内角和。",
        "Докажите, что теорема верна.",
    ],
)
def test_a_proof_is_a_proof_in_any_language(question: str) -> None:
    assert demand("math_proof", question) == 0.95


@pytest.mark.parametrize(
    "question",
    [
        "Please send proof of payment.",
        "What is the root of the problem?",
        "How much do you like tea?",
        "Hello!",
    ],
)
def test_what_is_not_mathematics_abstains(question: str) -> None:
    assert scored("math_proof", question).demand is None

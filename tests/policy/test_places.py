from __future__ import annotations

from asks import chat
from cases import CATALOG, CERTIFIED, NOW_NS, PRIOR, with_

from suffice.policy.economy import Economy, Spell
from suffice.policy.judge import use_case_of
from suffice.policy.lineup import Lineups
from suffice.policy.places import MOST, Places, lowered
from suffice.policy.policy import Policy
from suffice.types import Candidate


class Asked:
    """Resolves names, and notes which."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, provider: str, model: str) -> Candidate | None:
        self.names.append(model)
        return CATALOG.resolve(provider, model)


def places(asked: Asked, policy: Policy = PRIOR) -> Places:
    return Places(lambda _: policy, asked, Lineups(CATALOG.resolve, {}))


def key(model: str, tag: str) -> tuple[str, str, str, str]:
    return "openai", model, tag, tag


def test_a_model_is_looked_up_once_in_a_use_case() -> None:
    asked = Asked()
    found = places(asked)
    made = [found[key("gpt-5.4", tag)] for tag in ("faq", "faq", "notes", "faq")]
    assert asked.names == ["gpt-5.4"] * 2
    assert made[0] is made[1] is made[3]
    assert [use_case.bucket for use_case, _, _ in made[1:3]] == ["faq", "notes"]
    for _, baseline, lineup in made:
        assert baseline is not None
        assert lineup is not None
        assert lineup.baseline == baseline


def test_any_number_of_tags_fits() -> None:
    asked = Asked()
    found = places(asked)
    first = found[key("gpt-5.4", "faq")]
    for number in range(MOST):
        found[key("gpt-5.4", f"tag-{number}")]
    assert len(found) <= MOST
    asked.names.clear()
    assert found[key("gpt-5.4", "faq")][:2] == first[:2]
    assert asked.names == ["gpt-5.4"], "what was not asked for lately is forgotten"


def test_names_that_are_not_known_are_not_remembered() -> None:
    asked = Asked()
    found = places(asked)
    assert [found[key("nobody", "faq")][1:] for _ in range(2)] == [(None, None)] * 2
    assert (asked.names, len(found)) == (["nobody"] * 2, 0)


def test_candidates_that_serve_by_a_certificate_are_not_kept() -> None:
    found = places(Asked(), CERTIFIED)
    assert [found[key("gpt-5.4", tag)][2] is None for tag in ("tickets", "faq")] == [True, False]


def test_a_spent_budget_lowers_the_evidence_and_nothing_else() -> None:
    policy = Policy()
    use_case = use_case_of("faq", policy, "faq")
    spell = Spell(evidence="prior", since_ns=0, until_ns=NOW_NS + 1)
    found = lowered(use_case, with_(chat("Hi")), Economy(everywhere=(spell,)))
    assert (found.bucket, found.policy) == ("faq", policy)
    assert (use_case.terms.evidence, found.terms.evidence) == ("certified", "prior")
    assert lowered(use_case, with_(chat("Hi")), Economy()) == use_case

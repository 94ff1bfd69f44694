from __future__ import annotations

from typing import Any

from suffice.catalog import Catalog
from suffice.policy.proposing import candidate_of, crossing, lower, proposed
from suffice.types import Candidate

CATALOG = Catalog.load(at_ns=1_795_478_400_000_000_000)
ACROSS = CATALOG.across(["anthropic", "gemini"])


def model(provider: str, name: str) -> Candidate:
    found = CATALOG.resolve(provider, name)
    assert found is not None
    return found


BIG = model("openai", "gpt-5.4")


def names(*certified: str, across: Any = ACROSS, baseline: Candidate = BIG) -> list[str]:
    return [f"{one.provider}/{one.model}" for one in proposed(baseline, certified, CATALOG.resolve, across)]


def test_without_other_providers_only_siblings_and_what_is_certified_at_home() -> None:
    siblings = [f"openai/{name}" for name in BIG.smaller]
    assert names(across={}) == siblings
    assert names("claude-haiku-4-5", "gpt-4o-mini", across={}) == [*siblings, "openai/gpt-4o-mini"]


def test_other_providers_come_after_the_own_and_only_below_the_baselines_tier() -> None:
    found = names()
    assert found[: len(BIG.smaller)] == names(across={})
    others = found[len(BIG.smaller) :]
    assert "anthropic/claude-haiku-4-5" in others
    assert "gemini/gemini-2.5-flash" in others
    assert "anthropic/claude-opus-5" not in others
    assert names(baseline=model("openai", "gpt-5.4-nano")) == []


def test_a_certificate_lets_a_model_of_any_tier_stand_in_once() -> None:
    assert names("claude-sonnet-5").count("anthropic/claude-sonnet-5") == 1
    assert names("claude-haiku-4-5").count("anthropic/claude-haiku-4-5") == 1
    assert "openai/gpt-5.4" not in names("gpt-5.4-mini")


def test_a_baseline_is_never_proposed_its_own_providers_models_twice() -> None:
    opus = model("anthropic", "claude-opus-5")
    found = names(baseline=opus)
    assert found.count("anthropic/claude-haiku-4-5") == 1
    assert [name for name in found if name.startswith("anthropic/")] == ["anthropic/claude-haiku-4-5"]
    assert lower(opus, ACROSS.values()) == [one for one in ACROSS.values() if one.provider == "gemini"]


def test_a_name_means_the_own_providers_model_first() -> None:
    home = candidate_of("openai", "gpt-5.4-mini", CATALOG.resolve, ACROSS)
    assert home is model("openai", "gpt-5.4-mini")
    other = candidate_of("openai", "claude-haiku-4-5", CATALOG.resolve, ACROSS)
    assert other is not None
    assert other.provider == "anthropic"
    assert candidate_of("openai", "claude-haiku-4-5", CATALOG.resolve, {}) is None


def test_only_chat_completions_cross() -> None:
    assert crossing(model("anthropic", "claude-haiku-4-5")) == ["chat_completions"]
    assert crossing(BIG) == ["chat_completions"]

"""What is remembered of a set of parameters is what `adapt` says of it, whatever was asked before."""

from __future__ import annotations

from typing import Any

import pytest
from asks import JSON
from hypothesis import given
from hypothesis import strategies as st

from suffice.catalog import Catalog
from suffice.catalog.parameters import load_parameters
from suffice.policy import parameters
from suffice.policy.adapt import adapt
from suffice.policy.parameters import ENTRIES, Parameters, memory
from suffice.types import Candidate, ClientApi

CATALOG = Catalog.load(at_ns=1_795_478_400_000_000_000)
DATA = load_parameters()
APIS: tuple[ClientApi, ...] = ("chat_completions", "responses", "messages")
TOOL = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {}}}
VALUES: list[Any] = [
    None, 1, True, 1.0, 0, False, 0.0, 2, -1, 0.2, "none", "low", "auto", "", "x" * 40, 1 << 80, [], {}, [""], ["END"],
    ["a", "b", "c", "d", "e"], [1], [True], [None], ["text"], {"type": "text"}, {"type": "disabled"}, {"type": 1},
    {"type": "enabled", "budget_tokens": 2_048}, {"effort": "low"}, {"effort": True}, {"effort": 1},
    {"summary": "auto"}, {"effort": "none", "summary": None}, {"summary": None, "effort": "none"},
    {"format": {"type": "json_object"}},
    {"verbosity": "low"}, [TOOL], [{"type": "custom"}], {"x" * 40: 1},
]  # fmt: skip
TALKS: list[Any] = [
    [{"role": "user", "content": "hello"}],
    [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Well,"}],
    [{"role": "user", "name": "ann", "content": "hello"}, {"role": "developer", "content": "Be brief."}],
]


def model(provider: str, name: str) -> Candidate:
    found = CATALOG.resolve(provider, name)
    assert found is not None
    return found


FAMILIES = [model(family.provider, family.models[-1]) for family in DATA.family]
NAMES = {
    api: sorted(
        {name.partition(".")[0] for (row, name) in DATA.parameters() if row == api and ": " not in name}
        | {row.member.partition(".")[0] for row in DATA.thinking if row.api == api and row.member}
        | {"made_up"}
    )
    for api in APIS
}
ROOM = memory()
FOUND = {(api, one.model): Parameters(api, one, FAMILIES, ROOM) for api in APIS for one in FAMILIES}


def said(api: ClientApi, baseline: Candidate, body: dict[str, Any]) -> tuple[str | None, ...]:
    return tuple(adapt(api, body, baseline, one).veto for one in FAMILIES)


@pytest.mark.parametrize("api", APIS)
def test_every_parameter_with_every_value_is_as_adapt_says(api: ClientApi) -> None:
    for baseline in FAMILIES[::3]:
        known = FOUND[api, baseline.model]
        for name in NAMES[api]:
            for value in VALUES:
                body = {"model": baseline.model, "messages": TALKS[0], name: value}
                assert known.vetoes(body) == said(api, baseline, body), (baseline.model, name, value)
                assert known.vetoes(body) == said(api, baseline, body), "and again"


BODIES = st.sampled_from(APIS).flatmap(
    lambda api: st.tuples(
        st.just(api),
        st.sampled_from(FAMILIES),
        st.sampled_from(TALKS),
        st.lists(
            st.tuples(st.sampled_from(NAMES[api]), st.sampled_from(VALUES) | JSON), min_size=1, max_size=5
        ),
    )
)


@given(BODIES)
def test_any_parameters_together_are_as_adapt_says(asked: Any) -> None:
    api, baseline, talk, given_ = asked
    for body in (
        {"model": "any", "messages": talk, **dict(given_)},
        {**dict(reversed(given_)), "messages": talk, "max_tokens": None},
        {**dict(given_), "input": talk, "max_completion_tokens": 16},
    ):
        assert FOUND[api, baseline.model].vetoes(body) == said(api, baseline, body)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The candidates that were worked out."""
    names: list[str] = []

    def counting(api: ClientApi, body: Any, baseline: Candidate, one: Candidate) -> Any:
        names.append(one.model)
        return adapt(api, body, baseline, one)

    monkeypatch.setattr(parameters, "adapt", counting)
    return names


BIG, SMALL = model("openai", "gpt-5.4"), model("openai", "gpt-5.4-nano")
TALK: dict[str, Any] = {"model": "gpt-5.4", "messages": TALKS[0]}


@pytest.mark.parametrize(
    ("one", "other", "times"),
    [
        ({"max_completion_tokens": 300}, {"max_completion_tokens": 200}, 1),
        ({"tools": [TOOL]}, {"tools": [TOOL, TOOL]}, 1),
        ({"temperature": 0}, {"temperature": 0}, 1),
        ({"temperature": 0}, {"temperature": 1}, 2),
        ({"stop": ["END"]}, {"stop": ["END"]}, 1),
        ({"reasoning_effort": "low"}, {"reasoning_effort": "none"}, 2),
        ({"user": "a", "seed": 1}, {"seed": 1, "user": "a"}, 2),
        # What is not known, or too large, is not remembered.
        ({"made_up": 1}, {"made_up": 1}, 2),
        ({"temperature": "x" * 4_000}, {"temperature": "x" * 4_000}, 2),
        ({"temperature": 1 << 4_000}, {"temperature": 1 << 4_000}, 2),
    ],
)
def test_the_same_parameters_are_worked_out_once(
    one: dict[str, Any], other: dict[str, Any], times: int, asked: list[str]
) -> None:
    found = Parameters("chat_completions", BIG, [SMALL], memory())
    for more in (one, other):
        found.vetoes({**TALK, **more})
    assert asked == [SMALL.model] * times


def test_a_parameter_that_goes_without_another_looks_at_it() -> None:
    here, there = model("anthropic", "claude-opus-4-5"), model("anthropic", "claude-haiku-4-5")
    found = Parameters("messages", here, [there], memory())
    for temperature in (None, 0.5):
        body = {"max_tokens": 16, "messages": TALKS[0], "top_p": 0.9, "temperature": temperature}
        assert found.vetoes(body) == (adapt("messages", body, here, there).veto,)


def test_a_baseline_whose_candidates_take_the_same_needs_no_look(asked: list[str]) -> None:
    found = Parameters("chat_completions", BIG, [model("openai", "gpt-5.4-mini")], memory())
    asked.clear()
    assert [found.vetoes({**TALK, "temperature": value}) for value in (0, 1)] == [(None,), (None,)]
    assert asked == []


def test_what_is_remembered_is_bounded() -> None:
    room = memory()
    found = Parameters("chat_completions", BIG, [SMALL], room)
    for number in range(3 * ENTRIES):
        found.vetoes({**TALK, "temperature": number / 7})
    assert 0 < len(room) <= ENTRIES


def test_the_same_names_with_and_without_a_trait_are_told_apart() -> None:
    here, there = model("openai", "gpt-4o"), model("openai", "gpt-3.5-turbo")
    found = Parameters("chat_completions", here, [there], memory())
    loose = {"type": "function", "function": {"name": "f", "parameters": {}}}
    for tools in ([loose], [TOOL], [loose]):
        body = {**TALK, "tools": tools}
        assert found.vetoes(body) == (adapt("chat_completions", body, here, there).veto,)
    assert adapt("chat_completions", {**TALK, "tools": [TOOL]}, here, there).veto == "tool_form"


def test_more_sets_of_names_than_are_at_hand_are_as_adapt_says() -> None:
    found = Parameters("chat_completions", BIG, [SMALL], memory())
    names = [name for name in NAMES["chat_completions"] if name not in TALK]
    for name in [*names, *names]:
        body = {**TALK, name: None}
        assert found.vetoes(body) == (adapt("chat_completions", body, BIG, SMALL).veto,), name

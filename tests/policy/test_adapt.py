"""Every ordered pair of families with every parameter of the table, and the cases that a reader would ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from asks import FINITE, candidate
from bearers import BEARERS
from hypothesis import given
from hypothesis import strategies as st

from suffice.catalog import Catalog
from suffice.catalog.parameters import load_parameters
from suffice.policy.adapt import Adapted, adapt, level_of
from suffice.policy.constraints import TEXTS
from suffice.policy.patch import Patch, patched, revised
from suffice.policy.traits import TRAITS
from suffice.types import Acceptance, Candidate, ClientApi, Dialect

CATALOG = Catalog.load(at_ns=1_795_478_400_000_000_000)
DATA = load_parameters()
MESSAGES = [{"role": "user", "content": "hello"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def model(name: str) -> Candidate:
    found = [CATALOG.resolve(provider, name) for provider in CATALOG.providers_of(name)]
    assert found, name
    assert found[0] is not None
    return found[0]


FAMILIES = {family.name: model(family.models[-1]) for family in DATA.family}
PAIRS = list(product(FAMILIES, FAMILIES))


def ask(api: ClientApi, baseline: Candidate, **more: Any) -> dict[str, Any]:
    question: dict[str, Any] = {"input": "hello"} if api == "responses" else {"messages": MESSAGES}
    if api == "messages":
        question["max_tokens"] = 1_000
    return {"model": baseline.model, **question, **more}


def values_of(api: ClientApi, name: str) -> Iterator[Any]:
    """What rows of the table say of a parameter, and what a client may send by mistake."""
    yield from (
        None,
        True,
        False,
        0,
        1,
        2,
        0.2,
        1.5,
        -1,
        "none",
        "low",
        "max",
        "",
        [],
        ["x"],
        [" "],
        ["a"] * 9,
        {},
        {"type": "x"},
    )
    for parameter in DATA.parameter:
        if api in parameter.apis and name in parameter.names:
            yield from parameter.neutral
    for rule in DATA.rule:
        if api in rule.apis and name in rule.parameters:
            yield from rule.values or []


def bodies_of(api: ClientApi, name: str, baseline: Candidate) -> Iterator[dict[str, Any]]:
    if name in TRAITS:
        yield ask(api, baseline, **BEARERS[name])
    elif "." in name:
        holder, _, inner = name.partition(".")
        yield from (ask(api, baseline, **{holder: {inner: value}}) for value in values_of(api, name))
    else:
        yield from (ask(api, baseline, **{name: value}) for value in values_of(api, name))


def flat(body: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Members by the names of the table: those of a holder one by one."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        if name in dialect.holders and isinstance(value, dict):
            found.update({f"{name}.{inner}": one for inner, one in value.items()})
        else:
            found[name] = value
    return found


def check_nothing_is_lost(body: dict[str, Any], patch: Patch, there: Dialect) -> None:
    """Whatever carries meaning is in what the candidate gets, by its own name or by the one that the table gives."""
    before, after = flat(body, there), flat(revised(body, patch), there)
    for name, value in before.items():
        if name == "model":
            continue
        renamed = patch.renamed.get(name, name)
        if renamed in after:
            said_again = name == there.thinking.member or (name == "messages" and patch.roles)
            assert after[renamed] == value or said_again
            continue
        accepts = there.accepts.get(name, Acceptance(veto=""))
        off = name == there.thinking.member and value in ("none", {"type": "disabled"})
        assert off or value is None or accepts.label or value in accepts.neutral, name


def check(api: ClientApi, body: dict[str, Any], baseline: Candidate, other: Candidate) -> str:
    adapted = adapt(api, body, baseline, other)
    assert adapted == adapt(api, body, baseline, other)
    if adapted.veto is not None:
        assert adapted.patch is None
        assert adapted.veto in TEXTS
        assert adapted.words
        return "vetoed"
    patch = adapted.patch
    assert patch is not None
    assert (patch.model, patch.provider) == (other.model, other.provider)
    there = other.dialects[api]
    check_nothing_is_lost(body, patch, there)
    assert not (patch.renamed.keys() | patch.put.keys()) & patch.dropped
    assert json.loads(patched(json.dumps(body).encode(), patch)) == revised(body, patch)
    if other.provider != baseline.provider:
        assert patch.path == there.path
    return (
        "passed"
        if patch.only_model
        else "renamed"
        if patch.renamed
        else "dropped"
        if patch.dropped
        else "put"
    )


@pytest.mark.parametrize("pair", PAIRS, ids=" to ".join)
def test_every_pair_of_families_with_every_parameter(pair: tuple[str, str]) -> None:
    baseline, other = FAMILIES[pair[0]], FAMILIES[pair[1]]
    for api in baseline.dialects:
        names = [name for one, name in DATA.parameters() if one == api and name != "model"]
        member = baseline.dialects[api].thinking.member
        for name in dict.fromkeys([*names, member, "colour"]):
            found = {check(api, body, baseline, other) for body in bodies_of(api, name, baseline)}
            if pair[0] == pair[1]:
                assert found == {"passed"}
            elif name == "colour":
                assert "vetoed" in found, "nobody knows what it means"


def test_each_outcome_happens_somewhere() -> None:
    found = {
        check("chat_completions", body, FAMILIES[first], FAMILIES[second])
        for (first, second), name in product(PAIRS, ["max_tokens", "frequency_penalty", "seed"])
        if "chat_completions" in FAMILIES[first].dialects
        for body in bodies_of("chat_completions", name, FAMILIES[first])
    }
    assert found == {"passed", "renamed", "dropped", "put", "vetoed"}


def out(*names: str) -> dict[str, Any]:
    """These members are left out."""
    return {"dropped": frozenset(names)}


def put(**members: Any) -> dict[str, Any]:
    """These members have another value."""
    return {"put": members}


FORMAT_KEPT = put(output_config={"format": {}})
MEDIUM = {"verbosity": "medium"}
BUDGET = {"type": "enabled", "budget_tokens": 2_000}
RENAMED = {"renamed": {"max_tokens": "max_completion_tokens"}}
IDLE = {"put": {"reasoning_effort": "none"}}
STRICT = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {}}}
LATE = [*MESSAGES, {"role": "system", "content": "be brief"}]

CASES: list[tuple[str, str, dict[str, Any], str | dict[str, Any]]] = [
    # A limit and a temperature that a model of today's families takes once it does not think.
    ("gpt-4o", "gpt-4o-mini", {"max_tokens": 9, "temperature": 0.2, "stop": ["x"], "seed": 1}, {}),
    ("gpt-4o", "gpt-5.4-mini", {"max_tokens": 9}, RENAMED),
    ("gpt-4o", "gpt-5.4-mini", {"max_tokens": 9, "max_completion_tokens": 8}, "unknown_parameter"),
    ("gpt-4o", "gpt-5.4-mini", {"temperature": 0.2, "top_p": 0.9, "seed": 1}, {}),
    ("gpt-4o", "gpt-5.4-mini", {"temperature": 0.2, "reasoning_effort": "low"}, "sampling"),
    (
        "gpt-4o",
        "gpt-5.4-mini",
        {"temperature": 1, "reasoning_effort": "low"},
        out("temperature"),
    ),
    ("gpt-4o", "gpt-6-luna", {"temperature": 0.2}, IDLE),
    ("gpt-4o", "gpt-6-luna", {"max_tokens": 9}, {**RENAMED, **IDLE}),
    # One that cannot but think would use the limit up.
    ("gpt-4o", "gpt-5-mini", {}, {}),
    ("gpt-4o", "gpt-5-mini", {"max_tokens": 9}, "thinking_limit"),
    ("gpt-4o", "gpt-5-mini", {"temperature": 0.2}, "sampling"),
    ("gpt-4o", "gpt-5-mini", {"temperature": 1, "top_p": 1.0}, {}),
    ("gpt-5", "gpt-5-mini", {"max_completion_tokens": 9, "reasoning_effort": "minimal"}, {}),
    # Penalties, stops, bias: left out where they mean nothing, else the baseline serves.
    (
        "gpt-4o",
        "gpt-5.4-mini",
        {"presence_penalty": 0, "logit_bias": {}},
        out("presence_penalty", "logit_bias"),
    ),
    ("gpt-4o", "gpt-5.4-mini", {"presence_penalty": 0.1}, "sampling"),
    ("gpt-4o", "gpt-5.4-mini", {"stop": ["\n"]}, "stop"),
    ("gpt-4o", "gpt-5.4-mini", {"stop": None}, out("stop")),
    ("gpt-5.4", "gpt-6-luna", {"stop": ["\n"]}, "unknown_parameter"),
    # Tools on this API only while a model does not think.
    ("gpt-5.4", "gpt-6-luna", {"tools": [TOOL]}, IDLE),
    ("gpt-5.4", "gpt-6-luna", {"tools": [TOOL], "reasoning_effort": "low"}, "tools_while_thinking"),
    ("gpt-5.5", "gpt-6-luna", {"tools": [TOOL]}, "tools_while_thinking"),
    ("gpt-5.5", "gpt-6-luna", {}, {}),
    # How much to think, where the levels are the same vendor's.
    ("gpt-5.4", "gpt-6-luna", {"reasoning_effort": "xhigh"}, {}),
    ("gpt-5", "gpt-5.4-mini", {"reasoning_effort": "minimal"}, "effort"),
    ("gpt-5.4", "gpt-4.1", {"reasoning_effort": "none"}, out("reasoning_effort")),
    ("gpt-5.4", "gpt-4.1", {"reasoning_effort": "low"}, "effort"),
    ("gpt-5.4", "gpt-4.1", {"verbosity": "medium"}, out("verbosity")),
    ("gpt-5.4", "gpt-4.1", {"verbosity": "low"}, "verbosity"),
    ("gpt-5", "gpt-4o", {"tools": [{"type": "custom", "name": "f"}]}, "tool_form"),
    # What is kept, priced or searched.
    ("gpt-4o", "gpt-5.4-mini", {"prediction": {"type": "content", "content": "x"}}, "prediction"),
    ("gpt-4o", "gpt-5-nano", {"service_tier": "priority"}, "service_tier"),
    ("gpt-4o", "gpt-5.4-mini", {"modalities": ["text", "audio"]}, "audio_answer"),
    ("gpt-4o", "gpt-5.4-mini", {"web_search_options": {}}, "web_search"),
    ("gpt-4o", "gpt-5.4-mini", {"vendor_extension": 1}, "unknown_parameter"),
    ("gpt-4o", "gpt-4o-mini", {"vendor_extension": 1}, {}),
    # Another vendor, at the API that it shares.
    ("gpt-5.4", "claude-haiku-4-5", {"max_completion_tokens": 9, "temperature": 0.2, "tools": [TOOL]}, {}),
    ("gpt-5.4", "claude-haiku-4-5", {"temperature": 1.2}, "sampling"),
    ("gpt-4o", "claude-haiku-4-5", {"temperature": 0.2, "top_p": 0.9}, "sampling"),
    ("gpt-4o", "claude-haiku-4-5", {"stop": ["END"]}, {}),
    ("gpt-4o", "claude-haiku-4-5", {"stop": ["\n\n"]}, "stop"),
    ("gpt-4o", "claude-haiku-4-5", {"response_format": STRICT}, "answer_form"),
    (
        "gpt-4o",
        "claude-haiku-4-5",
        {"response_format": {"type": "text"}},
        out("response_format"),
    ),
    ("gpt-4o", "claude-haiku-4-5", {"seed": 1}, "seed"),
    ("gpt-4o", "claude-haiku-4-5", {"store": True}, "kept_by_provider"),
    ("gpt-4o", "claude-haiku-4-5", {"messages": LATE}, "instructions_moved"),
    ("gpt-5.4", "claude-sonnet-5", {"max_completion_tokens": 9}, "thinking_limit"),
    ("gpt-5.4", "gemini-2.5-flash", {"temperature": 0.2, "response_format": STRICT, "messages": LATE}, IDLE),
    ("gpt-5.4", "gemini-2.5-flash", {"reasoning_effort": "low"}, "effort"),
    ("gpt-5.4", "gemini-2.5-flash", {"parallel_tool_calls": False}, "one_tool_at_a_time"),
    (
        "gpt-5.4",
        "gemini-2.5-flash",
        {"user": "u", "parallel_tool_calls": True},
        {**IDLE, **out("user", "parallel_tool_calls")},
    ),
    (
        "gpt-4o",
        "gemini-2.5-flash",
        BEARERS["messages: developer role"],
        {**IDLE, "roles": {"developer": "system"}},
    ),
    ("gpt-4o", "gemini-3-flash-preview", BEARERS["messages: tool calls"], "pinned"),
    ("gemini-2.5-flash", "gpt-5.4-nano", {"temperature": 0.2, "max_tokens": 9}, RENAMED),
]


@pytest.mark.parametrize(("baseline", "other", "more", "expected"), CASES)
def test_chat_completions(
    baseline: str, other: str, more: dict[str, Any], expected: str | dict[str, Any]
) -> None:
    found = adapt("chat_completions", {"messages": MESSAGES, **more}, model(baseline), model(other))
    check_outcome(found, model(baseline), model(other), expected)


MESSAGES_CASES: list[tuple[str, str, dict[str, Any], str | dict[str, Any]]] = [
    ("claude-sonnet-4-5", "claude-haiku-4-5", {"temperature": 0.5, "thinking": BUDGET}, {}),
    ("claude-opus-5", "claude-haiku-4-5", {}, {}),
    ("claude-opus-5", "claude-haiku-4-5", {"thinking": {"type": "disabled"}}, {}),
    ("claude-opus-5", "claude-haiku-4-5", {"thinking": {"type": "adaptive"}}, "effort"),
    ("claude-opus-5", "claude-haiku-4-5", {"output_config": {"effort": "high"}}, out("output_config")),
    ("claude-opus-5", "claude-haiku-4-5", {"output_config": {"effort": "low"}}, "effort"),
    ("claude-opus-5", "claude-haiku-4-5", {"output_config": {"effort": "high", "format": {}}}, FORMAT_KEPT),
    ("claude-sonnet-4-5", "claude-sonnet-5", {}, {"put": {"thinking": {"type": "disabled"}}}),
    ("claude-sonnet-4-5", "claude-sonnet-5", {"temperature": 0.5}, "sampling"),
    ("claude-sonnet-4-5", "claude-sonnet-5", BEARERS["messages: begun answer"], "prefill"),
    ("claude-sonnet-4-5", "claude-sonnet-5", {"thinking": BUDGET}, "effort"),
    ("claude-3-5-sonnet", "claude-haiku-4-5", {"temperature": 0.5, "top_p": 0.9}, "sampling"),
    ("claude-opus-4-5", "claude-3-haiku", {"thinking": {"type": "disabled"}}, out("thinking")),
    ("claude-opus-5", "gpt-5.4-mini", {}, "other_wire_format"),
]  # fmt: skip


@pytest.mark.parametrize(("baseline", "other", "more", "expected"), MESSAGES_CASES)
def test_messages(baseline: str, other: str, more: dict[str, Any], expected: str | dict[str, Any]) -> None:
    body = {"messages": MESSAGES, "max_tokens": 1_000, **more}
    check_outcome(
        adapt("messages", body, model(baseline), model(other)), model(baseline), model(other), expected
    )


RESPONSES_CASES: list[tuple[str, str, dict[str, Any], str | dict[str, Any]]] = [
    ("gpt-5.4", "gpt-5.4-nano", {"max_output_tokens": 9, "reasoning": {"effort": "low", "summary": "auto"}}, {}),
    ("gpt-5.4", "gpt-6-luna", {"max_output_tokens": 9}, {"put": {"reasoning": {"effort": "none"}}}),
    ("gpt-5.4", "gpt-6-luna", {"tools": [TOOL], "reasoning": {"effort": "low"}}, {}),
    ("gpt-5.4", "gpt-6-luna", {"reasoning": {"summary": "auto"}}, put(reasoning={"summary": "auto", "effort": "none"})),
    ("gpt-4o", "gpt-6-luna", {"reasoning": None}, {**put(reasoning={"effort": "none"}), **out("reasoning")}),
    ("gpt-5.4", "gpt-4.1", {"text": {**MEDIUM, "format": {"type": "text"}}}, put(text={"format": {"type": "text"}})),
    ("gpt-5.4", "gpt-4.1", {"reasoning": {"effort": "none"}, "text": MEDIUM}, out("reasoning", "text")),
    ("gpt-5.4", "gpt-4.1", {"text": {"verbosity": "low"}}, "verbosity"),
    ("gpt-5.4", "gpt-4.1", {"reasoning": {"mode": "pro"}}, "unknown_parameter"),
    ("gpt-5.4", "gpt-4.1", {"text": 5}, "unknown_parameter"),
    ("gpt-5.4", "claude-haiku-4-5", {}, "other_wire_format"),
    ("gpt-5.4", "gemini-2.5-flash", {}, "other_wire_format"),
]  # fmt: skip


@pytest.mark.parametrize(("baseline", "other", "more", "expected"), RESPONSES_CASES)
def test_responses(baseline: str, other: str, more: dict[str, Any], expected: str | dict[str, Any]) -> None:
    found = adapt("responses", {"input": "hello", **more}, model(baseline), model(other))
    check_outcome(found, model(baseline), model(other), expected)


def check_outcome(
    found: Adapted, baseline: Candidate, other: Candidate, expected: str | dict[str, Any]
) -> None:
    if isinstance(expected, str):
        assert found.veto == expected, found.words
        return
    assert found.veto is None, found.words
    elsewhere = {"path": other.dialects["chat_completions"].path, "bearer": other.provider == "anthropic"}
    extra = elsewhere if other.provider != baseline.provider else {}
    assert found.patch == Patch(model=other.model, provider=other.provider, **extra, **expected)


def test_models_of_which_nothing_is_known_are_taken_to_be_alike_within_a_provider() -> None:
    first, second = candidate("a", "mini", 1), candidate("b", "nano", 1)
    assert adapt("chat_completions", {"colour": 1}, first, second).patch == Patch(
        model="b", provider=second.provider
    )
    elsewhere = candidate("b", "nano", 1, provider="another")
    assert adapt("chat_completions", {}, first, elsewhere).veto == "other_wire_format"


def test_a_limit_of_numbers_takes_no_flag_for_a_number() -> None:
    body = {"messages": MESSAGES, "temperature": True}
    assert adapt("chat_completions", body, model("gpt-4o"), model("claude-haiku-4-5")).veto == "sampling"


def test_a_level_that_cannot_be_read_is_no_level() -> None:
    assert level_of({"reasoning_effort": 3}, "reasoning_effort") == "unreadable"
    assert level_of({"thinking": {"type": 3}}, "thinking") == "unreadable"
    assert level_of({"reasoning": "low"}, "reasoning.effort") is None


KEYS = st.sampled_from(
    [
        *{name for _, name in DATA.parameters()},
        "reasoning_effort",
        "reasoning",
        "text",
        "output_config",
        "thinking",
    ]
)


@given(
    st.dictionaries(KEYS, FINITE, max_size=8),
    st.sampled_from(PAIRS),
    st.sampled_from(["chat_completions", "responses", "messages", "embeddings"]),
)
def test_garbage_is_adapted_or_vetoed(body: dict[str, Any], pair: tuple[str, str], api: ClientApi) -> None:
    found = adapt(api, body, FAMILIES[pair[0]], FAMILIES[pair[1]])
    assert (found.patch is None) == (found.veto is not None)
    if found.patch is not None and found.patch.roles == {}:
        assert json.loads(patched(json.dumps(body).encode(), found.patch)) == revised(
            json.loads(json.dumps(body)), found.patch
        )

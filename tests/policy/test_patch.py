from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from asks import FINITE
from hypothesis import assume, given
from hypothesis import strategies as st

from suffice.policy.patch import Patch, patched, revised

NAMES = st.sampled_from(
    ["model", "messages", "max_tokens", "temperature", 'a"b', "mödel", "x\\y", ""]
) | st.text(max_size=4)
SPACE = st.text(" \t\n\r", max_size=2)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["developer", "system", "user"]) | FINITE, "content": st.text(max_size=6)},
    optional={"name": st.text(max_size=3), "role2": FINITE},
)
VALUES = FINITE | st.lists(MESSAGE, max_size=4)
ROLES = {"developer": "system"}
SMALL = Patch(model="small", provider="openai")


@st.composite
def bodies(draw: st.DrawFn, *, model: bool = False) -> bytes:
    """A JSON object as some client writes it: any white space, escapes or not, a name perhaps twice."""
    members = draw(st.lists(st.tuples(NAMES, VALUES), max_size=8))
    if model:
        members.insert(draw(st.integers(0, len(members))), ("model", draw(VALUES)))
    ascii_only = draw(st.booleans())

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=ascii_only, indent=draw(st.sampled_from([None, 1])))

    def space() -> str:
        return draw(SPACE)

    inside = ",".join(f"{space()}{text(n)}{space()}:{space()}{text(v)}{space()}" for n, v in members)
    written = f"{space()}{{{inside or space()}}}{space()}"
    assume("\\ud" not in written.lower())
    return written.encode("utf-8", "replace")


@st.composite
def patches(draw: st.DrawFn) -> Patch:
    names = draw(st.permutations(["max_tokens", "temperature", 'a"b', "mödel", "x\\y", "messages"]))
    return Patch(
        model=draw(st.sampled_from(["small", 'sm"all', "klein-ü"])),
        provider="openai",
        renamed={names[0]: "another name"} if draw(st.booleans()) else {},
        dropped=frozenset(names[1 : draw(st.integers(1, 3))]),
        put=draw(st.dictionaries(st.sampled_from([names[3], "reasoning_effort"]), FINITE, max_size=2)),
        roles=ROLES if draw(st.booleans()) else {},
    )


@given(bodies(), patches())
def test_the_bytes_say_what_the_patch_says(body: bytes, patch: Patch) -> None:
    assert json.loads(patched(body, patch)) == revised(json.loads(body), patch)


@given(bodies(), patches())
def test_what_the_patch_does_not_name_keeps_its_bytes_and_its_order(body: bytes, patch: Patch) -> None:
    before, after = raw_members(body), raw_members(patched(body, patch))
    touched = {"model", *patch.renamed, *patch.renamed.values(), *patch.dropped, *patch.put}
    touched |= {"messages"} if patch.roles else set()
    kept = {name: raw for name, raw in before.items() if name not in touched}
    assert {name: raw for name, raw in after.items() if name not in touched} == kept
    assert [name for name in after if name in kept] == list(kept)


@given(bodies(model=True))
def test_another_model_is_all_that_changes_in_the_usual_case(body: bytes) -> None:
    members = raw_members(body)
    assert SMALL.only_model
    assert raw_members(patched(body, SMALL)) == {**members, "model": b'"small"'}


@given(st.lists(MESSAGE, max_size=5), SPACE)
def test_of_messages_only_the_roles_change(messages: list[dict[str, Any]], space: str) -> None:
    body = json.dumps({"model": "big", "messages": messages}, separators=("," + space, ":" + space)).encode()
    changed = patched(body, Patch(model="big", provider="gemini", roles=ROLES))
    turns = [{**one, "role": "system"} if one["role"] == "developer" else one for one in messages]
    assert json.loads(changed)["messages"] == turns
    assert len(changed) - len(body) == len('"system"') * count(messages) - len('"developer"') * count(
        messages
    )


def count(messages: list[dict[str, Any]]) -> int:
    return sum(one["role"] == "developer" for one in messages)


def raw_members(body: bytes) -> dict[str, bytes]:
    return {name: bytes(raw) for name, raw in msgspec.json.decode(body, type=dict[str, msgspec.Raw]).items()}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"model":"big"}', b'{"model":"small"}'),
        (b' {\n "x": 1.50,\n "model" : "big" } ', b' {\n "x": 1.50,\n "model" : "small" } '),
        (b'{"x":{"model":"big"},"model":"big"}', b'{"x":{"model":"big"},"model":"small"}'),
        (b'{"type":"model","model":"big"}', b'{"type":"model","model":"small"}'),
        (b'{"q":"\\"model\\":\\"big\\"","model":"big"}', b'{"q":"\\"model\\":\\"big\\"","model":"small"}'),
        (b'{"m\\u006fdel":"big","x":{"model":"big"}}', b'{"m\\u006fdel":"small","x":{"model":"big"}}'),
        (b'{"model":"big","model":"bigger"}', b'{"model":"small","model":"small"}'),
        (b'{"x":{"model":"big"}}', b'{"x":{"model":"big"},"model":"small"}'),
        (b"{}", b'{"model":"small"}'),
        (b"{ }", b'{ "model":"small"}'),
    ],
)
def test_the_model_is_found_wherever_it_stands(body: bytes, expected: bytes) -> None:
    assert patched(body, SMALL) == expected


def test_a_large_body_is_changed_like_a_small_one() -> None:
    text = 'a "model": "big" ' * 5_000
    body = json.dumps({"messages": [{"role": "user", "content": text}], "model": "big"}).encode()
    assert patched(body, SMALL) == body[: -len('"big"}')] + b'"small"}'


@pytest.mark.parametrize("dropped", [{"a"}, {"b"}, {"c"}, {"a", "b"}, {"b", "c"}, {"a", "b", "c"}])
def test_commas_stay_right_whatever_is_left_out(dropped: set[str]) -> None:
    body = b'{ "a": 1 , "b": [2] , "c": "3" , "model": "big" }'
    changed = patched(body, Patch(model="big", provider="openai", dropped=frozenset(dropped)))
    assert json.loads(changed) == {k: v for k, v in json.loads(body).items() if k not in dropped}
    alone = patched(body, Patch(model="s", provider="openai", dropped=frozenset({*dropped, "model"})))
    assert json.loads(alone)["model"] == "s"


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"", b"  "])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"no JSON object|truncated"):
        patched(body, SMALL)

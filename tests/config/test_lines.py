from __future__ import annotations

import tomllib
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.config.lines import find_lines


def test_each_key_is_found_on_its_own_line() -> None:
    text = dedent(
        """\
        # a comment with [a.table] and key = 1 in it
        mode = "off"  # trailing

        [server]
        host = "::1"
        port=1

          [ providers . "my vendor" ]
          base_url = 'https://a.example/#[x]'
        """
    )
    assert find_lines(text) == {
        ("mode",): 2,
        ("server",): 4,
        ("server", "host"): 5,
        ("server", "port"): 6,
        ("providers",): 8,
        ("providers", "my vendor"): 8,
        ("providers", "my vendor", "base_url"): 9,
    }


def test_dotted_keys_and_inline_tables_name_every_part() -> None:
    lines = find_lines('a.b."c.d" = 1\n\nx = { y = 1, z = { deep = [1, 2] } }\n[t]\nu.v = 2\n')
    assert lines[("a", "b", "c.d")] == 1
    assert lines[("x", "z", "deep")] == 3
    assert lines[("t", "u", "v")] == 5


@pytest.mark.parametrize(
    "value",
    [
        '"""\nnot = 1\n[nor.this]\n"""',
        "'''\nnot = 1\n'quoted' ''\n'''",
        '"""ends with two quotes"""""',
        '"escaped \\" not = 1 # no comment"',
        "[\n  1, # one\n  2,\n  [ 'a]', { not = 1 } ],\n]",
        "1979-05-27T07:32:00Z",
        "[]",
        "{}",
        '""',
        "''",
    ],
)
def test_what_looks_like_a_key_inside_a_value_is_none(value: str) -> None:
    text = f"first = {value}\nsecond = 2\n"
    assert set(find_lines(text)) == {("first",), ("second",)}
    assert find_lines(text)[("second",)] == text.count("\n")


def test_a_key_named_twice_counts_where_it_came_first() -> None:
    assert find_lines("[a.b]\nx = 1\n[a]\ny = 1\n")[("a",)] == 1
    assert find_lines("[[a]]\nx = 1\n[[a]]\nx = 2\n")[("a", "x")] == 2


def _paths(document: dict[str, object], under: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for key, value in document.items():
        found.add((*under, key))
        if isinstance(value, dict):
            found |= _paths(value, (*under, key))
    return found


KEYS = st.sampled_from(["a", "b-1", "'q uoted'", '"esc\\u0061ped"', "2"])
SCALARS = st.sampled_from(["1", "true", '"x # = [y]"', "'''m\nn = 1'''", "[1, {k = 2}]", "-inf", '"""\\""""'])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(KEYS, inner, max_size=3).map(
        lambda items: "{" + ", ".join(f"{key} = {value}" for key, value in items.items()) + "}"
    ),
    max_leaves=4,
)
TABLES = st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=3)


@given(top=st.dictionaries(KEYS, VALUES, max_size=3), tables=TABLES)
@settings(max_examples=150, deadline=None)
def test_whatever_tomllib_reads_is_found_completely(
    top: dict[str, str], tables: dict[str, dict[str, str]]
) -> None:
    parts = [f"{key} = {value}" for key, value in top.items()]
    for name, items in tables.items():
        parts.append(f"[table.{name}]  # header")
        parts += [f"  {key} = {value}" for key, value in items.items()]
    text = "\n".join(parts) + "\n"
    lines = find_lines(text)
    assert set(lines) == _paths(tomllib.loads(text))
    assert all(1 <= line <= text.count("\n") for line in lines.values())

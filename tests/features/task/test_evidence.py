from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.contract import Contract
from suffice.features.schema import SchemaShape
from suffice.features.task import Ask, evidence
from suffice.features.task.ask import HEAD_CHARS, TAIL_CHARS
from suffice.features.task.evidence import (
    Piece,
    ends_of,
    known_in,
    lines_of,
    pieces_of,
    split,
    words_in,
)
from suffice.features.tools import Tools

TOOLS = Tools(count=2, parameters=2, depth=1, choice="auto", hosted=0)


def form(labels: int) -> Contract:
    return Contract(kind="json_schema", strict=True, shape=SchemaShape(labels=labels))


def pieces(question: str, instructions: str = "", **more: object) -> set[Piece]:
    fields: dict[str, object] = {
        "tools": None, "contract": None, "after_tool": False, "input_tokens": 10, "output_limit": None, **more,
    }  # fmt: skip
    return pieces_of(Ask(question=question, instructions=instructions, **fields))  # type: ignore[arg-type] -- by their names


def test_words_and_their_neighbours_are_pieces() -> None:
    found = pieces("sum it up.", "you are kind")
    assert {"sum", "up", ("sum", "it"), "kind", ("you", "are")} <= found
    assert ("kind", "sum") not in found


def test_every_digit_counts_as_zero_and_ideographs_stand_alone() -> None:
    assert split("write 2,500 words") == ["write", "0", "000", "words"]
    assert split("für 12 要約") == ["für", "00", "要", "約"]


def test_only_the_ends_of_a_text_are_read() -> None:
    text = "a" * HEAD_CHARS + "x" * 1_000_000 + "b" * TAIL_CHARS
    assert ends_of(text) == "a" * HEAD_CHARS + "\n" + "b" * TAIL_CHARS
    assert ends_of("short") == "short"
    assert "secret" not in pieces("head " * 200 + "secret " + "tail " * 200)


def test_the_number_of_pieces_is_bounded() -> None:
    assert len(pieces("你好吗" * 300_000, "a b " * 300_000)) < 700


@pytest.mark.parametrize(
    ("question", "more", "mark"),
    [
        ("go", {"tools": TOOLS}, "<tools>"),
        ("go", {"after_tool": True}, "<after a tool>"),
        ("go", {"output_limit": 5}, "<one word out>"),
        ("go", {"output_limit": 100}, "<short answer>"),
        ("go", {"output_limit": 5_000}, "<long answer>"),
        ("go", {"contract": form(3)}, "<form with few labels>"),
        ("go", {"contract": form(9)}, "<form with labels>"),
        ("go", {}, "<no instructions>"),
        ("why?", {}, "<ends with a question mark>"),
        ("次の文:", {}, "<ends with a colon>"),
        ("```\nx\n```", {}, "<fence>"),
        ("def f(x):", {}, "<code>"),
        ("see a.py", {}, "<one file>"),
        ("a.py and b.go", {}, "<two files>"),
        ("a.py, b.go, c/d.ts", {}, "<files>"),
        ("$ ls -la", {}, "<prompt line>"),
        ("pick\na. x\nb. y\nc. z", {}, "<options>"),
        ("[1] x\n[2] y", {}, "<numbered>"),
        ("document 1: x\n\nreport b: y", {}, "<headed documents>"),
        ("one\n\ntwo", {}, "<paragraphs>"),
        ("\\frac{1}{2}", {}, "<formula>"),
        ("$x$", {}, "<dollars>"),
        ("x^2", {}, "<power>"),
        ("3 pens at 2 each: how much is it?", {}, "<a quantity from numbers>"),
        ("how many of 1, 2, 3 and 4?", {}, "<a quantity from many numbers>"),
    ],
)  # fmt: skip
def test_structure_is_marked(question: str, more: dict[str, object], mark: str) -> None:
    assert mark in pieces(question, **more)
    assert mark == "<no instructions>" or mark not in pieces("tell me about the sea", "you are kind")


@given(
    st.text("ab é要", max_size=40),
    st.sets(st.sampled_from(["a", "b", "é", ("a", "b"), ("b", "a"), ("要", "要")])),
)
def test_known_pieces_are_the_known_ones_of_all(zone: str, known: set[Piece]) -> None:
    assert known_in(zone, dict.fromkeys(known).keys()) == known & words_in(zone)


def test_words_that_are_at_hand_are_bounded_as_those_that_are_parted_anew() -> None:
    zone = "a b c d " * 80 + "e f"
    known: set[Piece] = {*"abcdef", ("d", "a"), ("e", "f")}
    assert known_in(zone, dict.fromkeys(known).keys(), zone.split()) == known & words_in(zone) == known


@pytest.mark.parametrize("dots", ["", "…"])
def test_numbers_are_counted_alike_in_every_script(dots: str) -> None:
    assert "<a quantity from numbers>" in pieces(f"how many are 12 and 7 and 1{dots}?")
    assert "<a quantity from many numbers>" in pieces(f"how many are 12, 7, 1.5 and 3{dots}?")
    assert not {one for one in pieces(f"how many are 12{dots}?") if "quantity" in one}


def test_lines_of_instructions_and_question_make_a_list_together() -> None:
    assert "<options>" in pieces("c. z", "pick one\na. x\nb. y")
    assert "<numbered>" in pieces("2. y", "1. x")
    assert "<headed documents>" in pieces("report b: y", "document 1: x")
    assert "<paragraphs>" in pieces("\nb", "a")
    assert "<paragraphs>" in pieces("b", "c\n\na")
    assert "<paragraphs>" not in pieces("b\n", "a\n\n")
    assert "<prompt line>" in pieces("why?", "$ ls -la")
    assert "<prompt line>" in pieces("$ ls -la", "you are kind")
    assert not {"<options>", "<numbered>", "<headed documents>", "<prompt line>"} & pieces("2. y", "a. x")


_LINES = ["a. x", "b) y", "1. z", "- t", "document 1: x", "report b", "$ ls", "why", "", "e. 2. x"]


@pytest.mark.parametrize("line", [*_LINES, "@", "# source 2", "<b>", "a@b:", "z. x", " - x"])
def test_a_line_tells_something_if_one_of_the_patterns_finds_it(line: str) -> None:
    found = evidence._OPTION, evidence._NUMBERED, evidence._HEADED, evidence._PROMPT
    assert bool(evidence._TELLING.match(line)) == any(one.search(f"\n{line}") for one in found)


@given(st.lists(st.sampled_from(_LINES), max_size=5), st.lists(st.sampled_from(_LINES), max_size=5))
def test_lines_are_the_same_wherever_they_stand(instructions: list[str], question: list[str]) -> None:
    both = lines_of("\n".join([*instructions, *question]))
    one, other = lines_of("\n".join(instructions)), lines_of("\n".join(question))
    assert both.options == one.options | other.options
    assert (both.numbered, both.headed) == (one.numbered + other.numbered, one.headed + other.headed)
    assert both.prompt == (one.prompt or other.prompt)

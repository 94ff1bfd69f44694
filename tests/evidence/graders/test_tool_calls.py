from __future__ import annotations

import itertools
from typing import Any

import pytest
from grading_cases import compare, said, score
from hypothesis import given
from hypothesis import strategies as st

from suffice.config import GraderSettings
from suffice.evidence.graders.tool_calls import expected_calls
from suffice.evidence.grading import ToolCall

PLAIN = GraderSettings(kind="tool_calls")
ADD = [{"name": "add", "arguments": {"a": 1, "b": 2}}]
TWO = [*ADD, {"name": "mail", "arguments": {"to": "x"}}]
TOOLS = {
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "add",
                "parameters": {
                    "type": "object",
                    "properties": {"a": {}, "b": {}, "round": {"default": False}},
                    "required": ["a", "b"],
                },
            },
        }
    ]
}


def calls(expected: Any, *made: tuple[str, Any], **settings: Any) -> float | None:
    finish = "tool_calls" if made else "stop"
    answer = said("" if made else "text", *made, finish=finish)
    return score(GraderSettings(kind="tool_calls", **settings), expected, answer, **TOOLS).value


def test_name_and_arguments_must_be_right() -> None:
    assert calls(ADD, ("add", {"b": 2, "a": 1})) == 1
    assert calls(ADD, ("add", {"a": 1, "b": 3})) == 0
    assert calls(ADD, ("sum", {"a": 1, "b": 2})) == 0
    assert calls(ADD) == 0


def test_parallel_calls_come_in_any_order_unless_told() -> None:
    made = [("mail", {"to": "x"}), ("add", {"a": 1, "b": 2})]
    assert calls(TWO, *made) == 1
    assert calls(TWO, *made, ordered=True) == 0
    assert calls(TWO, *reversed(made), ordered=True) == 1


def test_a_call_too_many_is_wrong_and_so_is_one_made_twice() -> None:
    assert calls(ADD, ("add", {"a": 1, "b": 2}), ("add", {"a": 1, "b": 2})) == 0
    assert calls([*ADD, *ADD], ("add", {"a": 1, "b": 2})) == 0


def test_partial_counts_what_the_two_have_in_common() -> None:
    assert calls(TWO, ("add", {"a": 1, "b": 2}), partial=True) == 0.5
    assert calls(ADD, ("add", {"a": 1, "b": 2}), ("mail", {}), ("mail", {}), partial=True) == pytest.approx(
        1 / 3
    )


def test_numbers_are_equal_by_value_and_texts_only_if_told() -> None:
    assert calls(ADD, ("add", {"a": 1.0, "b": 2})) == 1
    assert calls(ADD, ("add", {"a": "1", "b": 2})) == 0
    assert calls(ADD, ("add", {"a": "1", "b": "2.0"}), loose_numbers=True) == 1
    assert calls([{"name": "f", "arguments": {"a": 1}}], ("f", {"a": True})) == 0


def test_long_ids_are_told_apart_to_the_last_digit() -> None:
    one, other = "1790000000000000001", "1790000000000000002"
    right = [{"name": "f", "arguments": {"id": one}}]
    assert calls(right, ("f", {"id": other}), loose_numbers=True) == 0
    assert calls(right, ("f", {"id": int(one)}), loose_numbers=True) == 1
    assert calls(right, ("f", {"id": int(other)}), loose_numbers=True) == 0


def test_a_right_call_without_arguments_may_have_an_empty_text_for_them() -> None:
    assert calls([{"function": {"name": "now", "arguments": ""}}], ("now", {})) == 1
    assert calls([{"function": {"name": "now", "arguments": ""}}], ("now", {"zone": "UTC"})) == 0


def test_texts_may_be_compared_without_case_and_spaces() -> None:
    right = [{"name": "f", "arguments": {"city": ["New York", {"x": "B"}]}}]
    made = ("f", {"city": ["newyork", {"x": " b"}]})
    assert calls(right, made) == 0
    assert calls(right, made, ignore_case=True, ignore_spaces=True) == 1


def test_an_argument_left_out_equals_its_default() -> None:
    assert calls(ADD, ("add", {"a": 1, "b": 2, "round": False})) == 1
    assert calls(ADD, ("add", {"a": 1, "b": 2, "round": True})) == 0


def test_arguments_may_be_ignored_by_name_or_where_optional() -> None:
    made = ("add", {"a": 1, "b": 2, "note": "hi"})
    assert calls(ADD, made) == 0
    assert calls(ADD, made, ignore_arguments=("note",)) == 1
    assert calls(ADD, made, ignore_arguments=("add.note",)) == 1
    assert calls(ADD, made, ignore_arguments=("mail.note",)) == 0
    assert calls(ADD, made, ignore_optional=True) == 1
    assert calls(ADD, ("add", {"a": 1, "note": "hi"}), ignore_optional=True) == 0


def test_calling_nothing_may_be_right() -> None:
    assert calls([]) == 1
    assert calls([], ("add", {})) == 0
    assert score(PLAIN, [], said("")).reason == "the answer is empty"
    assert score(PLAIN, [], said("I will not.", refusal=True)).value == 0


@pytest.mark.parametrize(
    "expected",
    [
        {"name": "add", "arguments": {"a": 1, "b": 2}},
        [{"function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}, "type": "function", "id": "x"}],
        [{"type": "tool_use", "name": "add", "input": {"a": 1, "b": 2}}],
        [{"add": {"a": 1, "b": 2}}],
        '[{"name": "add", "arguments": {"a": 1, "b": 2}}]',
    ],
)
def test_right_calls_are_read_as_logs_write_them(expected: Any) -> None:
    assert calls(expected, ("add", {"a": 1, "b": 2})) == 1


@pytest.mark.parametrize("expected", ["42", 42, [1], {"name": "add"}, [{"a": 1, "b": 2}]])
def test_what_is_no_list_of_calls_is_no_verdict(expected: Any) -> None:
    assert score(PLAIN, expected, said("", ("add", {}))).reason.startswith("bad_expected")


def test_against_the_baseline_only_the_calls_count() -> None:
    settings = GraderSettings(kind="tool_calls", reference="baseline")
    one, other = said("", ("add", {"a": 1})), said("", ("add", {"a": 2}))
    assert compare(settings, one, one).value == 0
    assert compare(settings, one, other).value == -1
    assert compare(settings, said("no tool helps"), said("sorry")).value == 0
    assert compare(settings, said("no tool helps"), one).value == -1
    assert compare(settings, said(""), one).reason.startswith("no_reference")
    assert compare(settings, said("no", refusal=True), one).reason.startswith("no_reference")


def test_where_optional_arguments_do_not_count_the_calls_are_paired_as_well_as_they_can_be() -> None:
    settings = GraderSettings(kind="tool_calls", reference="baseline", ignore_optional=True)
    # The first fits all three, the others only it and themselves.
    orders = list(itertools.permutations([("g", {"a": 0}), ("g", {"b": 0}), ("g", {"b": 1})]))
    for one, other in itertools.product(orders, orders):
        assert compare(settings, said("", *one), said("", *other)).value == 0


arguments = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 2) | st.sampled_from(["x", "y"]))
made_calls = st.lists(st.tuples(st.sampled_from(["f", "g"]), arguments), min_size=1, max_size=5)


@given(made_calls, st.randoms(use_true_random=False), st.booleans())
def test_a_reordered_answer_is_the_same_answer(
    made: list[tuple[str, Any]], random: Any, optional: bool
) -> None:
    settings = GraderSettings(kind="tool_calls", reference="baseline", ignore_optional=optional)
    shuffled = list(made)
    random.shuffle(shuffled)
    assert compare(settings, said("", *made), said("", *shuffled)).value == 0


@given(made_calls, made_calls)
def test_without_loosening_it_does_not_matter_who_is_held_against_whom(
    first: list[tuple[str, Any]], second: list[tuple[str, Any]]
) -> None:
    settings = GraderSettings(kind="tool_calls", reference="baseline", partial=True)
    one, other = said("", *first), said("", *second)
    assert compare(settings, one, other).value == compare(settings, other, one).value


def test_calls_that_are_read_already_stay() -> None:
    made = (ToolCall(name="f", arguments={}),)
    assert expected_calls(made) == made
    assert expected_calls(("f",)) is None

from __future__ import annotations

from suffice.testing.traffic.draft import ask, compact, json_format


def test_a_question_has_two_messages() -> None:
    assert [message["role"] for message in ask("s", "u")] == ["system", "user"]


def test_every_property_of_a_strict_format_is_required() -> None:
    inner = json_format("n", {"a": {"type": "string"}, "b": {"type": "integer"}})["json_schema"]
    assert inner["strict"]
    assert inner["schema"]["required"] == ["a", "b"]
    assert inner["schema"]["additionalProperties"] is False


def test_compact_json_has_no_spaces() -> None:
    assert compact({"a": [1, 2]}) == '{"a":[1,2]}'

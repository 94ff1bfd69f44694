from __future__ import annotations

from logs import any_value, log_records, pairs, span

from suffice.evidence.importers._spans import attributes, indexed, logs, plain, spans


def test_values_of_every_kind_become_plain() -> None:
    value = {"a": [1, -2, 2.5, True, "x", {"b": []}]}
    assert plain(any_value(value)) == value
    assert plain({"bytesValue": "aGk="}) == "aGk="
    assert attributes(pairs({"k": "v"})) == {"k": "v"}


def test_nonsense_is_nothing() -> None:
    deep: object = {"stringValue": "x"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    for odd in (None, 7, {}, {"intValue": "x"}, {"intValue": None}, {"kvlistValue": 7}, {"otherValue": 1}):
        assert plain(odd) in (None, {})
    assert plain(deep) is not None


def test_spans_carry_the_name_of_their_service() -> None:
    (one,) = spans(span({"a": 1}, events=[{"name": "e", "attributes": pairs({"b": 2})}]))
    assert one["attributes"] == {"service.name": "shop", "a": 1}
    assert one["events"] == [{"name": "e", "attributes": {"b": 2}, "body": None}]
    assert (one["start_ns"], one["failed"]) == (1_795_000_000_125_000_000, False)


def test_log_records_are_named_either_way() -> None:
    found = list(logs(log_records({"eventName": "a"}, {"attributes": pairs({"event.name": "b"})})))
    assert [one["name"] for one in found] == ["a", "b"]


def test_numbers_in_names_keep_their_order() -> None:
    found = indexed({f"p.{number}.x": number for number in (10, 2, 0)}, "p")
    assert found == [{"x": 0}, {"x": 2}, {"x": 10}]

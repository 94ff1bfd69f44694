from __future__ import annotations

import random
from collections import Counter, defaultdict

from asks import chat, request
from untagged import bodies, read_all, tagged

from suffice.features import Features, read
from suffice.quality.grouping import FEWEST, Row, fit_scheme, row_of
from suffice.quality.scheme import BucketScheme


def rows(features: list[Features]) -> list[Row]:
    return [row for row in map(row_of, features) if row is not None]


def divided(scheme: BucketScheme, count: int = 600, seed: int = 1) -> dict[str, Counter[str]]:
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    found = bodies(count, seed=seed)
    for (kind, _), features in zip(found, read_all(found), strict=True):
        inside[scheme.bucket_of(features)][kind] += 1
    return inside


def test_programs_that_send_no_tag_are_told_apart() -> None:
    scheme = fit_scheme(rows(read_all(bodies(600))))
    inside = divided(scheme, seed=2)
    assert all(len(kinds) == 1 for kinds in inside.values()), inside
    large = [name for name, kinds in inside.items() if kinds.total() >= FEWEST]
    assert sorted(name.partition(":")[0] for name in large) == ["prompt", "prompt", "tools"]


def test_the_name_of_a_system_prompt_does_not_depend_on_what_is_filled_in() -> None:
    scheme = fit_scheme(rows(read_all(bodies(300, kinds=("desk",)))))
    assert {name.partition("/")[0] for name in scheme.names} == {"prompt:northwind-support-desk"}


def test_kinds_within_one_frame_are_divided_by_likeness() -> None:
    features = read_all(bodies(400, kinds=("framed",)))
    scheme = fit_scheme(rows(features))
    sums = {scheme.bucket_of(one) for one in features if "How many" in one.question}
    roots = {scheme.bucket_of(one) for one in features if "Find its" in one.question}
    assert len(scheme.names) == 2
    assert not sums & roots & scheme.names


def test_the_same_traffic_gives_the_same_scheme_in_any_order() -> None:
    found = rows(read_all(bodies(300)))
    first = fit_scheme(found)
    random.Random(3).shuffle(found)
    assert fit_scheme(found).encode() == first.encode()
    assert fit_scheme(found, previous=first) is first


def test_after_more_traffic_every_call_is_where_it_was() -> None:
    kinds = ("desk", "framed")
    before = read_all(bodies(400, kinds=kinds))
    first = fit_scheme(rows(before))
    grown = fit_scheme(rows(before + read_all(bodies(900, seed=5))), previous=first)
    assert [grown.bucket_of(one) for one in before] == [first.bucket_of(one) for one in before]
    assert first.names < grown.names
    assert any(name.startswith("tools:") for name in grown.names - first.names)


def test_divided_anew_it_keeps_the_names_of_what_is_much_the_same() -> None:
    first = fit_scheme(rows(read_all(bodies(300))), taken={"prompt:northwind-support-desk"})
    assert "prompt:northwind-support-desk-2" in first.names
    anew = fit_scheme(rows(read_all(bodies(600, seed=9))), named_like=first)
    assert "prompt:northwind-support-desk-2" in anew.names


def test_a_name_that_clients_use_as_a_tag_is_not_given() -> None:
    taken = fit_scheme(rows(read_all(bodies(300)))).names
    assert not fit_scheme(rows(read_all(bodies(300))), taken=taken).names & taken


def test_seven_requests_have_no_group_of_their_own() -> None:
    seven = read_all(bodies(7, kinds=("framed",)))
    assert fit_scheme(rows(seven)).groups == ()


def test_nothing_gives_an_empty_scheme() -> None:
    assert fit_scheme([]).names == frozenset()


def test_a_kind_of_task_without_a_template_is_a_group() -> None:
    things = [
        f"Prove that the sum of {n} odd numbers is {'odd' if n % 2 else 'even'} by induction."
        for n in range(40)
    ]
    features = [read(chat(text)) for text in things]
    scheme = fit_scheme(rows([one for one in features if one.task == "math_proof"]))
    assert all(name.startswith(("task:math-proof", "prompt:")) for name in scheme.names)


def test_what_has_a_tag_or_no_prompt_is_no_row() -> None:
    assert row_of(read(tagged("support"))) is None
    assert row_of(read(request({}))) is None
    assert row_of(read(request({"input": ["a"]}, api="embeddings"))) is None

from __future__ import annotations

from pathlib import Path

import pytest
from untagged import bodies

from suffice.errors import StoreError
from suffice.evidence import buckets
from suffice.evidence.bucket_report import BucketReport
from suffice.evidence.buckets import BucketOptions, build_buckets, features_of
from suffice.quality.scheme import NO_PROMPT, BucketScheme
from suffice.store.traffic import TrafficStore
from suffice.testing.recorded_week import read_week
from suffice.types import LoggedCall, Usage


def call(number: int, body: dict[str, object], **fields: object) -> LoggedCall:
    known: dict[str, object] = {
        "id": f"call-{number:05d}",
        "source": "openai",
        "model": "gpt-5.4",
        "provider": "openai",
        "request": body,
        "received_ns": number * 10**12,
        "usage": Usage(input_tokens=10, output_tokens=5),
        "cost_nanos": 7,
    }
    return LoggedCall(**{**known, **fields})  # type: ignore[arg-type] -- fields of a test


def calls(count: int, *, start: int = 0, seed: int = 1, **fields: object) -> list[LoggedCall]:
    return [call(start + at, body, **fields) for at, (_, body) in enumerate(bodies(count, seed=seed))]


@pytest.fixture
def store(tmp_path: Path) -> TrafficStore:
    return TrafficStore(tmp_path / "traffic.db")


def build(store: TrafficStore, **options: object) -> tuple[BucketReport, BucketScheme]:
    kept: list[BucketScheme] = []
    chosen = BucketOptions(keep=kept.append, **options)  # type: ignore[arg-type] -- fields of a test
    report = build_buckets(store, options=chosen, progress=lambda *_: None)
    assert report.scheme == kept[-1].fingerprint
    return report, kept[-1]


def assigned(store: TrafficStore) -> dict[str, str | None]:
    return {head.id: head.bucket for head in store.heads()}


def test_every_call_is_in_one_bucket_and_counted_once(store: TrafficStore) -> None:
    store.add([*calls(300), *calls(40, start=300, feature="triage")])
    report, _ = build(store)
    assert (report.calls, report.untagged) == (340, 300)
    assert sum(row.calls for row in report.rows) == 340
    assert sum(row.share for row in report.rows) == pytest.approx(1)
    assert sum(row.cost_nanos or 0 for row in report.rows) == 340 * 7
    names = [row.name for row in report.rows]
    assert len(set(names)) == len(names)
    for row in report.rows:
        assert len(list(store.heads(bucket=row.name))) == row.calls
    assert {row.kind for row in report.rows} == {"prompt", "tools", "tag"}


def test_a_live_request_finds_the_bucket_of_its_logged_call(store: TrafficStore) -> None:
    store.add(calls(300))
    _, scheme = build(store)
    again = BucketScheme.decode(scheme.encode())
    for one in store.calls():
        assert again.bucket_of(features_of(one)) == assigned(store)[one.id]
        break


def test_a_rerun_changes_nothing(store: TrafficStore) -> None:
    store.add(calls(300))
    first, scheme = build(store)
    before = assigned(store)
    again, _ = build(store, previous=scheme)
    assert again == first
    assert assigned(store) == before
    anew, _ = build(store, previous=scheme, fresh=True)
    assert [row.name for row in anew.rows] == [row.name for row in first.rows]


def test_more_traffic_keeps_names_and_calls(store: TrafficStore) -> None:
    store.add(calls(300))
    first, scheme = build(store)
    before = assigned(store)
    store.add(calls(600, start=300, seed=2))
    grown, _ = build(store, previous=scheme)
    after = assigned(store)
    assert all(after[id_] == bucket for id_, bucket in before.items())
    assert {row.name for row in first.rows} <= {row.name for row in grown.rows}


def test_an_interrupted_run_can_be_run_again(store: TrafficStore) -> None:
    store.add(calls(1_100))

    def stop(what: str, done: int, _: int) -> None:
        if what == "Assigning calls" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_buckets(store, options=BucketOptions(), progress=stop)
    assert None in assigned(store).values()
    assert store.buckets() == []
    report, _ = build(store)
    assert None not in assigned(store).values()
    assert [row["name"] for row in store.buckets()] == [row.name for row in report.rows]
    assert {row["scheme"] for row in store.buckets()} == {report.scheme}


def test_seven_requests_are_listed_and_marked(store: TrafficStore) -> None:
    store.add([*calls(7, feature="rare"), *calls(120, start=7, feature="often")])
    report, _ = build(store)
    assert [(row.name, row.calls, row.too_small) for row in report.rows] == [
        ("often", 120, False),
        ("rare", 7, True),
    ]


def test_requests_without_messages_have_a_bucket(store: TrafficStore) -> None:
    store.add([call(1, {}), call(2, {"messages": None}), call(3, {"messages": []})])
    report, _ = build(store)
    assert [(row.name, row.kind, row.calls) for row in report.rows] == [(NO_PROMPT, "rest", 3)]
    assert [example.text for example in report.rows[0].examples] == ["", "", ""]


def test_one_tag_for_all_is_one_bucket(store: TrafficStore) -> None:
    store.add(calls(50, feature="everything"))
    report, scheme = build(store)
    assert [(row.name, row.share) for row in report.rows] == [("everything", 1.0)]
    assert scheme.groups == ()


def test_an_empty_store_has_no_bucket(store: TrafficStore) -> None:
    report, _ = build(store)
    assert (report.calls, report.rows, report.first_ns) == (0, (), None)


def test_a_store_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no traffic"):
        build(TrafficStore(tmp_path / "none.db", read_only=True))


def test_more_tags_than_can_be_told_apart_are_said(
    store: TrafficStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "MOST_TAGS", 5)
    store.add([call(number, {}, feature=f"tag-{number}") for number in range(9)])
    report, _ = build(store)
    assert (len(report.rows), report.calls_left_out) == (5, 4)
    assert assigned(store)["call-00008"] == "tag-8"


def test_a_sample_is_enough_to_find_the_use_cases(store: TrafficStore) -> None:
    store.add(calls(1_500))
    some, _ = build(store, sample=600)
    assert max(row.calls for row in some.rows) >= 400
    assert sum(row.calls for row in some.rows) == 1_500


def test_the_recorded_week_without_its_tags(store: TrafficStore, recorded_data: Path) -> None:
    rows = list(read_week(recorded_data / "traffic"))
    store.add([call(number, row.request, id=row.id) for number, row in enumerate(rows)])
    report, _ = build(store)
    tags = {row.id: row.feature for row in rows}
    inside: dict[str, dict[str, int]] = {}
    for id_, bucket in assigned(store).items():
        counts = inside.setdefault(str(bucket), {})
        counts[tags[id_]] = counts.get(tags[id_], 0) + 1
    purity = sum(max(counts.values()) for counts in inside.values()) / len(rows)
    assert purity >= 0.8
    assert len(report.rows) <= 20

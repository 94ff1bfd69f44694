from __future__ import annotations

import gc
import json
import shutil
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import zstandard
from logs import CHAT, RECORDS, langfuse, log_records, openai, openai_batch, otel, pairs

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.errors import ConfigError, StoreError
from suffice.evidence.completing import Completing
from suffice.evidence.importing import Import, Tally, totals
from suffice.store.traffic import TrafficStore

NOW_NS = 1_795_000_000_000_000_000
complete = Completing(Catalog.load(at_ns=NOW_NS), PriceBook(), now_ns=NOW_NS)


@pytest.fixture
def store(tmp_path: Path) -> TrafficStore:
    return TrafficStore(tmp_path / "data" / "traffic.db")


def write(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def pair(number: int) -> dict[str, Any]:
    return {**openai()[0], "id": f"req_{number:020d}"}


def run(store: TrafficStore, *paths: Path, **options: Any) -> Tally:
    return Import(store, complete, **options).run(paths)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_file_of_every_format_is_recognised_and_imported(
    tmp_path: Path, store: TrafficStore, name: str
) -> None:
    tally = run(store, write(tmp_path / "log.jsonl", RECORDS[name]()))
    assert [file.format for file in tally.files] == [name]
    assert tally.added >= 1
    assert tally.rejected == 0
    assert {call.source for call in store.calls()} == {name}
    assert tally.added == store.span().calls


def test_the_same_file_twice_adds_nothing(tmp_path: Path, store: TrafficStore) -> None:
    path = write(tmp_path / "log.jsonl", [*map(pair, range(30)), {"a": 1}])
    first, second = run(store, path), run(store, path)
    assert (first.added, first.repeated, first.rejected) == (30, 0, 1)
    assert (second.added, second.repeated, second.rejected) == (0, 30, 1)
    assert len(list(store.rejected())) == 1


def test_what_is_wrong_is_kept_aside_with_its_place(tmp_path: Path, store: TrafficStore) -> None:
    path = tmp_path / "log.jsonl"
    lines = [json.dumps(pair(1)), "{broken", json.dumps({"request": {"messages": [1]}}), json.dumps(pair(2))]
    path.write_text("\n".join(lines))
    tally = run(store, path)
    assert (tally.added, tally.rejected) == (2, 2)
    found = list(store.rejected())
    assert [(one.line, one.reason.split(":")[0]) for one in found] == [(2, "not_json"), (3, "no_model")]
    assert found[0].excerpt == b"{broken\n"
    assert {one.file for one in found} == {str(path.resolve())}


def test_a_line_that_is_too_odd_to_read_takes_no_other_with_it(tmp_path: Path, store: TrafficStore) -> None:
    odd = {**pair(2), "timestamp": "9" * 5_000}
    tally = run(store, write(tmp_path / "log.jsonl", [pair(1), odd, pair(3)]))
    assert (tally.added, tally.rejected) == (2, 1)
    assert [one.line for one in store.rejected()] == [2]


def test_a_call_whose_time_is_the_first_moment_of_all_has_none(tmp_path: Path, store: TrafficStore) -> None:
    times = ("1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-03-09T00:00:00Z")
    calls = [{**pair(at), "timestamp": time} for at, time in enumerate(times)]
    for call in calls:
        call["response"] = {name: value for name, value in call["response"].items() if name != "created"}
    tally = run(store, write(tmp_path / "log.jsonl", calls))
    assert (tally.added, tally.without_time) == (3, 2)
    assert store.span().first_ns == store.span().last_ns == 1_773_014_400_000_000_000


def test_a_mended_file_takes_its_rejections_back(tmp_path: Path, store: TrafficStore) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(pair(1)) + "\n{broken\n")
    run(store, path)
    write(path, [pair(1), pair(2)])
    assert run(store, path).added == 1
    assert list(store.rejected()) == []


def test_what_is_no_call_is_counted_by_reason(tmp_path: Path, store: TrafficStore) -> None:
    failed = {"request": CHAT, "error": "timeout"}
    embedding = {"request": {"model": "text-embedding-3-small", "input": "Hi"}}
    tally = run(store, write(tmp_path / "log.jsonl", [pair(1), failed, failed, embedding]))
    assert tally.skipped == {"failed_call": 2, "embedding": 1}
    assert tally.files[0].skipped == tally.skipped
    assert totals(tally) == {"records": 4, "calls": 1, "parts": 0}


def test_parts_in_several_files_are_joined(tmp_path: Path, store: TrafficStore) -> None:
    asked, answered = openai_batch()
    write(tmp_path / "logs" / "a-output.jsonl", [answered])
    write(tmp_path / "logs" / "b-input.jsonl", [asked])
    bare, details = otel()[2:]
    write(tmp_path / "logs" / "spans.jsonl", [bare])
    write(tmp_path / "logs" / "records.jsonl", [details])
    _, legacy, trace, _ = langfuse()
    write(tmp_path / "logs" / "observations.jsonl", [legacy])
    write(tmp_path / "logs" / "traces.jsonl", [trace])
    tally = run(store, tmp_path / "logs")
    assert (tally.joined, tally.added, tally.rejected) == (3, 3, 0)
    assert {call.feature for call in store.calls()} == {"untagged", "triage"}


def test_a_part_alone_is_kept_aside_where_it_is(tmp_path: Path, store: TrafficStore) -> None:
    asked, _ = openai_batch()
    orphan = log_records(
        {"eventName": "gen_ai.user.message", "attributes": pairs({"gen_ai.system": "openai"})}
    )
    tally = run(store, write(tmp_path / "input.jsonl", [asked]), write(tmp_path / "logs.jsonl", [orphan]))
    assert (tally.added, tally.rejected) == (0, 2)
    assert [(Path(one.file).name, one.reason.split(":")[0]) for one in store.rejected()] == [
        ("input.jsonl", "no_output"),
        ("logs.jsonl", "no_span"),
    ]


def test_a_folder_passes_over_what_it_does_not_know_and_says_so(tmp_path: Path, store: TrafficStore) -> None:
    write(tmp_path / "logs" / "calls.jsonl", [pair(1)])
    (tmp_path / "logs" / "notes.txt").write_text("nothing of interest")
    tally = run(store, tmp_path / "logs")
    assert tally.added == 1
    assert [Path(name).name for name in tally.unrecognised] == ["notes.txt"]


def test_a_named_file_of_no_known_format_is_an_error(tmp_path: Path, store: TrafficStore) -> None:
    with pytest.raises(ConfigError, match="--format"):
        run(store, write(tmp_path / "log.jsonl", [{"level": "info"}]))
    with pytest.raises(ConfigError, match="there is no format x"):
        run(store, tmp_path, format_="x")


def test_a_format_that_is_given_is_not_questioned(tmp_path: Path, store: TrafficStore) -> None:
    tally = run(store, write(tmp_path / "log.jsonl", [{"level": "info"}]), format_="litellm")
    assert (tally.files[0].format, tally.rejected) == ("litellm", 1)


def test_more_than_a_batch_arrives_whole_and_in_bounds(tmp_path: Path, store: TrafficStore) -> None:
    heard: list[tuple[int, int]] = []
    path = write(tmp_path / "log.jsonl", map(pair, range(11_000)))
    tally = run(store, path, told=lambda _path, size, records: heard.append((size, records)))
    assert (tally.added, store.span().calls) == (11_000, 11_000)
    assert heard == sorted(heard)
    assert heard[-1] == (path.stat().st_size, 11_000)
    assert gc.isenabled()


def test_an_interrupted_import_is_repeated_and_takes_no_call_twice(
    tmp_path: Path, store: TrafficStore
) -> None:
    path = write(tmp_path / "log.jsonl", map(pair, range(11_500)))

    def stop(_path: Path, _bytes: int, records: int) -> None:
        if records >= 11_000:
            raise KeyboardInterrupt

    importing = Import(store, complete, told=stop)
    with pytest.raises(KeyboardInterrupt):
        importing.run([path])
    assert importing.tally.added == store.span().calls
    assert 0 < importing.tally.added < 11_500
    again = run(store, path)
    assert again.added + importing.tally.added == 11_500
    assert store.span().calls == 11_500
    assert gc.isenabled()
    assert not [one for one in threading.enumerate() if "ThreadPool" in one.name]


def test_a_store_that_cannot_be_written_stops_the_import_and_the_collector_goes_on(tmp_path: Path) -> None:
    (tmp_path / "traffic.db").write_bytes(b"no database at all, and not by accident" * 200)
    with pytest.raises(StoreError):
        run(TrafficStore(tmp_path / "traffic.db"), write(tmp_path / "log.jsonl", [pair(1)]))
    assert gc.isenabled()


def test_a_call_that_cannot_be_written_does_not_take_others_with_it(
    tmp_path: Path, store: TrafficStore
) -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    odd = {**pair(2), "expected": deep}
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (pair(1), odd, pair(3))))
    tally = run(store, path)
    assert tally.added + tally.rejected == 3
    assert tally.added >= 2


def test_the_recorded_week_is_imported_with_what_is_expected(
    recorded_data: Path, tmp_path: Path, store: TrafficStore
) -> None:
    week = recorded_data / "traffic" / "week.jsonl.zst"
    tally = run(store, week)
    assert (tally.added, tally.rejected, tally.tagged) == (2693, 0, 2693)
    assert tally.with_expected == 1677
    assert tally.without_cost == 0
    with zstandard.open(week, "rt") as lines:
        first = json.loads(lines.readline())
    (call,) = store.get([first["id"]])
    assert call.request == first["request"]
    assert call.response == first["response"]
    assert (call.feature, call.expected) == (first["feature"], first["expected"])
    copy = shutil.copy(week, tmp_path / "again.jsonl.zst")
    assert run(store, Path(copy)).added == 0

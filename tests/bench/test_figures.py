from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(BENCH))
    loaded = {name: importlib.import_module(name) for name in ("figures", "page")}
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    return loaded


@pytest.fixture
def readings(bench: dict[str, Any]) -> Any:
    figures = bench["figures"]
    return figures.Readings(
        cpu_us={"nginx": [20.0, 10.0, 40.0], "suffice": [180.0, 100.0, 520.0], "LiteLLM": [9e3, 9e3, 9e3]},
        per_s={"nginx": [1.0, 2.0, 3.0], "suffice": [1.0, 2.0, 3.0], "LiteLLM": [1.0, 2.0, 3.0]},
        p50_ms={"provider directly": [0.1, 0.2, 0.3], "suffice": [0.6, 0.9, 1.3]},
        chunk_us={"suffice": [14.0, 16.0, 15.5]},
        first_ms={"provider directly": [0.2], "suffice": [0.7]},
        memory=figures.Memory(
            samples=[figures.Sample(n * 20_000, 60.0 + (n > 0) * 40 + n / 10, 55.0) for n in range(11)],
            answered=200_000,
            missing=1,
            entries=200_160,
        ),
        skipped={"Portkey": "it needs Node.js and npm"},
    )


def test_a_ratio_is_taken_within_a_round(bench: dict[str, Any], readings: Any) -> None:
    figures = bench["figures"]
    assert figures.ratio(readings.cpu_us, "suffice", "nginx") == [9.0, 10.0, 13.0]
    assert figures.added(readings.p50_ms, "suffice") == pytest.approx([0.5, 0.7, 1.0])


def test_who_is_missing_has_no_ratio(bench: dict[str, Any], readings: Any) -> None:
    figures = bench["figures"]
    assert figures.ratio(readings.cpu_us, "Portkey", "suffice") == []
    assert figures.added(readings.p50_ms, "nginx") == []
    assert figures.shown([]) == "-"


def test_contenders_with_unequal_rounds_are_not_compared(bench: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        bench["figures"].ratio({"a": [1.0, 2.0], "b": [1.0]}, "a", "b")


def test_a_target_is_judged_by_the_median(bench: dict[str, Any], readings: Any) -> None:
    verdicts = {target.what: target.verdict for target in bench["figures"].targets(readings)}
    assert verdicts == {
        "CPU of suffice per request": "met",
        "CPU of suffice, times nginx": "met",
        "CPU of LiteLLM, times suffice": "missed",
        "CPU of Portkey, times suffice": "not measured",
        "p50 added at concurrency 1": "met",
        "CPU of suffice per chunk of a stream": "missed",
        "added to the first chunk of a stream": "met",
        "largest resident memory of a worker": "met",
        "its growth after the first tenth of requests": "met",
        "requests missing in the ledger": "missed",
    }


def test_nothing_measured_is_no_target_met(bench: dict[str, Any]) -> None:
    targets = bench["figures"].targets(bench["figures"].Readings())
    assert {target.verdict for target in targets} == {"not measured"}
    assert bench["figures"].tables(bench["figures"].Readings()) == []


def test_few_requests_do_not_show_that_memory_stays_flat(bench: dict[str, Any], readings: Any) -> None:
    figures = bench["figures"]
    short = figures.Memory(samples=readings.memory.samples, answered=20_000, missing=0, entries=20_000)
    verdicts = [target.verdict for target in figures.targets(figures.Readings(memory=short))[-3:]]
    assert verdicts == ["not measured"] * 3
    leaking = [figures.Sample(n, 60.0 + n * 10, 55.0) for n in range(11)]
    short = figures.Memory(samples=leaking, answered=20_000, missing=1, entries=20_000)
    verdicts = [target.verdict for target in figures.targets(figures.Readings(memory=short))[-3:]]
    assert verdicts == ["missed"] * 3


def test_growth_leaves_out_the_warm_up(bench: dict[str, Any], readings: Any) -> None:
    figures = bench["figures"]
    samples = readings.memory.samples
    assert figures.growth(samples) == pytest.approx((60 + 40 + 1) / (60 + 40 + 0.1) - 1)
    assert [sample.requests for sample in figures.marks(samples)] == [0, 20_000, 100_000, 200_000]
    assert figures.marks(samples[:1]) == samples[:1]


def test_the_page_says_what_was_missed_and_what_was_not_measured(
    bench: dict[str, Any], readings: Any
) -> None:
    page = bench["page"].markdown(
        readings,
        run={"command": "make bench", "date": "2026-01-31", "rounds": "3", "others": "5% of it"},
        machine={"processor": "two cores"},
    )
    rows = page.splitlines()
    assert "| CPU of suffice, times nginx | at most 12 x | 10.00 (9.00 to 13.00) x | met |" in rows
    assert (
        "| CPU of suffice per chunk of a stream | at most 15 us | 15.5 (14.0 to 16.0) us | missed |" in rows
    )
    assert "- Portkey: it needs Node.js and npm" in rows
    assert "- processor: two cores" in rows
    assert "    make bench" in rows
    assert "other programs used 5% of it." in page
    assert any("Of 200,000 requests that were answered, 199,999 are in the ledger" in row for row in rows)


def test_every_row_of_a_table_has_all_its_columns(bench: dict[str, Any], readings: Any) -> None:
    for table in bench["figures"].tables(readings):
        assert {len(row) for row in table.rows} == {len(table.columns)}

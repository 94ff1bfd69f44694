from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

from suffice.catalog import Catalog, read_rows
from suffice.catalog.benchmarks import NO_BENCHMARKS, profiles_at, read_benchmarks
from suffice.catalog.prices import PriceBook
from suffice.errors import ConfigError

NS = 1_000_000_000
AT_NS = 1_795_478_400 * NS
BENCHMARKS = [{"name": "SWE-Bench Pro", "measures": "a test"}, {"name": "MCP Atlas", "measures": "a test"}]
ROW: dict[str, Any] = {
    "provider": "openai",
    "model": "gpt-5.4",
    "benchmark": "SWE-Bench Pro",
    "score": 0.5,
    "source": "a test",
    "as_of": date(2026, 3, 17),
}


def read(*rows: dict[str, Any]) -> Any:
    return read_benchmarks({"benchmark": BENCHMARKS, "score": [{**ROW, **row} for row in rows]})


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        (("openai", "gpt-5.4"), {"OSWorld-Verified": 0.75}),
        (
            ("openai", "gpt-5.4-mini"),
            {
                "SWE-Bench Pro": 0.544,
                "Terminal-Bench 2.0": 0.6,
                "τ2-bench": 0.934,
                "MCP Atlas": 0.577,
                "OSWorld-Verified": 0.721,
            },
        ),
        (("openai", "gpt-5.4-nano"), {"SWE-Bench Pro": 0.524, "OSWorld-Verified": 0.39}),
        (("openai", "gpt-5-mini"), {"SWE-Bench Pro": 0.457, "τ2-bench": 0.741, "MCP Atlas": 0.476}),
        (("anthropic", "claude-haiku-4-5"), {"Terminal-Bench 2.0": 0.41}),
        (("gemini", "gemini-3-flash-preview"), {"Terminal-Bench 2.0": 0.476}),
        (("openai", "gpt-4o"), {}),
    ],
)
def test_the_catalog_carries_the_published_figures(model: tuple[str, str], profile: dict[str, float]) -> None:
    found = Catalog.load(at_ns=AT_NS).resolve(*model)
    assert found is not None
    assert found.benchmarks == profile


def test_a_figure_is_not_known_before_its_day() -> None:
    found = Catalog.load(at_ns=1_773_705_600 * NS - 1).resolve("openai", "gpt-5.4-mini")
    assert found is not None
    assert found.benchmarks == {}


def test_the_newest_figure_counts_and_the_older_ones_stay() -> None:
    data = read({}, {"score": 0.6, "as_of": date(2026, 5, 1)}, {"benchmark": "MCP Atlas", "score": 0.0})
    assert profiles_at(data, date(2026, 3, 16)) == {}
    assert profiles_at(data, date(2026, 4, 30)) == {
        ("openai", "gpt-5.4"): {"SWE-Bench Pro": 0.5, "MCP Atlas": 0.0}
    }
    assert profiles_at(data, date(2026, 5, 1))["openai", "gpt-5.4"]["SWE-Bench Pro"] == 0.6


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"score": 54.4}, "score"),
        ({"score": -0.1}, "score"),
        ({"score": math.nan}, "score"),
        ({"score": math.inf}, "score"),
        ({"score": "high"}, "score"),
        ({"as_of": "soon"}, "as_of"),
        ({"source": ""}, "source"),
        ({"benchmark": "SWE-bench pro"}, "SWE-bench pro is not among the benchmarks"),
        ({"sorce": "x"}, "sorce"),
    ],
)
def test_a_bad_row_is_named_with_its_fault(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=rf"benchmarks.toml: score 1 \(gpt-5.4\).*{fault}"):
        read(change)


@pytest.mark.parametrize("day", [date(2026, 3, 17), date(2026, 1, 1)])
def test_a_figure_is_appended_never_overwritten(day: date) -> None:
    with pytest.raises(ConfigError, match=r"score 2 \(gpt-5.4\): .*already has a figure as of 2026-03-17"):
        read({}, {"score": 0.9, "as_of": day})


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"models": []}, "only"),
        ({"benchmark": BENCHMARKS * 2}, "twice"),
        ({"benchmark": [{"name": "x"}]}, r"benchmark 1 \(x\).*measures"),
        ({"score": [5]}, r"score 1 \(\?\)"),
    ],
)
def test_a_file_of_another_shape_says_so(data: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault) as caught:
        read_benchmarks(data)
    assert caught.value.code == "bad_catalog"
    assert read_benchmarks({}) == NO_BENCHMARKS


def test_a_score_of_a_model_that_is_not_there_stops() -> None:
    row = {
        **{name: ROW[name] for name in ("provider", "model", "source", "as_of")},
        "tier": "flagship",
        "context_tokens": 1,
        "max_output_tokens": 1,
        "capabilities": [],
    }
    rows = read_rows({"model": [row]})
    known = Catalog(rows, PriceBook(), at_ns=AT_NS, benchmarks=read({})).resolve("openai", "gpt-5.4")
    assert known is not None
    assert known.benchmarks == {"SWE-Bench Pro": 0.5}
    for change in ({"model": "gpt-9"}, {"provider": "anthropic"}):
        with pytest.raises(ConfigError, match=r"is not a model of models\.toml"):
            Catalog(rows, PriceBook(), at_ns=AT_NS, benchmarks=read(change))
